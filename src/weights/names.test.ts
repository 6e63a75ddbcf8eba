import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changesEncoder, placementOf } from "./names.ts";

describe("placementOf()", () => {
  test("maps the released file's name of the fusion layer", () => {
    assert.deepEqual(
      placementOf("bert_encoder.model.bert.cross_attn_layer.attention.self.key.bias"),
      { name: "bert_encoder.model.bert.context_fusion_layer.attention.self.key.bias" },
    );
  });

  test("gives the vocabulary bias one name, and leaves the vocabulary weight alone", () => {
    assert.deepEqual(placementOf("bert_encoder.model.cls.predictions.decoder.bias"), {
      name: "bert_encoder.model.cls.predictions.bias",
    });
    const weight = "bert_encoder.model.cls.predictions.decoder.weight";
    assert.deepEqual(placementOf(weight), { name: weight });
  });

  test("knows every name of Hugging Face's encoder and of its pixel decoder", () => {
    const expected: Record<string, string> = {
      "embeddings.cls_token": "cls_token",
      "embeddings.position_embeddings": "pos_embed",
      "embeddings.patch_embeddings.projection.weight": "patch_embed.proj.weight",
      "encoder.layer.11.layernorm_before.weight": "blocks.11.norm1.weight",
      "encoder.layer.11.layernorm_after.bias": "blocks.11.norm2.bias",
      "encoder.layer.11.attention.output.dense.weight": "blocks.11.attn.proj.weight",
      "encoder.layer.11.intermediate.dense.weight": "blocks.11.mlp.fc1.weight",
      "encoder.layer.11.output.dense.bias": "blocks.11.mlp.fc2.bias",
      "layernorm.weight": "norm.weight",
      "decoder.mask_token": "mask_token",
      "decoder.decoder_pos_embed": "decoder_pos_embed",
      "decoder.decoder_embed.weight": "decoder_embed.weight",
      "decoder.decoder_layers.3.output.dense.weight": "decoder_blocks.3.mlp.fc2.weight",
      "decoder.decoder_norm.bias": "decoder_norm.bias",
      "decoder.decoder_pred.weight": "decoder_pred.weight",
    };
    for (const [theirs, name] of Object.entries(expected)) {
      assert.deepEqual(placementOf(theirs), { name }, theirs);
    }
    for (const [part, word] of ["query", "key", "value"].entries()) {
      assert.deepEqual(placementOf(`encoder.layer.2.attention.attention.${word}.bias`), {
        name: "blocks.2.attn.qkv.bias",
        part,
      });
    }
  });

  test("leaves names that only resemble other spellings", () => {
    for (const name of [
      "my_cross_attn_layer.weight",
      "cross_attn_layers.0.weight",
      "other_predictions.decoder.bias",
      "predictions.decoder.bias_scale",
      "blocks.0.attn.qkv.weight",
      "bert_encoder.model.bert.encoder.layer.0.output.dense.weight",
      "embeddings.mask_token",
    ]) {
      assert.deepEqual(placementOf(name), { name });
    }
  });
});

describe("changesEncoder()", () => {
  test("finds what another encoder has beside the parameters of ours, and nothing of other modules", () => {
    for (const name of [
      "blocks.0.ls1.gamma",
      "blocks.0.attn.q_norm.weight",
      "patch_embed.norm.weight",
      "dist_token",
      "reg_token",
      "norm_pre.weight",
      "encoder.layer.0.layer_scale1.lambda1",
    ]) {
      assert.ok(changesEncoder(name), name);
    }
    for (const name of [
      "blocks.3.attn.qkv.bias",
      "patch_embed.proj.weight",
      "embeddings.mask_token",
      "cls_token",
      "norm.weight",
      "head.weight",
      "decoder_blocks.0.norm1.weight",
      "bert_encoder.model.bert.embeddings.LayerNorm.weight",
    ]) {
      assert.ok(!changesEncoder(name), name);
    }
  });
});
