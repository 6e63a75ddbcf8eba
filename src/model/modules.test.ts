import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { declareEcampParameters } from "./declare-parameters.ts";
import { MODULES, moduleOf } from "./modules.ts";

describe("moduleOf()", () => {
  test("knows every parameter of the model, and every module has some", () => {
    const found = new Set([...declareEcampParameters(NANO).keys()].map(moduleOf));
    assert.deepEqual([...found].toSorted(), [...MODULES].toSorted());
  });

  test("tells the modules apart where names are alike", () => {
    const cases = {
      pos_embed: "image encoder",
      decoder_pos_embed: "pixel decoder",
      "norm.weight": "image encoder",
      "decoder_norm.weight": "pixel decoder",
      "blocks.0.norm1.bias": "image encoder",
      "decoder_blocks.0.norm1.bias": "pixel decoder",
      mask_token: "pixel decoder",
      "super_res.conv1.weight": "super-resolution",
      "bert_mlp.weight": "report decoder",
      "bert_encoder.model.bert.context_fusion_layer.gap_mlp.bias": "report decoder",
      "bert_encoder.model.cls.predictions.bias": "word head",
    } as const;
    for (const [name, module] of Object.entries(cases)) assert.equal(moduleOf(name), module, name);
  });

  test("refuses a name that the model does not have", () => {
    for (const name of ["head.weight", "bert_encoder.model.pooler", "", "constructor.name"]) {
      assert.throws(() => moduleOf(name), {
        name: "RangeError",
        message: /^Cannot tell the module of parameter/,
      });
    }
  });
});
