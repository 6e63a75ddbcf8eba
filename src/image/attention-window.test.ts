import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  bestWindow,
  mapOfPicture,
  mapOfView,
  type ViewFrame,
  type WindowPosition,
  windowAsMap,
} from "./attention-window.ts";

const CELLS = 14;

/** A map whose cells are whole numbers, so that sums are exact in any order. */
const maps = fc
  .array(fc.nat(1000), { minLength: CELLS * CELLS, maxLength: CELLS * CELLS })
  .map((cells) => Float64Array.from(cells));

/** A box inside a picture, as a crop draws it. */
const frames: fc.Arbitrary<ViewFrame> = fc
  .tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 900 }))
  .chain(([width, height]) =>
    fc
      .record({
        width: fc.integer({ min: 1, max: width }),
        height: fc.integer({ min: 1, max: height }),
        x: fc.double({ min: 0, max: 1, noNaN: true }),
        y: fc.double({ min: 0, max: 1, noNaN: true }),
        flipped: fc.boolean(),
      })
      .map(({ x, y, flipped, ...size }) => ({
        box: {
          ...size,
          left: Math.floor(x * (width - size.width)),
          top: Math.floor(y * (height - size.height)),
        },
        picture: { width, height },
        flipped,
      })),
  );

const whole = (flipped = false): ViewFrame => ({
  box: { left: 0, top: 0, width: 450, height: 301 },
  picture: { width: 450, height: 301 },
  flipped,
});

/** Attention in one cell only. */
const peakAt = (row: number, column: number): Float64Array =>
  Float64Array.from({ length: CELLS ** 2 }, (_, cell) => Number(cell === row * CELLS + column));

const cornerOf = ({ row, column }: WindowPosition): readonly number[] => [row, column];

