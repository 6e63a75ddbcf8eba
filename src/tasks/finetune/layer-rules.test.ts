import assert from "node:assert/strict";
import { test } from "node:test";
import { input } from "../../engine/tensor.ts";
import { constant } from "../../nn/initializers.ts";
import type { Parameter } from "../../nn/scope.ts";
import { groupParameters } from "../../train/parameter-groups.ts";
import { layerOf, layerRules } from "./layer-rules.ts";

const parameter = (name: string, ...shape: readonly number[]): Parameter => ({
  ...{ name, shape, trainable: true, initializer: constant(0) },
  tensor: input(name, "f32", shape),
});
const PARAMETERS = [
  parameter("cls_token", 1, 1, 4),
  parameter("pos_embed", 1, 5, 4),
  parameter("patch_embed.proj.weight", 4, 3, 2, 2),
  parameter("blocks.0.attn.qkv.weight", 12, 4),
  parameter("blocks.11.norm1.bias", 4),
  parameter("fc_norm.weight", 4),
  parameter("head.weight", 2, 4),
  parameter("head.bias", 2),
];

/** Decay and factor of every parameter by name. */
function rulesOf(options: Parameters<typeof layerRules>[0]) {
  const grouped = groupParameters(PARAMETERS, layerRules(options));
  return Object.fromEntries(
    [...grouped].flatMap(([{ weightDecay, lrScale }, parameters]) =>
      parameters.map(({ name }) => [name, [weightDecay, Number(lrScale.toFixed(6))]]),
    ),
  );
}

test("layerOf() counts from what comes before the blocks to the head", () => {
  assert.deepEqual(
    PARAMETERS.map(({ name }) => layerOf(name, { depth: 12 })),
    [0, 0, 0, 1, 12, 13, 13, 13],
  );
});

test("layerRules() lower the rate by a factor for every block further from the head", () => {
  assert.deepEqual(rulesOf({ decays: "matrices", weightDecay: 0.05, layerDecay: 0.5, depth: 12 }), {
    cls_token: [0.05, Number((0.5 ** 13).toFixed(6))],
    pos_embed: [0.05, Number((0.5 ** 13).toFixed(6))],
    "patch_embed.proj.weight": [0.05, Number((0.5 ** 13).toFixed(6))],
    "blocks.0.attn.qkv.weight": [0.05, Number((0.5 ** 12).toFixed(6))],
    "blocks.11.norm1.bias": [0, 0.5],
    "fc_norm.weight": [0, 1],
    "head.weight": [0.05, 1],
    "head.bias": [0, 1],
  });
});

test("layerRules() of SGD decay every parameter alike, as the published program does", () => {
  const rules = rulesOf({ decays: "all", weightDecay: 0.01, layerDecay: 1, depth: 12 });
  assert.ok(Object.values(rules).every(([decay, scale]) => decay === 0.01 && scale === 1));
});

test("layerOf() knows an encoder inside of a larger model: what is outside of it, or maps its tokens, is the head", () => {
  const names = [
    "encoder.pos_embed",
    "encoder.blocks.3.norm1.weight",
    "encoder.seg_head.bias",
    "decoder.0.weight",
  ];
  assert.deepEqual(
    names.map((name) => layerOf(name, { depth: 12, prefix: "encoder." })),
    [0, 4, 13, 13],
  );
});
