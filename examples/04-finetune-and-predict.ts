/**
 * @file A classifier from labelled pictures to predictions: the commands `data synth`, `finetune classify` and `predict` as
 * functions. Twenty steps of a small drawn encoder learn next to nothing; what counts is the way.
 *
 * Run: node --import tsx examples/04-finetune-and-predict.ts
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  finetuneClassifier,
  openClassifier,
  openDevice,
  predict,
  resolveClassify,
  synthesizeDataset,
} from "../src/index.ts";

const folder = await mkdtemp(join(tmpdir(), "ecamp-example-"));
const data = join(folder, "phantoms");
await synthesizeDataset({ out: data, count: 60, size: 64, seed: 1, created: new Date() });

// Values come from the defaults and the recipe; everything can be set, and all of it stands in the run's config.json.
const { config, origins } = await resolveClassify({
  recipe: "finetune",
  set: ["model.size=demo", "model.imageSize=64", "train.steps=20", "train.warmupSteps=2"],
  flags: { "run.data": { flag: "the example", value: data } },
});
const run = await finetuneClassifier({
  out: join(folder, "run"),
  config,
  configText: JSON.stringify(Object.fromEntries(origins)),
  resume: false,
  signal: new AbortController().signal,
  onEvent: (event) => {
    if (event.kind === "validation") console.log(event.report.step, event.report.losses);
  },
  clock: () => performance.now(),
  now: () => new Date(),
});
assert.equal(run.step, 20);

// The file alone says what the model is: classes, sizes, normalisation.
const classifier = await openClassifier(run.model);
const films = ["000000.jpg", "000001.jpg"].map((name) => join(data, "images", name));
for await (const prediction of predict(classifier, films, { device: openDevice({}) })) {
  assert.ok("probabilities" in prediction);
  console.log(prediction.file.slice(folder.length), prediction.probabilities);
}
await rm(folder, { recursive: true });
