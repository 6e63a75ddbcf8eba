import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../../util/errors.ts";
import { gradients } from "../grad.ts";
import { buildGraph } from "../graph.ts";
import { input, type Tensor } from "../tensor.ts";
import { gemm, matmul } from "./matmul.ts";
import { reduceSum } from "./reduce.ts";

const f32 = (name: string, ...shape: number[]): Tensor => input(name, "f32", shape);

describe("matmul()", () => {
  test("says which dimensions differ", () => {
    assert.throws(
      () => matmul(f32("a", 8, 197, 768), f32("b", 512, 768)),
      new ShapeError(
        "Cannot multiply f32[8,197,768] by f32[512,768]: inner dimensions are 768 and 512",
      ),
    );
  });

  test("refuses vectors, leading axes that do not broadcast and different types", () => {
    const message = (a: string, b: string): ShapeError =>
      new ShapeError(`Cannot multiply matrices ${a} and ${b}`);
    assert.throws(() => matmul(f32("a", 3), f32("b", 3, 2)), message("f32[3]", "f32[3,2]"));
    assert.throws(
      () => matmul(f32("a", 2, 1, 3), f32("b", 4, 3, 1)),
      message("f32[2,1,3]", "f32[4,3,1]"),
    );
    const whole = input("b", "i32", [3, 2]);
    assert.throws(() => matmul(f32("a", 2, 3), whole), message("f32[2,3]", "i32[3,2]"));
  });

  test("differentiates a shared matrix by one product over all rows", () => {
    const weight = f32("weight", 5, 7);
    const [gradient] = gradients(reduceSum(matmul(f32("x", 2, 3, 5), weight)), [weight]);
    const { nodes } = buildGraph({ gradient: gradient ?? weight });
    const products = nodes
      .filter(({ op }) => op.type === "MatMul")
      .map(({ outputs }) => outputs[0]?.shape);
    assert.deepEqual(products, [[5, 7]]);
  });
});

describe("gemm()", () => {
  test("multiplies by the transposed weight", () => {
    assert.deepEqual(gemm(f32("x", 4, 3), f32("w", 2, 3), f32("b", 2)).shape, [4, 2]);
  });

  test("says what does not fit", () => {
    const [x, w] = [f32("x", 4, 3), f32("w", 2, 3)];
    assert.throws(
      () => gemm(x, w, f32("b", 3)),
      new ShapeError("Cannot add bias f32[3] to f32[4,2]"),
    );
    assert.throws(
      () => gemm(x, w, f32("b", 1, 4, 2)),
      new ShapeError("Cannot add bias f32[1,4,2] to f32[4,2]"),
    );
    assert.throws(
      () => gemm(f32("x", 1, 4, 3), w, f32("b", 2)),
      new ShapeError("Cannot use as left operand of Gemm f32[1,4,3]: 2 axes expected, found 3"),
    );
    assert.throws(
      () => gemm(x, f32("w", 2, 5), f32("b", 2)),
      new ShapeError("Cannot multiply f32[4,3] by f32[2,5]: inner dimensions are 3 and 5"),
    );
  });
});
