import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeLabelledSet } from "../../../test/labelled-set.ts";
import { openDataset } from "../../data/dataset.ts";
import { input } from "../../engine/tensor.ts";
import { type ClassifierConfig, classifier } from "../../model/heads/classifier.ts";
import { initialValues, normal } from "../../nn/initializers.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { writeSafetensors } from "../../weights/safetensors.ts";
import { describeModel, parseModel } from "../finetune/model-description.ts";
import { CLASSIFIER_FORMAT } from "./classifier-description.ts";
import { openClassifier } from "./open-classifier.ts";
import { type FilePrediction, predict } from "./predict.ts";
import { type PredictSplitOptions, predictSplit } from "./predict-split.ts";

const DEVICE = { provider: "cpu", threads: 1 };
const CLASSES = ["Upper", "Coin"];
const CONFIG: ClassifierConfig = {
  ...{ imageSize: 8, patch: 4, dim: 16, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", classes: 2 },
};
const root = await mkdtemp(join(tmpdir(), "predict-"));
after(() => rm(root, { recursive: true, force: true }));

let data = "";
const model = join(root, "model.safetensors");
before(async () => {
  data = await writeLabelledSet({
    ...{ folder: join(root, "set"), count: 21, side: 8 },
    describe: ({ upper, coin }) => ({ labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 } }),
  });
  const trace = new Trace();
  classifier(new Scope(trace), input("image", "f32", [1, 3, 8, 8]), { ...CONFIG, dropPath: 0 });
  const drawn = [...trace.parameters.values()].map((parameter) => {
    // A head that starts near zero says the same of every picture.
    const initializer =
      parameter.name === "head.weight" ? normal({ std: 1 }) : parameter.initializer;
    return [parameter.name, initialValues({ ...parameter, initializer, seed: 2 })] as const;
  });
  const metadata = describeModel(CLASSIFIER_FORMAT, {
    ...{ config: CONFIG, task: "multi-label", classes: CLASSES, shorterSide: 8, leaks: false },
    ...{ normalization: { mean: 0.5, std: 0.25 }, sixteenBit: "range" },
  });
  await writeSafetensors(model, drawn, { metadata });
});

async function predictAll(files: readonly string[], batch?: number) {
  const predictions: FilePrediction[] = [];
  const options = { device: DEVICE, ...(batch !== undefined && { batch }) };
  for await (const one of predict(await openClassifier(model), files, options)) {
    predictions.push(one);
  }
  return predictions;
}

describe("predict()", () => {
  test("says of files what it says of the same records of a dataset, in batches of any size", async () => {
    const dataset = await openDataset(data);
    const predictions = await predictSplit(await openClassifier(model), dataset, {
      ...{ split: "train", uncertain: "ignore", device: DEVICE, batch: 4, workers: 0 },
      ...{ onBadRecord: "error", onSkipped: () => undefined },
    });
    assert.ok(predictions !== undefined);
    const { ids, scores } = predictions;
    assert.equal(ids.length, 10);
    assert.ok(new Set(scores).size > 10, "the classifier says the same of every picture");
    const files = ids.map((id) => join(data, `${id.slice(1)}.png`));
    for (const batch of [undefined, 1, 3]) {
      const answers = await predictAll(files, batch);
      assert.deepEqual(
        answers.map(({ file }) => file),
        files,
      );
      for (const [i, answer] of answers.entries()) {
        assert.ok("probabilities" in answer);
        for (const [k, name] of CLASSES.entries()) {
          const difference = (answer.probabilities[name] ?? 9) - (scores[2 * i + k] ?? 0);
          assert.ok(Math.abs(difference) < 1e-6, `${name} of ${answer.file}: ${difference}`);
        }
      }
    }
  });

  test("reads 16-bit pictures by the bit depth that the classifier's dataset stated", async () => {
    const deep = fileURLToPath(
      new URL("../../../test/fixtures/image-transforms/gray16.png", import.meta.url),
    );
    const opened = await openClassifier(model);
    const answer = async (bitDepth: number) => {
      const found: FilePrediction[] = [];
      for await (const one of predict({ ...opened, bitDepth }, [deep], { device: DEVICE })) {
        found.push(one);
      }
      return found[0];
    };
    const whole = await answer(16);
    assert.ok(whole !== undefined && "probabilities" in whole);
    const shallow = await answer(12);
    assert.match(
      shallow !== undefined && "error" in shallow ? shallow.error : "",
      /states 12 bits/,
    );
    const description = { ...opened, bitDepth: 12 };
    assert.equal(
      parseModel(CLASSIFIER_FORMAT, "a file", describeModel(CLASSIFIER_FORMAT, description))
        .bitDepth,
      12,
    );
  });

  test("says why a file cannot be read, and goes on", async () => {
    const text = join(root, "text.png");
    await writeFile(text, "not a picture");
    const [broken, absent, fine] = await predictAll([
      text,
      join(root, "no.png"),
      join(data, "0.png"),
    ]);
    assert.match(broken !== undefined && "error" in broken ? broken.error : "", /found text/);
    assert.match(absent !== undefined && "error" in absent ? absent.error : "", /no\.png/);
    assert.ok(fine !== undefined && "probabilities" in fine);
  });
});

