import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { drawnGeometries } from "../../test/drawn-geometry.ts";
import { boxToPicture, moveBox, planeToPicture } from "./dense-boxes.ts";
import { stillGeometry } from "./dense-geometry.ts";
import { viewMask } from "./dense-view.ts";
import type { Fit } from "./letterbox.ts";
import { type Corners, maskOfBoxes } from "./mask.ts";
import { scaleRotation } from "./opencv-affine.ts";
import { resizeLinearFloat } from "./opencv-resize.ts";
import type { Raster } from "./raster.ts";

const PICTURE = { width: 96, height: 72 };

/** Boxes of whole pixels inside the picture. */
const boxes = fc
  .record({
    ...{ x: fc.nat(80), y: fc.nat(56) },
    ...{ width: fc.integer({ min: 8, max: 60 }), height: fc.integer({ min: 8, max: 50 }) },
  })
  .map(({ x, y, width, height }): Corners => {
    return [x, y, Math.min(x + width, PICTURE.width), Math.min(y + height, PICTURE.height)];
  });

/** The upright box around everything that a picture shows. */
function hullOfLight({ width, data }: Raster): Corners | undefined {
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [i, level] of data.entries()) {
    if (level === 0) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    [x1, y1, x2, y2] = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
  }
  return x2 > x1 ? [x1, y1, x2, y2] : undefined;
}

function assertNear(found: Corners | undefined, expected: Corners, bound: number): void {
  assert.ok(found !== undefined);
  for (const [k, corner] of found.entries()) {
    const distance = Math.abs(corner - (expected[k] ?? Number.NaN));
    assert.ok(distance <= bound, `[${found}] and [${expected}] are ${distance} apart`);
  }
}