describe("bestWindow()", () => {
  test("finds what nine sums find, the middle and then the first of equal ones", () => {
    fc.assert(
      fc.property(maps, (map) => {
        const masses: (readonly [mass: number, row: number, column: number])[] = [];
        for (const [row, column] of [[1, 1], ...GRID]) {
          let mass = 0;
          for (const [cell, value] of map.entries()) {
            const [y, x] = [Math.floor(cell / CELLS) - (row ?? 0), (cell % CELLS) - (column ?? 0)];
            if (y >= 0 && y < 12 && x >= 0 && x < 12) mass += value;
          }
          masses.push([mass, row ?? 0, column ?? 0]);
        }
        const most = Math.max(...masses.map(([mass]) => mass));
        const [, row, column] = masses.find(([mass]) => mass === most) ?? [];
        const { share, ...found } = bestWindow(map);
        assert.deepEqual(found, { row, column });
        const total = map.reduce((sum, value) => sum + value, 0);
        assert.ok(Math.abs(share - (total === 0 ? 0 : most / total)) < 1e-12);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("takes each of the nine placements where attention lies in its window", () => {
    for (const [row = 0, column = 0] of GRID) {
      const position = { row, column } as WindowPosition;
      assert.deepEqual(bestWindow(windowAsMap(position)), { ...position, share: 1 });
    }
  });

  test("takes the middle of an even or empty map, whatever rounding a crop adds", () => {
    const even = new Float64Array(CELLS ** 2).fill(1 / 196);
    assert.deepEqual(cornerOf(bestWindow(even)), [1, 1]);
    assert.ok(Math.abs(bestWindow(even).share - (12 / 14) ** 2) < 1e-12);
    assert.deepEqual(bestWindow(new Float64Array(CELLS ** 2)), { row: 1, column: 1, share: 0 });
    fc.assert(
      fc.property(frames, (frame) => {
        assert.deepEqual(cornerOf(bestWindow(mapOfView(even, frame))), [1, 1]);
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  test("refuses a map of another size, or with a value that is no attention", () => {
    assert.throws(() => bestWindow([1, 2, 3]), /has 3 cells, expected 14 × 14/);
    for (const value of [Number.NaN, Infinity, -1]) {
      const map = peakAt(0, 0).fill(value, 5, 6);
      assert.throws(() => bestWindow(map), /cell 5 of the map is (NaN|Infinity|-1)/);
    }
  });
});

const GRID = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => [row, column] as const));

describe("mapOfView()", () => {
  test("gives the map of a whole picture back bit for bit, and mirrored when flipped", () => {
    fc.assert(
      fc.property(maps, fc.integer({ min: 1, max: 3000 }), (map, width) => {
        const picture = { width, height: 301 };
        const frame = { box: { left: 0, top: 0, ...picture }, picture, flipped: false };
        assert.deepEqual(mapOfView(map, frame), map);
        assert.deepEqual(cornerOf(bestWindow(mapOfView(map, frame))), cornerOf(bestWindow(map)));
        const mirrored = map.map(
          (_, cell) => map[cell - (cell % CELLS) + CELLS - 1 - (cell % CELLS)] ?? 0,
        );
        assert.deepEqual(mapOfView(map, { ...frame, flipped: true }), mirrored);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("is undone by a second flip", () => {
    fc.assert(
      fc.property(maps, frames, (map, frame) => {
        const flipped = mapOfView(map, { ...frame, flipped: true });
        assert.deepEqual(
          mapOfView(flipped, whole(true)),
          mapOfView(map, { ...frame, flipped: false }),
        );
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test("is the mean over fine samples of the part that a super-patch shows", () => {
    // Sides of which 14 · 8 samples fall evenly on every cell.
    const picture = { width: 56, height: 28 };
    const box = { left: 7, top: 3, width: 21, height: 17 };
    const map = Float64Array.from({ length: CELLS ** 2 }, (_, cell) => (cell * 37) % 101);
    const samples = 400;
    const found = mapOfView(map, { box, picture, flipped: false });
    for (const [row, column] of [
      [0, 0],
      [6, 3],
      [13, 13],
    ] as const) {
      let sum = 0;
      for (let i = 0; i < samples; i++) {
        for (let j = 0; j < samples; j++) {
          const y = (box.top + (box.height * (row + (i + 0.5) / samples)) / CELLS) / picture.height;
          const x =
            (box.left + (box.width * (column + (j + 0.5) / samples)) / CELLS) / picture.width;
          sum += map[Math.floor(y * CELLS) * CELLS + Math.floor(x * CELLS)] ?? 0;
        }
      }
      const value = found[row * CELLS + column] ?? 0;
      assert.ok(Math.abs(value - sum / samples ** 2) < 0.5, `${value} at ${row}, ${column}`);
    }
  });

  test("keeps the attention of what the view shows", () => {
    fc.assert(
      fc.property(maps, frames, (map, frame) => {
        const { box, picture } = frame;
        // The mean over the box, from the overlap of each cell with it.
        let expected = 0;
        for (const [cell, value] of map.entries()) {
          const overlap = (at: number, start: number, length: number, side: number): number => {
            const [from, to] = [(at * side) / CELLS, ((at + 1) * side) / CELLS];
            return Math.max(0, Math.min(to, start + length) - Math.max(from, start)) / length;
          };
          expected +=
            value *
            overlap(Math.floor(cell / CELLS), box.top, box.height, picture.height) *
            overlap(cell % CELLS, box.left, box.width, picture.width);
        }
        const mean = mapOfView(map, frame).reduce((sum, value) => sum + value, 0) / CELLS ** 2;
        assert.ok(Math.abs(mean - expected) <= 1e-9 * (1 + expected), `${mean}, ${expected}`);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  test("follows the crop: attention in one corner of the picture ends where the crop has put it", () => {
    const picture = { width: 1400, height: 1400 };
    const map = peakAt(0, 0); // pixels 0 … 99
    const look = (left: number, top: number, flipped: boolean): readonly number[] => {
      const box = { left, top, width: 700, height: 700 };
      return cornerOf(bestWindow(mapOfView(map, { box, picture, flipped })));
    };
    assert.deepEqual(cornerOf(bestWindow(map)), [0, 0]);
    assert.deepEqual(look(0, 0, false), [0, 0]);
    assert.deepEqual(look(0, 0, true), [0, 2]);
    assert.deepEqual(look(700, 0, false), [1, 1], "the corner is not in view");
    const right = mapOfView(peakAt(13, 6), {
      box: { left: 0, top: 700, width: 700, height: 700 },
      picture,
      flipped: false,
    });
    // Column 6 of the picture, not at its edge, is the last of the view.
    assert.deepEqual(cornerOf(bestWindow(peakAt(13, 6))), [2, 0]);
    assert.deepEqual(cornerOf(bestWindow(right)), [2, 2]);
  });

  test("refuses a box that leaves the picture, and a map that is no square", () => {
    assert.throws(() => mapOfView([1, 2, 3], whole()), /a map of 3 cells/);
    const box = { left: 1, top: 0, width: 450, height: 301 };
    assert.throws(() => mapOfView([1], { ...whole(), box }), /Cannot look at the box/);
  });
});

test("mapOfPicture() gives maps of any grid 14 × 14 cells of the same mean", () => {
  const fine = Float64Array.from({ length: 28 * 28 }, (_, cell) => cell % 29);
  const coarse = mapOfPicture(fine);
  for (const [cell, value] of coarse.entries()) {
    const at = Math.floor(cell / CELLS) * 2 * 28 + (cell % CELLS) * 2;
    const mean = [0, 1, 28, 29].reduce((sum, step) => sum + (fine[at + step] ?? 0), 0) / 4;
    assert.equal(value, mean);
  }
  assert.deepEqual(mapOfPicture([3]), new Float64Array(CELLS ** 2).fill(3));
});
