import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ShapeError } from "../../util/errors.ts";
import { type NdArray, ndArray, zeros } from "../../util/nd-array.ts";
import { type Anchor, detectionAnchors } from "./detection-anchors.ts";
import {
  CLASS_PLANE,
  detectionTargets,
  TARGET_PLANES,
  type TargetOptions,
} from "./detection-targets.ts";

/** Class, centre x, centre y, width, height. */
type Row = readonly [label: number, x: number, y: number, w: number, h: number];

const SIZE = 64;
const NONE: Row = [0, 0, 0, 0, 0];
const OPTIONS: TargetOptions = {
  anchors: [
    [
      [48, 48],
      [16, 40],
    ],
    [
      [16, 16],
      [8, 24],
    ],
  ],
  imageSize: SIZE,
  grids: [2, 4],
  classes: 2,
};

const boxesOf = (images: readonly (readonly Row[])[]): NdArray<"f32"> =>
  ndArray("f32", [images.length, images[0]?.length ?? 0, 5], images.flat(2));

/** One number of the targets of a scale. */
const at = (
  { shape, data }: NdArray<"f32">,
  place: readonly [image: number, anchor: number, plane: number, row: number, column: number],
): number => {
  const offset = place.reduce((sum, index, axis) => sum * (shape[axis] ?? 0) + index, 0);
  return data[offset] ?? Number.NaN;
};

const { object, noObject, x, y, width, height } = TARGET_PLANES;