describe("moveBox()", () => {
  test("goes where the box's pixels go", () => {
    let seen = 0;
    fc.assert(
      fc.property(boxes, drawnGeometries(PICTURE), (box, { geometry, ...square }) => {
        const moved = moveBox(box, geometry, { ...square, leastVisible: 1 - 1e-9 });
        if (moved === undefined) return; // cut at an edge, where a turned box's hull is less than its corners'
        seen += 1;
        const hull = hullOfLight(viewMask(maskOfBoxes([box], PICTURE), geometry, square));
        const pixel = square.size / Math.min(geometry.crop.width, geometry.crop.height);
        assertNear(hull, moved, Math.max(1, pixel) + 0.05);
      }),
      { numRuns: 500, seed: 6 },
    );
    assert.ok(seen > 80, `${seen} boxes were seen whole`);
  });

  test("holds whatever the view shows of it, cut or not", () => {
    fc.assert(
      fc.property(boxes, drawnGeometries(PICTURE), (box, { geometry, ...square }) => {
        const moved = moveBox(box, geometry, { ...square, leastVisible: 0 });
        const hull = hullOfLight(viewMask(maskOfBoxes([box], PICTURE), geometry, square));
        if (hull === undefined || moved === undefined) return;
        const pixel = Math.max(
          1,
          square.size / Math.min(geometry.crop.width, geometry.crop.height),
        );
        assert.ok(hull[0] >= moved[0] - pixel && hull[1] >= moved[1] - pixel);
        assert.ok(hull[2] <= moved[2] + pixel && hull[3] <= moved[3] + pixel);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  test("stretches where nothing is moved", () => {
    const moved = moveBox([24, 18, 48, 36], stillGeometry(PICTURE), { size: 48 });
    assert.deepEqual(moved, [12, 12, 24, 24]);
    const boxed = moveBox([24, 18, 48, 36], stillGeometry(PICTURE), { size: 48, fit: "letterbox" });
    assert.deepEqual(boxed, [12, 15, 24, 24]);
  });

  test("comes back when it is flipped twice", () => {
    const still = stillGeometry(PICTURE);
    const square = { size: 96, fit: "letterbox" } as const;
    const flipped = { ...still, flipped: true };
    fc.assert(
      fc.property(boxes, (box) => {
        const once = moveBox(box, flipped, square);
        assert.ok(once !== undefined);
        const raised: Corners = [once[0], once[1] - 12, once[2], once[3] - 12]; // out of the letterbox
        assertNear(
          moveBox(raised, flipped, square),
          [box[0], box[1] + 12, box[2], box[3] + 12],
          1e-9,
        );
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  test("is dropped where too little of it is left", () => {
    const still = stillGeometry(PICTURE);
    const part = { ...still, crop: { left: 20, top: 0, width: 76, height: 72 } };
    const box: Corners = [10, 10, 30, 30]; // half of it is cropped away
    assert.equal(moveBox(box, part, { size: 32, leastVisible: 0.51 }), undefined);
    assertNear(
      moveBox(box, part, { size: 76, leastVisible: 0.5 }),
      [0, ((720 / 72) * 76) / 72, 10, (30 * 76) / 72],
      1e-9,
    );
    assert.equal(moveBox([0, 0, 20, 20], part, { size: 32, leastVisible: 0 }), undefined);
    const grown = { ...still, matrix: scaleRotation({ scaleX: 2, scaleY: 2, angle: 0 }, PICTURE) };
    const corner: Corners = [14, 8, 34, 28]; // a sixteenth of it is outside: 10 of 20 columns and rows are left
    assert.equal(moveBox(corner, grown, { size: 96, leastVisible: 0.26 }), undefined);
    assertNear(moveBox(corner, grown, { size: 96 }), [0, 0, 20, (20 * 96) / 72], 1e-9);
  });

  test("does not bring back by a turn what the crop left away", () => {
    const crop = { left: 48, top: 0, width: 48, height: 72 };
    const matrix = scaleRotation({ scaleX: 0.5, scaleY: 0.5, angle: 0 }, crop);
    const moved = moveBox(
      [24, 18, 72, 54],
      { ...stillGeometry(PICTURE), crop, matrix },
      { size: 48 },
    );
    assertNear(moved, [12, 18, 24, 30], 1e-9);
  });

  test("is dropped where a rest of it is below a pixel of the view, or without any area", () => {
    const still = stillGeometry(PICTURE);
    const part = { ...still, crop: { left: 20, top: 0, width: 76, height: 72 } };
    assert.equal(moveBox([18, 10, 22, 40], part, { size: 32 }), undefined); // 2 of 76 columns are left
    assert.ok(moveBox([18, 10, 23, 40], part, { size: 32 }) !== undefined);
    assert.equal(moveBox([10, 10, 10, 40], still, { size: 32, leastVisible: 0 }), undefined);
  });

  test("stays where it is shown whole, however small", () => {
    const still = stillGeometry(PICTURE);
    const tiny: Corners = [10, 10, 12, 12]; // 2 of 96 columns, 2 of 72 rows
    assertNear(moveBox(tiny, still, { size: 32 }), [10 / 3, 40 / 9, 4, 48 / 9], 1e-9);
    assert.ok(moveBox([94, 70, 96, 72], { ...still, flipped: true }, { size: 32 }) !== undefined);
  });
});

test("boxToPicture() brings a still box back to its pixels", () => {
  const fits = fc.constantFrom<Fit>("stretch", "letterbox");
  fc.assert(
    fc.property(boxes, fits, fc.integer({ min: 24, max: 224 }), (box, fit, size) => {
      const moved = moveBox(box, stillGeometry(PICTURE), { size, fit });
      assert.ok(moved !== undefined);
      assertNear(boxToPicture(moved, PICTURE, { size, fit }), box, 1e-9);
    }),
    { numRuns: 200, seed: 6 },
  );
  assert.deepEqual(boxToPicture([-4, 2, 99, 60], PICTURE, { size: 48 }), [0, 3, 96, 72]);
});

describe("planeToPicture()", () => {
  test("stretches bilinearly, between middles of pixels", () => {
    const plane = { width: 2, height: 2, data: Float32Array.of(0, 1, 0, 1) };
    const { data, width, height } = planeToPicture(plane, { width: 4, height: 1 }, { size: 2 });
    assert.deepEqual([width, height], [4, 1]);
    assert.deepEqual(Array.from(data), [0, 0.25, 0.75, 1]);
  });

  test("reads the picture's place of a letterbox alone", () => {
    const data = Float32Array.from({ length: 16 }, (_, i) => (i < 4 || i >= 12 ? -9 : i));
    const picture = { width: 8, height: 4 };
    const found = planeToPicture({ width: 4, height: 4, data }, picture, {
      size: 4,
      fit: "letterbox",
    });
    const inner = { width: 4, height: 2, data: data.slice(4, 12) };
    assert.deepEqual(found, resizeLinearFloat(inner, picture));
    assert.ok(found.data.every((value) => value >= 4));
  });

  test("brings a mask's view back over the mask", () => {
    const mask = maskOfBoxes([[20, 15, 70, 60]], PICTURE);
    for (const fit of ["stretch", "letterbox"] as const) {
      const view = viewMask(mask, stillGeometry(PICTURE), { size: 48, fit });
      const plane = { ...view, data: Float32Array.from(view.data, (level) => level / 255) };
      const { data } = planeToPicture(plane, PICTURE, { size: 48, fit });
      const wrong = mask.data.filter((pixel, i) => Number((data[i] ?? 0) > 0.5) !== pixel).length;
      assert.ok(wrong <= 190, `${wrong} pixels differ`); // one line of pixels around the box
    }
  });

  test("refuses a plane of another size", () => {
    const plane = { width: 2, height: 2, data: new Float32Array(4) };
    assert.throws(() => planeToPicture(plane, PICTURE, { size: 3 }), /expected 3 x 3$/);
  });
});
