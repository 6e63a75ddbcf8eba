/**
 * @file A pre-training step: pairs a second, peak resident memory, and the share of the speed at which ONNX Runtime does the
 * model's own matrix products when it does nothing else, measured in the same process.
 *
 * Usage: node --import tsx bench/step.ts [--size base] [--batch 8] [--steps 5] [--vocab 30000] [--threads 2] [--rounds 3]
 * Synthetic input, dropout on, published losses, AdamW included. Prints JSON.
 */
import { parseArgs } from "node:util";
import { buildGraph } from "../src/engine/graph.ts";
import { optimizeForRuntime } from "../src/engine/passes/optimize.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import type { EcampConfig } from "../src/model/config.ts";
import { ecampFeeds, type HostBatch } from "../src/model/ecamp-feeds.ts";
import { keptPatches } from "../src/model/random-masking.ts";
import { SIZES } from "../src/recipes/sizes.ts";
import { pretrainObjective } from "../src/tasks/pretrain-objective.ts";
import { gradientNorm } from "../src/train/gradient-norm.ts";
import { initializeStore } from "../src/train/initialize-store.ts";
import { adamw } from "../src/train/optimizers/adamw.ts";
import { OptimizerProgram } from "../src/train/optimizers/optimizer.ts";
import { decayByRank } from "../src/train/parameter-groups.ts";
import { ParameterStore } from "../src/train/parameter-store.ts";
import { StepProgram, type TracedObjective } from "../src/train/step-program.ts";
import { fillBernoulliMask } from "../src/util/bernoulli-mask.ts";
import { type NdArray, sizeOf } from "../src/util/nd-array.ts";
import { fillUniform, RandomStream } from "../src/util/random.ts";
import { productsOf, timeProduct } from "./support/products.ts";
import { environment, spread } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "base" },
    batch: { type: "string", default: "8" },
    steps: { type: "string", default: "5" },
    vocab: { type: "string", default: "30000" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
  },
});
const [batch, steps, vocab] = [Number(values.batch), Number(values.steps), Number(values.vocab)];
const device = openDevice({ threads: Number(values.threads) });
const size = Object.entries(SIZES).find(([name]) => name === values.size)?.[1];
if (size === undefined) throw new RangeError(`Cannot run the benchmark: no size "${values.size}"`);
const config: EcampConfig = {
  ...size,
  vocab,
  positions: size.tokens,
  mean: 0.4721,
  std: 0.3037,
  positionExponent: "k/(2d)",
  finalRelu: true,
  tiedDecoder: false,
};
const kept = keptPatches(196, 0.75);

const started = performance.now();
const traced = pretrainObjective(config, { batch, tokens: size.tokens, kept });
const parameters = [...traced.trained, ...traced.fixed];
const optimizer = adamw({ beta1: 0.9, beta2: 0.95, eps: 1e-8 });
const store = new ParameterStore({ ...traced, rules: decayByRank(0.05), slots: optimizer.slots });
initializeStore(store, parameters, 1);
const program = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
const updates = await OptimizerProgram.compile(optimizer, store, device);
const startMs = performance.now() - started;
const { feeds } = ecampFeeds(syntheticBatch(), { config, kept, window: 12 });
const masks = drawMasks(traced);

const times = { step: [] as number[], gradients: [] as number[], optimizer: [] as number[] };
for (let step = 0; step <= steps; step++) {
  const start = performance.now();
  await program.run(new Map([...feeds, ...masks]), { micro: 0 });
  const differentiated = performance.now();
  gradientNorm(store);
  await updates.update({ step: step + 1, lr: 1e-4, gradientScale: 1 });
  const end = performance.now();
  if (step === 0) continue; // the first step touches every buffer for the first time
  times.step.push(end - start);
  times.gradients.push(differentiated - start);
  times.optimizer.push(end - differentiated);
}
const peakGiB = process.resourceUsage().maxRSS / 2 ** 20;
const products = productsOf(optimizeForRuntime(buildGraph(outputsOf(traced))));
let productMs = 0;
for (const product of products)
  productMs += product.count * (await timeProduct(product, device, Number(values.rounds)));
const flop = products.reduce((sum, each) => sum + each.count * each.flop, 0);
const stepMs = spread(times.step);
const gradientMs = spread(times.gradients);
console.log(
  JSON.stringify(
    {
      bench: "step",
      unit: "one update of the whole model, forward + backward + AdamW, one micro-batch",
      size: values.size,
      batch,
      tokens: size.tokens,
      parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      stepMs,
      gradientMs,
      optimizerMs: spread(times.optimizer),
      pairsPerSecond: Number(((batch * 1000) / stepMs.median).toFixed(3)),
      startToCompiledMs: Math.round(startMs),
      peakResidentGiB: Number(peakGiB.toFixed(2)),
      peakResidentGB: Number((peakGiB * 1.073741824).toFixed(2)),
      products: {
        formula: "2·b·M·N·K a product, 2·B·O·H·W·I·h·w a convolution, forward and backward",
        gigaFlopPerStep: Number((flop / 1e9).toFixed(1)),
        aloneMs: Math.round(productMs),
        aloneGflops: Math.round(flop / 1e6 / productMs),
        inStepGflops: Math.round(flop / 1e6 / gradientMs.median),
        shareOfAlone: Number((productMs / gradientMs.median).toFixed(3)),
        shareOfAloneWithOptimizer: Number((productMs / stepMs.median).toFixed(3)),
      },
      environment: environment(),
    },
    null,
    2,
  ),
);

function outputsOf({
  objective,
  gradients,
}: TracedObjective): ReadonlyMap<string, (typeof objective)["loss"]> {
  return new Map([...Object.entries(objective.parts), ...gradients]);
}

function drawMasks({ masks: declared }: TracedObjective): ReadonlyMap<string, NdArray> {
  return new Map(
    declared.map(({ name, shape, keep }) => {
      const data = new Uint8Array(sizeOf(shape));
      fillBernoulliMask(data, { key: { seed: 1, name }, keep });
      return [name, { dtype: "bool", shape, data }];
    }),
  );
}

function syntheticBatch(): HostBatch {
  const { bigImageSize: side } = config;
  const tokens = config.positions;
  const stream = new RandomStream({ seed: 1, name: "bench/step" });
  const words = (): NdArray<"i64"> => ({
    dtype: "i64",
    shape: [batch, tokens],
    data: BigInt64Array.from({ length: batch * tokens }, () => BigInt(stream.integer(vocab))),
  });
  const noise = new Float32Array(batch * 196);
  fillUniform(noise, { seed: 1, name: "patches" });
  const ones = (): NdArray<"f32"> => ({
    dtype: "f32",
    shape: [batch, tokens],
    data: new Float32Array(batch * tokens).fill(1),
  });
  return {
    image: {
      dtype: "u8",
      shape: [batch, side, side],
      data: Uint8Array.from({ length: batch * side * side }, () => stream.integer(256)),
    },
    ids: words(),
    labels: words(),
    attentionMask: ones(),
    tokenWeights: ones(),
    windowTop: new Array<number>(batch).fill(1),
    windowLeft: new Array<number>(batch).fill(1),
    noise: { dtype: "f32", shape: [batch, 196], data: noise },
  };
}
