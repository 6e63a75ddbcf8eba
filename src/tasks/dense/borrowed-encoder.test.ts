import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeDenseSet } from "../../../test/dense-set.ts";
import {
  FinetuneRuns,
  SMALL_ENCODER,
  tensorsOf,
  writeSmallEncoder,
} from "../../../test/finetune-runs.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS } from "../../recipes/classify-recipes.ts";
import type { DetectConfig } from "../../recipes/detect-config.ts";
import { DETECT_DEFAULTS } from "../../recipes/detect-recipes.ts";
import { classifyColumn, detectColumn, segmentColumn } from "../../recipes/fidelity.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import { SEGMENT_DEFAULTS } from "../../recipes/segment-recipes.ts";
import { finetuneClassifier } from "../classify/finetune.ts";
import { finetuneDetector } from "../detect/finetune.ts";
import { finetuneSegmenter } from "../segment/finetune.ts";

const SIDE = SMALL_ENCODER.imageSize;
const FEW = { batch: 4, steps: 2, warmupSteps: 0, lr: 1e-3 };
const [classifiers, segmenters, detectors] = [
  await FinetuneRuns.open<ClassifyConfig>(finetuneClassifier),
  await FinetuneRuns.open<SegmentConfig>(finetuneSegmenter),
  await FinetuneRuns.open<DetectConfig>(finetuneDetector),
];
after(async () => {
  for (const runs of [classifiers, segmenters, detectors]) await runs[Symbol.asyncDispose]();
});

let data = "";
let pretrained = "";
before(async () => {
  pretrained = await writeSmallEncoder(join(segmenters.root, "encoder.safetensors"));
  data = await writeDenseSet({
    ...{ folder: join(segmenters.root, "data"), count: 24, width: SIDE, height: SIDE },
    describe: ({ i, box, mask }) => ({
      ...{ boxes: [box], masks: { Block: mask }, labels: { Block: 1, Ghost: i % 3 === 0 ? 1 : 0 } },
    }),
  });
});

/** Trains a model of each kind; the encoder too, or not. Gives its folder, file and notes. */
const TASKS = {
  classifier: (weights: string, trains: boolean) =>
    classifiers.run({
      run: { ...CLASSIFY_DEFAULTS.run, data, weights },
      model: CLASSIFY_DEFAULTS.model,
      train: {
        ...{ ...CLASSIFY_DEFAULTS.train, ...FEW, layerDecay: 1 },
        ...(!trains && { mode: "probe" as const, optimizer: "adamw" as const }),
      },
      data: { ...CLASSIFY_DEFAULTS.data, workers: 0 },
      fidelity: classifyColumn("corrected"),
    }),
  segmenter: (weights: string, trains: boolean) =>
    segmenters.run({
      run: { ...SEGMENT_DEFAULTS.run, data, weights },
      model: { ...SEGMENT_DEFAULTS.model, decoderWidths: [16, 8] },
      train: { ...SEGMENT_DEFAULTS.train, ...FEW, trainEncoder: trains },
      data: { ...SEGMENT_DEFAULTS.data, workers: 0 },
      fidelity: segmentColumn("corrected"),
    }),
  detector: (weights: string, trains: boolean) =>
    detectors.run({
      run: { ...DETECT_DEFAULTS.run, data, weights },
      model: { ...DETECT_DEFAULTS.model, channels: [64, 32, 16] },
      train: { ...DETECT_DEFAULTS.train, ...FEW, trainEncoder: trains },
      data: { ...DETECT_DEFAULTS.data, workers: 0 },
      fidelity: detectColumn("corrected"),
    }),
};

/** Where each kind of model has its encoder. */
const PREFIXES = { classifier: "", segmenter: "encoder.", detector: "backbone.encoder." };
type Kind = keyof typeof PREFIXES;

/** The encoder in a model's file, without its final norm, by pre-training's names. */
async function encoderIn(file: string, prefix: string) {
  const own = /^(?:cls_token|pos_embed|patch_embed\.proj\.\w+|blocks\..*)$/;
  return new Map(
    [...(await tensorsOf(file))]
      .map(([name, { data: values }]) => [name.slice(prefix.length), values] as const)
      .filter(([name]) => own.test(name)),
  );
}

describe("an encoder that a run of another kind has trained", () => {
  const pairs: readonly (readonly [Kind, Kind])[] = [
    ["segmenter", "segmenter"],
    ["segmenter", "detector"],
    ["detector", "segmenter"],
    ["detector", "detector"],
    ["classifier", "segmenter"],
    ["classifier", "detector"],
  ];
  const trained = new Map<Kind, Awaited<ReturnType<(typeof TASKS)[Kind]>>>();
  for (const [from, to] of pairs) {
    test(`comes from a ${from}'s run into a ${to}, every value of it`, async () => {
      const lender = trained.get(from) ?? (await TASKS[from](pretrained, true));
      trained.set(from, lender);
      const { model, notes } = await TASKS[to](lender.out, false);
      const lent = await encoderIn(lender.model, PREFIXES[from]);
      const taken = await encoderIn(model, PREFIXES[to]);
      assert.equal(lent.size, 28);
      assert.deepEqual(taken, lent);
      assert.notDeepEqual(lent, await encoderIn(pretrained, ""));
      const line = notes.find((note) => note.includes(": 28 loaded")) ?? notes.join("\n");
      assert.match(line, /^".*model\.safetensors": 28 loaded$/);
    });
  }

  test("goes into a classifier, but not into a linear probe: decoders have no final norm", async () => {
    const lender = await TASKS.segmenter(pretrained, true);
    const { finished } = await TASKS.classifier(lender.out, true);
    assert.equal(finished, true);
    await assert.rejects(
      TASKS.classifier(lender.out, false),
      /Cannot probe ".*model\.safetensors": it holds no final norm/,
    );
  });
});
