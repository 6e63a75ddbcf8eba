/**
 * @file A segmenter: lungs and hearts of synthetic films, outlined by a small decoder on a drawn encoder that stays as it was. The
 * command `finetune segment` as a function; sixty updates are enough to see the outlines become right.
 *
 * Run: node --import tsx examples/06-segment.ts
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finetuneSegmenter, resolveSegment, synthesizeDataset } from "../src/index.ts";

const folder = await mkdtemp(join(tmpdir(), "ecamp-example-"));
const data = join(folder, "phantoms");
const drawn = { count: 40, size: 64, seed: 1, anatomyMasks: "all" } as const;
await synthesizeDataset({ out: data, ...drawn, created: new Date() });

// Without run.weights an encoder of model.size is drawn; a run of pre-training, or a weight file, is what it takes instead.
const { config, origins } = await resolveSegment({
  set: [
    ...["model.size=demo", "model.imageSize=64", "model.decoderWidths=[64,32,16,8]"],
    ...['data.classes=["Lungs","Heart"]', "train.steps=60", "train.lr=3e-3", "train.warmupSteps=5"],
  ],
  flags: { "run.data": { flag: "the example", value: data } },
});
const run = await finetuneSegmenter({
  out: join(folder, "run"),
  config,
  configText: JSON.stringify(Object.fromEntries(origins)),
  resume: false,
  signal: new AbortController().signal,
  onEvent: (event) => {
    if (event.kind === "note") console.log(event.text);
    if (event.kind === "validation") console.log(event.report.step, event.report.losses);
  },
  clock: () => performance.now(),
  now: () => new Date(),
});

const { model, best } = run;
assert.ok((best?.value ?? 0) > 0.5, `Dice ${best?.value}`);
console.log("the best model:", model.slice(folder.length), "with a mean Dice of", best?.value);
await rm(folder, { recursive: true });