describe("predictSplit()", () => {
  test("has no answer where a split has no records, and refuses another dataset's classes", async () => {
    const other = await writeLabelledSet({
      ...{ folder: join(root, "other"), count: 3, side: 8, classes: ["Upper", "Else"] },
      describe: () => ({ split: "train" }),
    });
    const options: Omit<PredictSplitOptions, "split"> = {
      ...{ uncertain: "ignore", device: DEVICE, batch: 4, workers: 0, onBadRecord: "error" },
      onSkipped: () => undefined,
    };
    const opened = await openClassifier(model);
    await assert.rejects(
      predictSplit(opened, await openDataset(other), { ...options, split: "train" }),
      /1 of the classifier's 2 classes \(Coin\) are not among those of the dataset \(Upper, Else\)/,
    );
    const trainOnly = await writeLabelledSet({
      ...{ folder: join(root, "train only"), count: 3, side: 8 },
      describe: () => ({ split: "train" }),
    });
    const none = await predictSplit(opened, await openDataset(trainOnly), {
      ...options,
      split: "test",
    });
    assert.equal(none, undefined);
  });
});

test("predictSplit() says that it is the classifier which does not know a record's class", async () => {
  const more = await writeLabelledSet({
    ...{ folder: join(root, "more"), count: 3, side: 8, classes: [...CLASSES, "Third"] },
    describe: () => ({ split: "train", class: "Third" }),
  });
  await assert.rejects(
    predictSplit(await openClassifier(model), await openDataset(more), {
      ...{ split: "train", uncertain: "ignore", device: DEVICE, batch: 4, workers: 0 },
      ...{ onBadRecord: "error", onSkipped: () => undefined },
    }),
    /record "r0": its class is "Third", expected one of the 2 that the classifier ".*" names \(Upper, Coin\)/,
  );
});

describe("openClassifier()", () => {
  test("refuses files that hold something else", async () => {
    const other = join(root, "other.safetensors");
    await writeSafetensors(other, [], { metadata: { format: "ecamp-pretrain-1" } });
    await assert.rejects(
      openClassifier(other),
      /says "ecamp-pretrain-1", expected "ecamp-classifier-1"/,
    );
    await writeSafetensors(other, [], {
      metadata: { format: "ecamp-classifier-1", classifier: "{}" },
    });
    await assert.rejects(
      openClassifier(other),
      /"classifier\.\w+" of its header is not understood/,
    );
    await assert.rejects(openClassifier(join(root, "absent")), /Cannot open the classifier/);
  });
});
