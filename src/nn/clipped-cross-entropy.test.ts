import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { exactly, normal } from "../../test/draw.ts";
import { build, read } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { gradients } from "../engine/grad.ts";
import { buildGraph } from "../engine/graph.ts";
import { reduceSum } from "../engine/ops/reduce.ts";
import { Program } from "../engine/runtime/program.ts";
import { input } from "../engine/tensor.ts";
import { ndArray } from "../util/nd-array.ts";
import { clippedCrossEntropy } from "./clipped-cross-entropy.ts";

/** Loss and derivative of single logits, in f32 by ONNX Runtime. */
async function compute(
  logits: readonly number[],
  targets: readonly number[],
): Promise<{ readonly losses: readonly number[]; readonly slopes: readonly number[] }> {
  const shape = [logits.length];
  const z = input("z", "f32", shape);
  const losses = clippedCrossEntropy(z, input("t", "f32", shape));
  const [slopes] = gradients(reduceSum(losses), [z]);
  assert.ok(slopes);
  const device = { provider: "cpu", threads: 1 };
  await using program = await Program.compile(buildGraph({ losses, slopes }), device);
  const results = await program.run(
    new Map([
      ["z", ndArray("f32", shape, logits)],
      ["t", ndArray("f32", shape, targets)],
    ]),
  );
  const numbersOf = (name: string): number[] => Array.from(results.get(name)?.data ?? [], Number);
  return { losses: numbersOf("losses"), slopes: numbersOf("slopes") };
}

const close = (actual: number | undefined, expected: number, share = 1e-5): void =>
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= share * Math.abs(expected),
    `${actual} is not ${expected}`,
  );

describe("clippedCrossEntropy()", () => {
  test("is −t·ln σ(z) − (1 − t)·ln(1 − σ(z)), with the gradient σ(z) − t", () => {
    const layer = traceLayer((_, { logits, targets }) => clippedCrossEntropy(logits, targets), {
      logits: normal(3, 2),
      targets: exactly("f32", [3, 2], [0, 1, 0.25, 1, 0, 0.5]),
    });
    const [logits, targets] = [layer.value("logits"), layer.value("targets")];
    const expected = build([3, 2], (at) => {
      const [p, t] = [1 / (1 + Math.exp(-read(logits, at))), read(targets, at)];
      return -t * Math.log(p) - (1 - t) * Math.log(1 - p);
    });
    assertClose({ what: "loss", actual: layer.output(), expected, tolerance: 1e-12 });
    const { inputs, arrays, outputs } = layer;
    const bySign = new Map([...inputs].filter(([name]) => name === "logits")); // targets are no parameters
    checkTracedGradients({ inputs: bySign, arrays, outputs });
  });

  test("cuts logarithms at −100", async () => {
    const { losses } = await compute([-99, -101, -1e4, 101, 1e4, 1e4], [1, 1, 1, 0, 0, 1]);
    close(losses[0], 99);
    assert.deepEqual(losses.slice(1), [100, 100, 100, 100, 0]);
  });

  test("divides by p(1 − p) or 1e-12: the gradient is p − t, and fades where |z| passes 27.6", async () => {
    const { slopes } = await compute([-20, 20, -27, -30, 30, -40, 30], [1, 0, 1, 1, 0, 1, 1]);
    const faded = (z: number): number => Math.exp(-Math.abs(z)) / 1e-12;
    for (const [i, expected] of [-1, 1, -1, -faded(30), faded(30), -faded(40)].entries())
      close(slopes[i], expected);
    assert.ok(Math.abs(slopes[6] ?? Number.NaN) < 1e-6);
  });

  test("is never NaN for a number, and always for NaN", async () => {
    const extreme = [0, 1e-30, 17, -17, 88, -88, 104, -104, 3e38, -3e38];
    for (const target of [0, 0.5, 1]) {
      const { losses, slopes } = await compute(
        extreme,
        extreme.map(() => target),
      );
      assert.ok([...losses, ...slopes].every(Number.isFinite), `${losses} ${slopes}`);
    }
    const { losses, slopes } = await compute([Number.NaN, Number.NaN], [0, 1]);
    assert.ok([...losses, ...slopes].every(Number.isNaN));
  });
});
