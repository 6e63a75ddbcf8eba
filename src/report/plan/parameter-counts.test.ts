import assert from "node:assert/strict";
import { test } from "node:test";
import { input } from "../../engine/tensor.ts";
import { constant } from "../../nn/initializers.ts";
import type { Parameter } from "../../nn/scope.ts";
import { parameterCounts, stateBytes } from "./parameter-counts.ts";

const parameter = (name: string, shape: readonly number[]): Parameter => ({
  ...{ name, shape, trainable: true, initializer: constant(0) },
  tensor: input(name, "f32", shape),
});

test("parameterCounts() counts the numbers of every module, and fixed ones apart", () => {
  const counts = parameterCounts({
    trained: [
      parameter("blocks.0.attn.qkv.weight", [6, 2]),
      parameter("norm.bias", [2]),
      parameter("decoder_pred.bias", [3]),
      parameter("bert_encoder.model.cls.predictions.bias", [11]),
    ],
    fixed: [
      parameter("pos_embed", [1, 5, 2]),
      parameter("bert_encoder.model.bert.pooler.dense.bias", [4]),
    ],
  });
  assert.deepEqual(counts, [
    { module: "image encoder", trained: 14, fixed: 10 },
    { module: "pixel decoder", trained: 3, fixed: 0 },
    { module: "super-resolution", trained: 0, fixed: 0 },
    { module: "report decoder", trained: 0, fixed: 4 },
    { module: "word head", trained: 11, fixed: 0 },
  ]);
});

test("stateBytes() counts value, gradient and two moments in memory, all but the gradient on the disk", () => {
  assert.deepEqual(stateBytes({ trained: 100, fixed: 10 }), { memory: 1640, checkpoint: 1240 });
});
