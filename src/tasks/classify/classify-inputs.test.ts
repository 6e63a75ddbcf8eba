import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ClassifyChanges, TinyClassifier } from "../../../test/tiny-classifier.ts";
import { decodeImage } from "../../image/decode.ts";
import { evaluationView } from "../../image/evaluation-view.ts";
import { ConfigError } from "../../util/errors.ts";
import { openClassifyInputs, shorterSideOf } from "./classify-inputs.ts";
import { openClassifier } from "./open-classifier.ts";

let tiny: TinyClassifier;
let plain = "";
before(async () => {
  tiny = await TinyClassifier.create();
  plain = await tiny.dataset("plain", { side: 20 });
});
after(() => tiny[Symbol.asyncDispose]());

async function normalizationOf(data: string, model: ClassifyChanges["model"] = {}) {
  await using inputs = await openClassifyInputs(tiny.config(data, { model }), { note: () => {} });
  return inputs.normalization;
}

describe("model.normalization, model.mean and model.std", () => {
  const described = { mean: 0.3, std: 0.2 };

  test("are those of the weights, unless the dataset's are asked for", async () => {
    const data = await tiny.dataset("described", { manifest: { normalization: described } });
    assert.deepEqual(await normalizationOf(data), { mean: 0.5, std: 0.25 });
    assert.deepEqual(await normalizationOf(data, { normalization: "dataset" }), described);
    await assert.rejects(normalizationOf(plain, { normalization: "dataset" }), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /the dataset.json of ".*plain" has no "normalization"/);
      return true;
    });
  });

  test("are what is given, both or neither, and go into the model's file", async () => {
    const given = { mean: 0.4, std: 0.1 };
    assert.deepEqual(await normalizationOf(plain, given), given);
    for (const one of [{ mean: 0.4 }, { std: 0.1 }]) {
      await assert.rejects(normalizationOf(plain, one), /give both, or neither/);
    }
    const config = tiny.config(plain, { model: given, train: { steps: 1 } });
    const { model } = await tiny.run(config, "given");
    assert.deepEqual((await openClassifier(model)).normalization, given);
  });
});

describe("data.cropPart", () => {
  test("is the part of the shorter side that is left of a picture outside training", async () => {
    assert.deepEqual(
      [1, 0.875, 0.5].map((part) => shorterSideOf(224, part)),
      [224, 256, 448],
    );
    const config = tiny.config(plain, { data: { cropPart: 0.5 }, train: { steps: 1 } });
    await using inputs = await openClassifyInputs(config, { note: () => {} });
    const seen: number[][] = [];
    for await (const { arrays } of inputs.train.whole.batches({ from: 0, until: 1 })) {
      for (let row = 0; row < 2; row++) {
        seen.push([...arrays.image.data.subarray(row * 64, (row + 1) * 64)].map(Number));
      }
    }
    const expected = await Promise.all(
      ["2.png", "3.png"].map(async (name) => [
        ...evaluationView(await decodeImage(join(plain, name)), { size: 8, shorterSide: 16 }).data,
      ]),
    );
    assert.deepEqual(seen, expected);
    const whole = evaluationView(await decodeImage(join(plain, "2.png")), { size: 8 });
    assert.notDeepEqual(seen[0], [...whole.data]);
    const { model } = await tiny.run(config, "half");
    assert.equal((await openClassifier(model)).shorterSide, 16);
  });
});
