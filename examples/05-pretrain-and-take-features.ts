/**
 * @file From pairs to features: a few updates of pre-training, and what the encoder then says of pictures. `loadEncoder` takes
 * published weight files (MAE, timm, Hugging Face; .pth or safetensors) just as it takes a run's folder.
 *
 * Run: node --import tsx examples/05-pretrain-and-take-features.ts
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encoderFeatures,
  loadEncoder,
  openDevice,
  pretrain,
  resolvePretrain,
  synthesizeDataset,
} from "../src/index.ts";

const folder = await mkdtemp(join(tmpdir(), "ecamp-example-"));
const data = join(folder, "phantoms");
await synthesizeDataset({ out: data, count: 16, size: 128, seed: 1, created: new Date() });

const { config, origins } = await resolvePretrain({
  recipe: "demo",
  set: ["train.batch=2", "model.depth=2", "model.decoderDepth=1"],
  flags: {
    "run.data": { flag: "the example", value: data },
    "run.tokenizer": { flag: "the example", value: join(data, "tokenizer.json") },
  },
});
const out = join(folder, "run");
await pretrain({
  ...{ out, config, configText: JSON.stringify(Object.fromEntries(origins)), resume: false },
  stopAfter: 3,
  signal: new AbortController().signal,
  onEvent: (event) => {
    if (event.kind === "update") console.log(event.report.step, event.report.losses);
  },
  clock: () => performance.now(),
  now: () => new Date(),
});

const encoder = await loadEncoder(out);
console.log(encoder.report);
const films = ["000000.jpg", "000001.jpg"].map((name) => join(data, "images", name));
const features = await encoderFeatures(encoder, { device: openDevice() })(films);
assert.deepEqual(features.shape, [2, config.model.dim]);
const [a, b] = [0, 1].map((row) => features.data.subarray(row * 128, (row + 1) * 128));
const dot = (x?: Float32Array, y?: Float32Array) =>
  x?.reduce((sum, value, i) => sum + value * (y?.[i] ?? 0), 0) ?? 0;
console.log("cosine of the two films:", dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
await rm(folder, { recursive: true });
