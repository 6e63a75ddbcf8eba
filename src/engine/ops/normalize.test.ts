import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../../util/errors.ts";
import { input } from "../tensor.ts";
import { layerNormalization } from "./normalize.ts";

describe("layerNormalization()", () => {
  const x = input("x", "f32", [2, 5, 4]);
  const scale = input("scale", "f32", [4]);

  test("keeps the shape", () => {
    assert.deepEqual(layerNormalization(x, scale, scale, { epsilon: 1e-6 }).shape, [2, 5, 4]);
  });

  test("says what does not fit", () => {
    const bias = input("bias", "f32", [5]);
    assert.throws(
      () => layerNormalization(x, scale, bias, { epsilon: 1e-6 }),
      new ShapeError("Cannot normalise f32[2,5,4] with scale f32[4] and bias f32[5]"),
    );
    const wide = input("wide", "f64", [4]);
    assert.throws(
      () => layerNormalization(x, wide, scale, { epsilon: 1e-6 }),
      new ShapeError("Cannot normalise f32[2,5,4] with scale f64[4] and bias f32[4]"),
    );
  });
});
