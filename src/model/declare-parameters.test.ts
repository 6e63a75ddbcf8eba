import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openCopy } from "../../test/fixture-copy.ts";
import { SIZES } from "../recipes/sizes.ts";
import { sizeOf } from "../util/nd-array.ts";
import { fixtureModel } from "../verify/pretrain-model.ts";
import { declareEcampParameters } from "./declare-parameters.ts";

const { tokens, ...base } = SIZES.base;
const BASE = {
  ...base,
  vocab: 30_000,
  positions: tokens,
  mean: 0,
  std: 1,
  positionExponent: "k/(2d)",
  finalRelu: true,
  tiedDecoder: false,
} as const;

const affine = (...names: readonly string[]): string[] =>
  names.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
const under = (prefix: string, names: readonly string[]): string[] =>
  names.map((name) => `${prefix}.${name}`);
const repeated = (prefix: string, count: number, names: readonly string[]): string[] =>
  Array.from({ length: count }, (_, i) => under(`${prefix}.${i}`, names)).flat();

const VIT_BLOCK = affine("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2");
const SELF = affine("attention.self.query", "attention.self.key", "attention.self.value");
const ENDS = affine("attention.output.dense", "attention.output.LayerNorm");
const FEED_FORWARD = affine("intermediate.dense", "output.dense", "output.LayerNorm");
const CROSS = under("cross_self_attention", affine("query", "key", "value"));
const FUSION = [
  ...SELF,
  ...ENDS,
  ...CROSS,
  ...affine("gap_mlp", "out_layer.dense", "out_layer.LayerNorm"),
  ...FEED_FORWARD,
];

/** The published checkpoint's names, written out from its structure. */
const NAMES = [
  "cls_token",
  "mask_token",
  "pos_embed",
  "decoder_pos_embed",
  ...affine("patch_embed.proj", "norm", "decoder_embed", "decoder_norm", "decoder_pred"),
  ...repeated("blocks", 12, VIT_BLOCK),
  ...repeated("decoder_blocks", 4, VIT_BLOCK),
  ...affine("super_res.conv1", "super_res.conv2", "bert_mlp"),
  ...under("bert_encoder.model.bert", [
    ...under("embeddings", ["word_embeddings.weight", "position_embeddings.weight"]),
    ...under("embeddings", ["token_type_embeddings.weight", ...affine("LayerNorm")]),
    ...under("context_fusion_layer", FUSION),
    ...repeated("encoder.layer", 6, [...SELF, ...ENDS, ...FEED_FORWARD]),
    ...affine("pooler.dense"),
  ]),
  ...under("bert_encoder.model.cls.predictions", [
    ...affine("transform.dense", "transform.LayerNorm"),
    "decoder.weight",
    "bias",
  ]),
];

describe("declareEcampParameters()", () => {
  test("declares the 349 parameters of the paper's size, under the checkpoint's names", () => {
    const parameters = declareEcampParameters(BASE);
    assert.deepEqual([...parameters.keys()].toSorted(), NAMES.toSorted());
    assert.equal(parameters.size, 349);
    const total = [...parameters.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    assert.equal(total, 183_425_240);
  });

  test("trains all but the position tables", () => {
    const fixed = [...declareEcampParameters(BASE).values()].filter(({ trainable }) => !trainable);
    assert.deepEqual(
      fixed.map(({ name }) => name),
      ["pos_embed", "decoder_pos_embed"],
    );
  });

  test("declares the recorded names and shapes at another size", async () => {
    const fixture = await openCopy("pretrain-nano");
    const declared = declareEcampParameters(fixtureModel(fixture).config);
    const recorded = fixture.tensorNames.filter((name) => name.startsWith("param/"));
    assert.deepEqual(
      [...declared.keys()].toSorted(),
      recorded.map((name) => name.slice("param/".length)).toSorted(),
    );
    for (const { name, shape } of declared.values()) {
      assert.deepEqual((await fixture.tensor(`param/${name}`)).shape, shape, name);
    }
  });
});
