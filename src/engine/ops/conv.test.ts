import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../../util/errors.ts";
import type { Shape } from "../../util/nd-array.ts";
import { gradients } from "../grad.ts";
import { buildGraph } from "../graph.ts";
import { input, type Tensor } from "../tensor.ts";
import { conv2d } from "./conv.ts";
import { reduceSum } from "./reduce.ts";

const image = input("x", "f32", [2, 3, 8, 9]);
const convolve = (weight: Shape, bias: Shape, padding = 0, stride = 1): Tensor =>
  conv2d(image, input("weight", "f32", weight), input("bias", "f32", bias), { padding, stride });

describe("conv2d()", () => {
  test("shrinks by the kernel and grows by the padding", () => {
    assert.deepEqual(convolve([4, 3, 3, 3], [4]).shape, [2, 4, 6, 7]);
    assert.deepEqual(convolve([4, 3, 3, 3], [4], 1).shape, [2, 4, 8, 9]);
    assert.deepEqual(convolve([4, 3, 1, 5], [4], 1).shape, [2, 4, 10, 7]);
  });

  test("keeps every stride-th place, the first among them", () => {
    assert.deepEqual(convolve([4, 3, 1, 1], [4], 0, 2).shape, [2, 4, 4, 5]);
    assert.deepEqual(convolve([4, 3, 3, 3], [4], 1, 2).shape, [2, 4, 4, 5]);
    assert.deepEqual(convolve([4, 3, 3, 3], [4], 0, 3).shape, [2, 4, 2, 3]);
    assert.deepEqual(convolve([4, 3, 3, 3], [4], 0, 50).shape, [2, 4, 1, 1]);
  });

  test("needs a stride of whole pixels", () => {
    for (const stride of [0, -1, 1.5, Number.NaN]) {
      assert.throws(
        () => convolve([4, 3, 3, 3], [4], 1, stride),
        new ShapeError(
          `Cannot convolve f32[2,3,8,9] with stride ${stride}: a whole number of at least 1 is expected`,
        ),
      );
    }
  });

  test("says what does not fit", () => {
    const message = (weight: string, bias: string): ShapeError =>
      new ShapeError(`Cannot convolve f32[2,3,8,9] with f32[${weight}] and bias f32[${bias}]`);
    assert.throws(() => convolve([4, 2, 3, 3], [4]), message("4,2,3,3", "4")); // channels
    assert.throws(() => convolve([4, 3, 3], [4]), message("4,3,3", "4")); // axes
    assert.throws(() => convolve([4, 3, 3, 3], [3]), message("4,3,3,3", "3"));
    assert.throws(() => convolve([4, 3, 3, 3], [4, 1]), message("4,3,3,3", "4,1"));
    assert.throws(() => convolve([4, 3, 9, 3], [4]), message("4,3,9,3", "4")); // taller than the image
  });

  test("computes no gradient of an image that is not wanted", () => {
    const weight = input("weight", "f32", [4, 3, 3, 3]);
    const y = conv2d(image, weight, input("bias", "f32", [4]), { padding: 1 });
    const [gradient] = gradients(reduceSum(y), [weight]);
    const types = buildGraph({ gradient: gradient ?? weight }).nodes.map(({ op }) => op.type);
    assert.equal(types.filter((type) => type === "MatMul").length, 9);
    assert.ok(!types.includes("Conv"));
  });

  test("computes the gradient of an image by a convolution, transposed where there is a stride", () => {
    const weight = input("weight", "f32", [4, 3, 3, 3]);
    for (const [stride, expected] of [
      [1, "Conv"],
      [2, "ConvTranspose"],
    ] as const) {
      const y = conv2d(image, weight, undefined, { padding: 1, stride });
      const [gradient] = gradients(reduceSum(y), [image]);
      assert.deepEqual(gradient?.shape, image.shape);
      assert.equal(gradient?.node.op.type, expected);
    }
  });
});
