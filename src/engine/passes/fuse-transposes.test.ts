import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPass } from "../../../test/check-pass.ts";
import { buildGraph } from "../graph.ts";
import { mul } from "../ops/elementwise.ts";
import { transpose, transposeLast } from "../ops/layout.ts";
import { matmul } from "../ops/matmul.ts";
import { printGraph } from "../print.ts";
import { input, scalar, type Tensor } from "../tensor.ts";
import { fuseTransposes } from "./fuse-transposes.ts";

const a = input("a", "f32", [2, 3, 4]);
const b = input("b", "f32", [2, 3, 4]);

/** The lines behind the inputs. */
const after = (outputs: Readonly<Record<string, Tensor>>): readonly string[] =>
  printGraph(fuseTransposes(buildGraph(outputs)))
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("input"));

describe("fuseTransposes()", () => {
  test("absorbs a transpose of either operand, and of both", () => {
    assert.deepEqual(after({ y: matmul(transposeLast(a), b) }), [
      "%0:f32[2,4,4] = FusedMatMul transA=1 transB=0 alpha=1 a b",
      "output y = %0",
    ]);
    assert.deepEqual(after({ y: matmul(a, transposeLast(b)) }), [
      "%0:f32[2,3,3] = FusedMatMul transA=0 transB=1 alpha=1 a b",
      "output y = %0",
    ]);
    const c = input("c", "f32", [2, 4, 3]);
    assert.deepEqual(after({ y: matmul(transposeLast(c), transposeLast(a)) }), [
      "%0:f32[2,3,3] = FusedMatMul transA=1 transB=1 alpha=1 c a",
      "output y = %0",
    ]);
  });

  test("absorbs a constant factor, on either side and again", () => {
    const product = matmul(a, transposeLast(b));
    const fused = ["%0:f32[2,3,3] = FusedMatMul transA=0 transB=1 alpha=0.25 a b", "output y = %0"];
    assert.deepEqual(after({ y: mul(product, scalar(0.25)) }), fused);
    assert.deepEqual(after({ y: mul(scalar(0.25), product) }), fused);
    assert.deepEqual(after({ y: mul(mul(product, scalar(0.5)), scalar(0.5)) }), fused);
    const c = input("c", "f32", [4, 5]);
    assert.deepEqual(after({ y: mul(matmul(a, c), scalar(2)) }), [
      "%0:f32[2,3,5] = FusedMatMul transA=0 transB=0 alpha=2 a c",
      "output y = %0",
    ]);
  });

  test("keeps a product that something else reads, and a factor that is not a constant scalar", () => {
    const product = matmul(a, transposeLast(b));
    const shared = after({ y: mul(product, scalar(0.5)), product });
    assert.deepEqual(shared.slice(0, 2), [
      "%0:f32[2,3,3] = FusedMatMul transA=0 transB=1 alpha=1 a b",
      "%1:f32[2,3,3] = Mul %0 [0.5]",
    ]);
    const factor = input("factor", "f32", []);
    assert.equal(after({ y: mul(product, factor) }).at(-2), "%1:f32[2,3,3] = Mul %0 factor");
  });

  test("leaves other transposes and other operators alone", () => {
    const outer = matmul(transpose(a, [1, 0, 2]), input("c", "f32", [4, 2]));
    assert.equal(after({ y: outer }).at(-2), "%1:f32[3,2,2] = MatMul %0 c");
    assert.equal(after({ y: transposeLast(a) }).length, 2);
  });

  test("keeps the value of random graphs", () => {
    checkPass(fuseTransposes);
  });
});
