import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { synthesizeDataset } from "../data/phantom/synthesize-dataset.ts";
import { DEFAULT_FIDELITY, DEFAULTS } from "../recipes/defaults.ts";
import { fidelityColumn } from "../recipes/fidelity.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { initializeStore } from "../train/initialize-store.ts";
import { adamw } from "../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../train/optimizers/optimizer.ts";
import { hostFeeds } from "./pretrain-batches.ts";
import { openInputs } from "./pretrain-inputs.ts";
import { prepareModel } from "./pretrain-model.ts";

const STEPS = 600;
const PAIRS = 8;
const LEARNT = 0.1;
const NAMES = ["mim", "res", "mlm"] as const;
const DEVICE = { provider: "cpu", threads: 2 } as const;

const root = await mkdtemp(join(tmpdir(), "overfit-"));
after(() => rm(root, { recursive: true, force: true }));

/** A model that is small enough to be quick, and large enough to know eight films by heart. */
function configOf(data: string): PretrainConfig {
  return {
    run: { ...DEFAULTS.run, data, tokenizer: join(data, "tokenizer.json") },
    model: {
      ...DEFAULTS.model,
      ...{ imageSize: 56, bigImageSize: 112, patch: 4, dim: 64, depth: 2, heads: 2 },
      ...{ decoderDim: 64, decoderDepth: 2, decoderHeads: 2 },
      ...{ bertDim: 64, bertDepth: 1, bertHeads: 2, bertMlpDim: 128, tokens: 96 },
      ...{ dropout: 0, attentionDropout: 0 },
    },
    train: { ...DEFAULTS.train, batch: PAIRS, accumulate: 1, weightDecay: 0, validateEpochs: 0 },
    data: { ...DEFAULTS.data, workers: 0 },
    loss: DEFAULTS.loss,
    fidelity: fidelityColumn(DEFAULT_FIDELITY),
  };
}

test("the default method learns eight pairs by heart: every loss falls below a tenth", async () => {
  const data = join(root, "data");
  await synthesizeDataset({ out: data, count: 13, size: 128, seed: 5, format: "png" });
  const config = configOf(data);
  await using inputs = await openInputs(config, { note: () => undefined });
  assert.ok(inputs.index.size >= PAIRS);
  await using model = prepareModel(config, inputs, { ...DEVICE, clock: () => 0 });
  const { store, steps, parameters, feed, full } = model;
  initializeStore(store, parameters, 1);
  await using optimizer = await OptimizerProgram.compile(adamw(config.train), store, DEVICE);
  // One batch, made once: its crops and masks are the same at every step.
  const { loader, method } = inputs;
  const first = await loader.batches({ until: 1 }).next();
  assert.ok(first.done !== true);
  const { words } = method;
  const { feeds, variant } = hostFeeds(first.value, { seed: 1, feed, full, words });
  const before = await steps.run(feeds, { variant, micro: 0 });
  let last = before;
  const isLearnt = (name: string): boolean =>
    (last[name] ?? Number.NaN) < LEARNT * (before[name] ?? 0);
  for (let step = 1; step <= STEPS && !NAMES.every(isLearnt); step++) {
    const lr = 2e-3 * Math.min(1, step / 30) * (0.5 + 0.5 * Math.cos((Math.PI * step) / STEPS));
    await optimizer.update({ step, lr, gradientScale: 1 });
    last = await steps.run(feeds, { variant, micro: 0 });
  }
  for (const name of NAMES) {
    assert.ok(isLearnt(name), `${name} fell from ${before[name]} to ${last[name]}`);
  }
});
