import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { placeLabels, type WantedLabel } from "./place-labels.ts";

const DRAWING = { width: 100, height: 50 };
const label = (x: number, y: number, gives: "up" | "down" = "down"): WantedLabel => ({
  ...{ x, y, gives, width: 30, height: 10 },
});

describe("placeLabels()", () => {
  test("puts labels where they are wanted, to whole pixels and inside the drawing", () => {
    assert.deepEqual(placeLabels([label(10.4, 20), label(95, -3), label(-4, 49)], DRAWING), [
      [10, 20, 40, 30],
      [70, 0, 100, 10],
      [0, 40, 30, 50],
    ]);
  });

  test("moves one whose place is taken up or down, and the other way where there is no room", () => {
    const labels = [label(0, 20), label(0, 20, "up"), label(0, 20), label(5, 20, "up")];
    assert.deepEqual(
      placeLabels(labels, DRAWING).map(([, top]) => top),
      [20, 10, 30, 0],
    );
    const crowded = placeLabels(new Array(6).fill(label(0, 45, "up")), DRAWING);
    assert.deepEqual(
      crowded.map(([, top]) => top),
      [40, 30, 20, 10, 0, 40], // the sixth has no room
    );
  });

  test("hides none behind another as long as there is room in its columns", () => {
    const wanted = fc.record({
      ...{ x: fc.integer({ min: -20, max: 120 }), y: fc.integer({ min: -20, max: 70 }) },
      gives: fc.constantFrom("up" as const, "down" as const),
    });
    fc.assert(
      fc.property(fc.array(wanted, { maxLength: 2 }), (list) => {
        const places = placeLabels(
          list.map(({ x, y, gives }) => label(x, y, gives)),
          DRAWING,
        );
        for (const [i, [ax, ay, ar, ab]] of places.entries()) {
          assert.ok(ax >= 0 && ay >= 0 && ar <= DRAWING.width && ab <= DRAWING.height);
          for (const [bx, by, br, bb] of places.slice(0, i)) {
            assert.ok(!(ax < br && bx < ar && ay < bb && by < ab), `${places}`);
          }
        }
      }),
    );
  });
});
