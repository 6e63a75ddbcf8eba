import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ShapeError } from "../util/errors.ts";
import { broadcastAxes, broadcastShapes, normalizeAxis, reducedShape } from "./shapes.ts";

describe("normalizeAxis()", () => {
  test("counts negative axes from the end", () => {
    assert.deepEqual(
      [0, 2, -1, -3].map((axis) => normalizeAxis(axis, 3)),
      [0, 2, 2, 0],
    );
  });

  test("refuses axes that are not there", () => {
    for (const axis of [3, -4, 0.5, Number.NaN]) {
      const message = `Cannot use axis ${axis}: the tensor has 3 axes`;
      assert.throws(() => normalizeAxis(axis, 3), new ShapeError(message));
    }
    assert.throws(() => normalizeAxis(0, 0), ShapeError);
  });
});

describe("broadcastShapes()", () => {
  test("repeats axes of length 1 and adds leading ones", () => {
    assert.deepEqual(broadcastShapes([2, 1, 4], [3, 1]), [2, 3, 4]);
    assert.deepEqual(broadcastShapes([], [2, 3]), [2, 3]);
    assert.deepEqual(broadcastShapes([], []), []);
    assert.deepEqual(broadcastShapes([1], [0]), [0]);
  });

  test("is undefined for shapes that do not fit", () => {
    assert.equal(broadcastShapes([2, 3], [2]), undefined);
    assert.equal(broadcastShapes([0], [2]), undefined);
  });

  test("is commutative and leaves the result as it is", () => {
    const shape = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 });
    const property = fc.property(shape, shape, (a, b) => {
      const whole = broadcastShapes(a, b);
      assert.deepEqual(broadcastShapes(b, a), whole);
      if (whole !== undefined) assert.deepEqual(broadcastShapes(a, whole), whole);
    });
    fc.assert(property, { seed: 1 });
  });
});

describe("broadcastAxes()", () => {
  test("names the axes along which a shape was repeated", () => {
    assert.deepEqual(broadcastAxes([3, 1], [2, 3, 4]), [0, 2]);
    assert.deepEqual(broadcastAxes([], [2, 3]), [0, 1]);
    assert.deepEqual(broadcastAxes([1, 3], [1, 3]), []); // nothing was repeated
  });
});

describe("reducedShape()", () => {
  test("drops the reduced axes or keeps them with length 1", () => {
    assert.deepEqual(reducedShape([2, 3, 4], [0, 2], 0), [3]);
    assert.deepEqual(reducedShape([2, 3, 4], [0, 2], 1), [1, 3, 1]);
  });
});
