import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { squaredDistances } from "./distance-transform.ts";

/** Planes of a few sites, or many, or none. */
const planes = fc
  .record({
    width: fc.integer({ min: 1, max: 14 }),
    height: fc.integer({ min: 1, max: 14 }),
    share: fc.constantFrom(0.02, 0.2, 0.7),
  })
  .chain(({ width, height, share }) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((draws) => ({ width, height, sites: draws.map((draw) => Number(draw < share)) })),
  );

describe("squaredDistances()", () => {
  test("equals the nearest of all sites, whatever the spacing", () => {
    const spacings = fc.constantFrom<readonly [number, number]>([1, 1], [0.2, 0.7], [3, 0.143]);
    fc.assert(
      fc.property(planes, spacings, ({ width, height, sites }, spacing) => {
        const found = squaredDistances(sites, { width, height, spacing });
        const [dx, dy] = spacing;
        for (const [i, distance] of found.entries()) {
          const each = sites.flatMap((site, j) => {
            const columns = (i % width) - (j % width);
            const rows = Math.floor(i / width) - Math.floor(j / width);
            return site === 0 ? [] : [(dx * columns) ** 2 + (dy * rows) ** 2];
          });
          const nearest = Math.min(...each); // infinite of none
          assert.ok(distance === nearest || Math.abs(distance - nearest) <= 1e-12 * nearest);
        }
      }),
      { numRuns: 400, seed: 4 },
    );
  });

  test("is exact in whole pixels", () => {
    const sites = new Uint8Array(25);
    sites[7] = 255;
    const rows = [
      [5, 2, 1, 2, 5],
      [4, 1, 0, 1, 4],
      [5, 2, 1, 2, 5],
      [8, 5, 4, 5, 8],
      [13, 10, 9, 10, 13],
    ];
    assert.deepEqual(Array.from(squaredDistances(sites, { width: 5, height: 5 })), rows.flat());
  });

  test("refuses sites and spacings that fit no grid", () => {
    assert.throws(() => squaredDistances([1, 0], { width: 3, height: 1 }), /in 2 pixels: 3 x 1/);
    const flat = { width: 1, height: 1, spacing: [1, 0] } as const;
    assert.throws(() => squaredDistances([1], flat), /current value is \[1, 0\]$/);
  });
});
