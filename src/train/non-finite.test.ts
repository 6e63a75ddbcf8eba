import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVICE } from "../../test/toy-training.ts";
import { exp, mul } from "../engine/ops/elementwise.ts";
import { reduceMean } from "../engine/ops/reduce.ts";
import { input } from "../engine/tensor.ts";
import { normal } from "../nn/initializers.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { type Culprit, describeCulprit, diagnoseStep, findNonFinite } from "./non-finite.ts";
import { traceObjective } from "./step-program.ts";

/** mean(e^(a·x)·b), with the product and the power named. */
const TRACED = traceObjective((s) => {
  const x = input("x", "f32", [3]);
  const a = s.at("first").param("a", [3], normal({ std: 1 }));
  const b = s.at("second").param("b", [3], normal({ std: 1 }));
  const product = s.at("first").tap("product", mul(a, x));
  const power = s.at("second").tap("power", exp(product));
  const loss = reduceMean(mul(power, b));
  return { loss, parts: { mean: loss } };
});

const f32 = (...numbers: number[]): NdArray<"f32"> => ndArray("f32", [numbers.length], numbers);

async function diagnose({
  x = f32(1, 2, 3),
  a = f32(1, 1, 1),
  b = f32(1, 1, 1),
}: Partial<Record<"x" | "a" | "b", NdArray>>) {
  return diagnoseStep({
    traced: TRACED,
    values: new Map([
      ["first.a", a],
      ["second.b", b],
    ]),
    feeds: new Map([["x", x]]),
    lossScale: 1,
    device: DEVICE,
  });
}

describe("diagnoseStep()", () => {
  test("finds nothing where all is finite, and gives the losses", async () => {
    const { culprit, losses } = await diagnose({});
    assert.equal(culprit, undefined);
    const expected = (Math.E + Math.E ** 2 + Math.E ** 3) / 3;
    assert.ok(Math.abs((losses["mean"] ?? 0) - expected) < 1e-5);
  });

  test("names the first in the order of computation", async () => {
    const bad = f32(0, Number.NaN, Number.NEGATIVE_INFINITY);
    const found = async (arrays: Parameters<typeof diagnose>[0]) => {
      const { culprit } = await diagnose(arrays);
      assert.ok(culprit !== undefined);
      return describeCulprit(culprit);
    };
    assert.equal(
      await found({ b: bad, x: bad }),
      'the parameter "second.b" f32[3]: 2 of 3 numbers, the first NaN',
    );
    assert.equal(await found({ x: bad }), 'the input "x" f32[3]: 2 of 3 numbers, the first NaN');
    assert.equal(
      await found({ a: f32(1, 1, -3e38), x: f32(1, 2, 3) }),
      'the tensor "first.product" f32[3]: 1 of 3 numbers, the first -Infinity',
    );
    assert.equal(
      await found({ x: f32(100, 100, 100) }),
      'the tensor "second.power" f32[3]: all of it Infinity',
    );
    assert.equal(await found({ b: f32(3e38, 3e38, 3e38) }), 'the loss "mean": Infinity');
  });

  test("names a gradient where the loss is finite, the last parameter's first", async () => {
    // e^0 · 1e20 is finite, and so is its mean; times x it is not.
    const { culprit } = await diagnose({ a: f32(0, 0, 0), x: f32(1e20, 1, 1), b: f32(1e20, 1, 1) });
    const expected: Culprit = {
      role: "gradient",
      name: "first.a",
      type: "f32[3]",
      ...{ bad: 1, size: 3, first: "Infinity" },
    };
    assert.deepEqual(culprit, expected);
  });
});

describe("findNonFinite()", () => {
  test("passes over whole numbers", () => {
    const whole: [string, NdArray][] = [
      ["a", ndArray("i64", [2], [1, 2])],
      ["b", ndArray("u8", [2], [1, 2])],
    ];
    assert.equal(findNonFinite("input", whole), undefined);
    assert.equal(findNonFinite("input", [...whole, ["c", f32(Number.NaN)]])?.name, "c");
  });
});
