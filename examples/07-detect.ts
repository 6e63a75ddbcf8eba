/**
 * @file A detector: large hearts, fluid, air and nodules of synthetic films, found by a narrow YOLOv3 neck on a drawn encoder. The command
 * `finetune detect` as a function. A few updates find next to nothing; what counts is the way.
 *
 * Run: node --import tsx examples/07-detect.ts
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finetuneDetector, resolveDetect, synthesizeDataset } from "../src/index.ts";

const folder = await mkdtemp(join(tmpdir(), "ecamp-example-"));
const data = join(folder, "phantoms");
await synthesizeDataset({ out: data, count: 60, size: 64, seed: 1, created: new Date() });

// The published neck has 24 million numbers, for a thousand films and more; these channels make one of half a million.
const { config, origins } = await resolveDetect({
  set: [
    ...["model.size=demo", "model.imageSize=64", "model.channels=[256,128,64]"],
    ...["model.anchors=fit", "train.steps=30", "train.lr=3e-3", "train.warmupSteps=3"],
  ],
  flags: { "run.data": { flag: "the example", value: data } },
});
const losses: number[] = [];
const run = await finetuneDetector({
  out: join(folder, "run"),
  config,
  configText: JSON.stringify(Object.fromEntries(origins)),
  resume: false,
  signal: new AbortController().signal,
  onEvent: (event) => {
    if (event.kind === "note") console.log(event.text);
    if (event.kind === "update") losses.push(event.report.losses["loss"] ?? Number.NaN);
    if (event.kind === "validation") console.log(event.report.step, event.report.losses);
  },
  clock: () => performance.now(),
  now: () => new Date(),
});

const [first = 0, last = Number.NaN] = [losses[0], losses.at(-1)];
assert.ok(last < first / 2, `the loss went from ${first} to ${last}`);
console.log(
  "the best model:",
  run.model.slice(folder.length),
  "by mean average precision:",
  run.best?.value,
);
await rm(folder, { recursive: true });
