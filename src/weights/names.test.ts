import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parameterName } from "./names.ts";

describe("parameterName()", () => {
  test("maps the released file's name of the fusion layer", () => {
    assert.equal(
      parameterName("bert_encoder.model.bert.cross_attn_layer.attention.self.key.bias"),
      "bert_encoder.model.bert.context_fusion_layer.attention.self.key.bias",
    );
  });

  test("gives the vocabulary bias one name, and leaves the vocabulary weight alone", () => {
    assert.equal(
      parameterName("bert_encoder.model.cls.predictions.decoder.bias"),
      "bert_encoder.model.cls.predictions.bias",
    );
    const weight = "bert_encoder.model.cls.predictions.decoder.weight";
    assert.equal(parameterName(weight), weight);
  });

  test("leaves names that only resemble other spellings", () => {
    for (const name of [
      "my_cross_attn_layer.weight",
      "cross_attn_layers.0.weight",
      "other_predictions.decoder.bias",
      "predictions.decoder.bias_scale",
      "blocks.0.attn.qkv.weight",
    ]) {
      assert.equal(parameterName(name), name);
    }
  });
});
