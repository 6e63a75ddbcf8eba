import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { interpret } from "../../test/reference/interpreter.ts";
import { build, read, sum, type Values } from "../../test/reference/values.ts";
import { asValues } from "../../test/trace.ts";
import { type TracedLayer, traceLayer } from "../../test/trace-layer.ts";
import { buildGraph } from "../engine/graph.ts";
import { ShapeError } from "../util/errors.ts";
import type { Shape } from "../util/nd-array.ts";
import { type BatchNormOptions, batchNorm, convBatchNorm } from "./batch-norm.ts";
import { conv } from "./conv.ts";

const EPSILON = 0.03; // large, so that it matters
const SHAPES: readonly Shape[] = [
  [2, 3, 4, 5],
  [1, 2, 3, 2],
  [4, 2, 1, 1],
];

const normalized = (shape: Shape, options: BatchNormOptions): TracedLayer =>
  traceLayer((s, { x }) => batchNorm(s, x, options), { x: normal(...shape) });

/** Mean and variance of a channel over all of the others, the variance over `less` values fewer than there are. */
function statistics(x: Values, channel: number, less: number): readonly [number, number] {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  const own = [...x.data].filter((_, i) => Math.floor(i / (height * width)) % channels === channel);
  const mean = sum(own.length, (i) => own[i] ?? 0) / own.length;
  return [mean, sum(own.length, (i) => ((own[i] ?? 0) - mean) ** 2) / (own.length - less)];
}

/** What a step makes of the buffers, in float64. */
const moved = ({ trace, arrays }: TracedLayer) =>
  interpret(buildGraph(trace.moves), asValues(arrays));

describe("batchNorm() in training", () => {
  for (const shape of SHAPES) {
    const layer = normalized(shape, { training: true, epsilon: EPSILON, momentum: 0.3 });
    const of = (name: string): Values => layer.value(`layer.${name}`);

    test(`normalises by the batch, of [${shape.join(",")}]`, () => {
      const x = layer.value("x");
      const expected = build(shape, (at) => {
        const channel = at[1] ?? 0;
        const [mean, variance] = statistics(x, channel, 0);
        const normal = (read(x, at) - mean) / Math.sqrt(variance + EPSILON);
        return normal * read(of("weight"), [channel]) + read(of("bias"), [channel]);
      });
      assertClose({ what: "y", actual: layer.output(), expected, tolerance: 1e-8 });
    });

    test(`moves the running statistics by their momentum, of [${shape.join(",")}]`, () => {
      const after = moved(layer);
      const expected = (name: string, index: 0 | 1): Values =>
        build([shape[1] ?? 0], ([channel = 0]) => {
          const now = statistics(layer.value("x"), channel, 1)[index];
          return 0.7 * read(of(name), [channel]) + 0.3 * now;
        });
      for (const [name, index] of [
        ["running_mean", 0],
        ["running_var", 1],
      ] as const) {
        const actual = after.get(`layer.${name}`) ?? build([], () => Number.NaN);
        assertClose({ what: name, actual, expected: expected(name, index), tolerance: 1e-6 });
      }
      const count = after.get("layer.num_batches_tracked");
      assert.deepEqual([...(count?.data ?? [])], [read(of("num_batches_tracked"), []) + 1]);
    });

    test(`has the gradient of finite differences, of [${shape.join(",")}]`, () =>
      checkTracedGradients(layer));
  }

  test("has PyTorch's ε and momentum", () => {
    const layer = normalized([2, 1, 1, 2], { training: true });
    const [mean, variance] = statistics(layer.value("x"), 0, 0);
    const [weight, bias] = [layer.value("layer.weight"), layer.value("layer.bias")];
    const first = read(layer.value("x"), [0, 0, 0, 0]);
    const expected = (first - mean) / Math.sqrt(variance + 1e-5);
    const y = read(layer.output(), [0, 0, 0, 0]);
    assert.ok(Math.abs(y - (expected * read(weight, [0]) + read(bias, [0]))) < 1e-9);
    const next = moved(layer).get("layer.running_mean")?.data[0] ?? Number.NaN;
    assert.ok(
      Math.abs(next - (0.9 * read(layer.value("layer.running_mean"), [0]) + 0.1 * mean)) < 1e-7,
    );
  });

  test("declares the names of PyTorch's checkpoints; what is running is not trained", () => {
    for (const training of [true, false]) {
      const { trace } = normalized([2, 7, 2, 2], { training });
      const declared = [...trace.parameters.values()].map(
        ({ name, shape, initializer, trainable }) => [
          name,
          shape,
          initializer.statistics?.mean,
          trainable,
        ],
      );
      assert.deepEqual(declared, [
        ["layer.weight", [7], 1, true],
        ["layer.bias", [7], 0, true],
        ["layer.running_mean", [7], 0, false],
        ["layer.running_var", [7], 1, false],
        ["layer.num_batches_tracked", [], 0, false],
      ]);
    }
  });

  test("says where a batch has one value a channel", () => {
    assert.throws(
      () => normalized([1, 3, 1, 1], { training: true }),
      (error) => error instanceof ShapeError && / one value .*\(at layer\)$/.test(error.message),
    );
  });
});

describe("batchNorm() in evaluation", () => {
  const layer = normalized([1, 3, 1, 2], { training: false, epsilon: EPSILON });

  test("normalises by the running statistics, which stay as they are", () => {
    const of = (name: string, channel: number): number =>
      read(layer.value(`layer.${name}`), [channel]);
    const expected = build([1, 3, 1, 2], (at) => {
      const c = at[1] ?? 0;
      const deviation = Math.sqrt(of("running_var", c) + EPSILON);
      const normal = (read(layer.value("x"), at) - of("running_mean", c)) / deviation;
      return normal * of("weight", c) + of("bias", c);
    });
    assertClose({ what: "y", actual: layer.output(), expected, tolerance: 1e-8 });
    assert.equal(layer.trace.moves.size, 0);
  });

  test("has the gradient of finite differences", () => checkTracedGradients(layer));
});

describe("convBatchNorm()", () => {
  const shape = { channels: 3, size: 3, stride: 2 };
  for (const training of [true, false]) {
    for (const bias of [true, false]) {
      const title = `${training ? "training" : "evaluation"}, ${bias ? "with" : "without"} bias`;
      const draws = { x: normal(2, 2, 5, 4) };
      const joint = traceLayer(
        (s, { x }) =>
          convBatchNorm({ conv: s.at("conv"), norm: s.at("bn") }, x, { ...shape, bias, training }),
        draws,
      );
      const apart = traceLayer(
        (s, { x }) =>
          batchNorm(s.at("bn"), conv(s.at("conv"), x, { ...shape, bias }), { training }),
        draws,
      );

      test(`is the convolution and the normalisation, ${title}`, () => {
        const [actual, expected] = [joint.output(), apart.output()];
        assertClose({ what: "y", actual, expected, tolerance: 1e-12 });
        assert.deepEqual([...joint.trace.parameters.keys()], [...apart.trace.parameters.keys()]);
        assert.deepEqual([...joint.trace.moves.keys()], [...apart.trace.moves.keys()]);
      });

      test(`has the gradient of finite differences, ${title}`, () => checkTracedGradients(joint));
    }
  }

  test("is one convolution in evaluation", () => {
    const { outputs } = traceLayer(
      (s, { x }) =>
        convBatchNorm({ conv: s.at("conv"), norm: s.at("bn") }, x, { ...shape, training: false }),
      { x: normal(1, 2, 4, 4) },
    );
    assert.equal(outputs[0]?.node.op.type, "Conv");
  });
});