describe("detectionTargets()", () => {
  test("gives a box to the anchor of its shape, in the cell of its centre, at every scale", () => {
    const [coarse, fine] = detectionTargets(boxesOf([[[1, 0.65, 0.3, 0.25, 0.625]]]), OPTIONS);
    assert.ok(coarse && fine);
    // 16 x 40 pixels about (41.6, 19.2): column 1 of row 0 of 2 cells; column 2 of row 1 of 4.
    const planes = [object, noObject, x, y, width, height, CLASS_PLANE, CLASS_PLANE + 1];
    const near = (actual: readonly number[], expected: readonly number[]): void => {
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs((actual[i] ?? Number.NaN) - value) < 1e-6, `${actual} at ${i}`);
    };
    const second = planes.map((plane) => at(coarse, [0, 1, plane, 0, 1]));
    near(second, [1, 0, 0.3, 0.6, 0, 0, 0, 1]);
    const first = planes.map((plane) => at(fine, [0, 0, plane, 1, 2]));
    near(first, [1, 0, 0.6, 0.2, 0, Math.log(40 / 16), 0, 1]);
    const assigned = [coarse, fine].map((scale) => countOf(scale, object, 1));
    assert.deepEqual(assigned, [1, 1]);
  });

  test("compares shapes with a cell more on every side, and spares every anchor that is near", () => {
    // Of 2 cells of 32 pixels, 32 x 32 is 1 x 1: 2² / 2.5² of the first anchor, 1.5·2 / (4 + 1.5·2.25 − 1.5·2) of the second.
    const [first, second] = [0.64, 3 / 4.375];
    const planesOf = (plane: number, ignoreThreshold?: number): readonly number[] => {
      const threshold = ignoreThreshold === undefined ? {} : { ignoreThreshold };
      const boxes = boxesOf([[[0, 0.2, 0.2, 0.5, 0.5]]]);
      const [scale] = detectionTargets(boxes, { ...OPTIONS, ...threshold });
      assert.ok(scale);
      return [0, 1].map((anchor) => at(scale, [0, anchor, plane, 0, 0]));
    };
    assert.deepEqual(planesOf(object), [0, 1]);
    assert.deepEqual(planesOf(noObject), [0, 0]);
    assert.deepEqual(planesOf(noObject, first - 1e-6), [0, 0]);
    assert.deepEqual(planesOf(noObject, first), [1, 0]);
    // The second anchor has the box, and is told that nothing is there too.
    assert.deepEqual(planesOf(noObject, second + 1e-6), [1, 1]);
    assert.deepEqual(planesOf(object, second + 1e-6), [0, 1]);
  });

  test("lets a later box take the place of an earlier one, and keeps both classes", () => {
    const rows: Row[] = [
      [0, 0.3, 0.3, 0.75, 0.75],
      [1, 0.4, 0.2, 0.7, 0.8],
    ];
    const [coarse] = detectionTargets(boxesOf([rows]), OPTIONS);
    assert.ok(coarse);
    const planes = [object, x, y, width, height, CLASS_PLANE, CLASS_PLANE + 1];
    const numbers = planes.map((plane) => at(coarse, [0, 0, plane, 0, 0]));
    const expected = [1, 0.8, 0.4, Math.log(44.8 / 48), Math.log(51.2 / 48), 1, 1];
    for (const [i, value] of expected.entries())
      assert.ok(Math.abs((numbers[i] ?? Number.NaN) - value) < 1e-6, `${numbers}`);
  });

  test("rows of zeros are no boxes, wherever they stand", () => {
    const box: Row = [0, 0.3, 0.3, 0.2, 0.2];
    const first = detectionTargets(boxesOf([[box, NONE, NONE]]), OPTIONS);
    assert.deepEqual(detectionTargets(boxesOf([[NONE, NONE, box]]), OPTIONS), first);
    for (const scale of detectionTargets(boxesOf([[NONE, NONE]]), OPTIONS)) {
      assert.equal(countOf(scale, object, 1), 0);
      assert.equal(countOf(scale, noObject, 0), 0);
    }
  });

  test("a centre on the right or lower edge belongs to the last cell", () => {
    const [coarse, fine] = detectionTargets(boxesOf([[[0, 1, 1, 0.5, 0.5]]]), OPTIONS);
    assert.ok(coarse && fine);
    assert.deepEqual(
      [object, x, y].map((plane) => at(coarse, [0, 1, plane, 1, 1])),
      [1, 1, 1],
    );
    assert.deepEqual(
      [object, x, y].map((plane) => at(fine, [0, 0, plane, 3, 3])),
      [1, 1, 1],
    );
  });

  test("refuses centres outside, boxes without area and unknown classes, naming the box", () => {
    const refused: readonly Row[] = [
      [0, 1.01, 0.5, 0.1, 0.1],
      [0, 0.5, -0.01, 0.1, 0.1],
      [0, 0.5, 0.5, 0, 0.1],
      [0, 0.5, 0.5, 0.1, -0.1],
      [0, 0.5, 0.5, Number.POSITIVE_INFINITY, 0.1],
      [2, 0.5, 0.5, 0.1, 0.1],
      [-1, 0.5, 0.5, 0.1, 0.1],
      [0.5, 0.5, 0.5, 0.1, 0.1],
      [0, Number.NaN, 0.5, 0.1, 0.1],
      [-1, 1, 0, 0, 0], // sums to 0, and is not one of zeros
    ];
    const good: Row = [0, 0.5, 0.5, 0.1, 0.1];
    for (const row of refused) {
      const boxes = boxesOf([
        [good, good],
        [good, row],
      ]);
      assert.throws(
        () => detectionTargets(boxes, OPTIONS),
        (error) => error instanceof RangeError && /box 1 of image 1: found \[/.test(error.message),
        String(row),
      );
    }
  });

  test("refuses boxes and scales of another form", () => {
    const four = zeros("f32", [2, 3, 4]);
    assert.throws(() => detectionTargets(four, OPTIONS), ShapeError);
    const boxes = zeros("f32", [1, 1, 5]);
    assert.throws(() => detectionTargets(boxes, { ...OPTIONS, grids: [2] }), ShapeError);
    const empty = { ...OPTIONS, anchors: [[], OPTIONS.anchors[1] ?? []] };
    assert.throws(() => detectionTargets(boxes, empty), ShapeError);
  });

  test("is what a search through the boxes for every cell finds", () => {
    const unit = fc.integer({ min: 0, max: 32 }).map((value) => value / 32);
    const side = fc.integer({ min: 1, max: 32 }).map((value) => value / 32);
    const row = fc.tuple(fc.constantFrom(0, 1), unit, unit, side, side);
    const images = fc.array(fc.array(row, { minLength: 6, maxLength: 6 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(images, (rows) => {
        for (const [k, scale] of detectionTargets(boxesOf(rows), OPTIONS).entries()) {
          const anchors = OPTIONS.anchors[k] ?? [];
          const grid = OPTIONS.grids[k] ?? 0;
          for (const [image, boxes] of rows.entries()) {
            for (const anchor of anchors.keys()) {
              for (let cell = 0; cell < grid * grid; cell++) {
                const place = { image, anchor, row: Math.floor(cell / grid), column: cell % grid };
                assertCell(scale, place, searched(boxes, { anchors, grid, ...place }));
              }
            }
          }
        }
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  test("a batch of 32 pictures with 10 boxes each is built in a few milliseconds", () => {
    const rows = Array.from({ length: 32 }, (_, image) =>
      Array.from({ length: 10 }, (_, i): Row => [0, (image + 1) / 40, (i + 1) / 12, 0.2, 0.1]),
    );
    const boxes = boxesOf(rows);
    const options = {
      anchors: detectionAnchors(224),
      imageSize: 224,
      grids: [7, 14, 28],
      classes: 1,
    };
    detectionTargets(boxes, options);
    const times = Array.from({ length: 9 }, () => {
      const start = performance.now();
      detectionTargets(boxes, options);
      return performance.now() - start;
    });
    const median = times.sort((a, b) => a - b)[4] ?? Number.NaN;
    assert.ok(median < 50, `${median} ms`);
  });
});

const countOf = (scale: NdArray<"f32">, plane: number, value: number): number => {
  const [batch = 0, anchors = 0, , rows = 0, columns = 0] = scale.shape;
  let count = 0;
  for (let image = 0; image < batch; image++)
    for (let anchor = 0; anchor < anchors; anchor++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          if (at(scale, [image, anchor, plane, row, column]) === value) count++;
  return count;
};

interface Place {
  readonly image: number;
  readonly anchor: number;
  readonly row: number;
  readonly column: number;
}

function assertCell(scale: NdArray<"f32">, place: Place, expected: readonly number[]): void {
  for (const [plane, value] of expected.entries()) {
    const actual = at(scale, [place.image, place.anchor, plane, place.row, place.column]);
    assert.ok(Math.abs(actual - value) < 1e-5, `plane ${plane} of ${JSON.stringify(place)}`);
  }
}

/** The planes of one anchor in one cell. */
function searched(
  boxes: readonly Row[],
  cell: Omit<Place, "image"> & { readonly anchors: readonly Anchor[]; readonly grid: number },
): readonly number[] {
  const { anchors, grid, anchor, row, column } = cell;
  const here = boxes.filter(
    ([, cx, cy]) =>
      Math.min(Math.trunc(cx * grid), grid - 1) === column &&
      Math.min(Math.trunc(cy * grid), grid - 1) === row,
  );
  const overlap = ([, , , w, h]: Row, [aw, ah]: Anchor): number => {
    const cells = [w * grid, h * grid, (aw / SIZE) * grid, (ah / SIZE) * grid] as const;
    const both = (Math.min(cells[0], cells[2]) + 1) * (Math.min(cells[1], cells[3]) + 1);
    return both / ((cells[0] + 1) * (cells[1] + 1) + (cells[2] + 1) * (cells[3] + 1) - both);
  };
  const mine = here.filter((box) => {
    const overlaps = anchors.map((each) => overlap(box, each));
    return overlaps.indexOf(Math.max(...overlaps)) === anchor;
  });
  const [w, h] = anchors[anchor] ?? [0, 0];
  const isFar = here.every((box) => !(overlap(box, [w, h]) > 0.5));
  const last = mine.at(-1);
  const classes = [0, 1].map((label) => (mine.some(([each]) => each === label) ? 1 : 0));
  if (last === undefined) return [0, isFar ? 1 : 0, 0, 0, 0, 0, ...classes];
  const [, cx, cy, bw, bh] = last;
  const place = [cx * grid - column, cy * grid - row];
  return [
    ...[1, isFar ? 1 : 0, ...place],
    ...[Math.log((bw * SIZE) / w), Math.log((bh * SIZE) / h), ...classes],
  ];
}
