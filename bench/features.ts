/**
 * @file Features of a frozen encoder, images a second, against the speed at which ONNX Runtime does the same matrix products when
 * it does nothing else, measured in the same process; and how long a linear head then trains on them.
 *
 * Usage: node --import tsx bench/features.ts [--size base] [--batch 8] [--batches 5] [--records 1000] [--steps 1000] [--threads 2]
 * Random pictures and parameters; decoding is not part of it (see bench/images.ts). Prints JSON.
 */
import { parseArgs } from "node:util";
import { buildGraph } from "../src/engine/graph.ts";
import { optimizeForRuntime } from "../src/engine/passes/optimize.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import { input } from "../src/engine/tensor.ts";
import { normalizeGrey, repeatChannels } from "../src/model/grey-image.ts";
import { classifierFeatures, classifierHead } from "../src/model/heads/classifier.ts";
import { initialValues } from "../src/nn/initializers.ts";
import { Scope, Trace } from "../src/nn/scope.ts";
import { SIZES } from "../src/recipes/sizes.ts";
import { ClassifierForward } from "../src/tasks/classify/classifier-forward.ts";
import { labelFeeds, labelledLoss } from "../src/tasks/classify/labelled-loss.ts";
import { initializeStore } from "../src/train/initialize-store.ts";
import { adamw } from "../src/train/optimizers/adamw.ts";
import { OptimizerProgram } from "../src/train/optimizers/optimizer.ts";
import { decayByRank } from "../src/train/parameter-groups.ts";
import { ParameterStore } from "../src/train/parameter-store.ts";
import { StepProgram, traceObjective } from "../src/train/step-program.ts";
import { type NdArray, ndArray, zeros } from "../src/util/nd-array.ts";
import { fillUniform, RandomStream } from "../src/util/random.ts";
import { productsOf, timeProduct } from "./support/products.ts";
import { environment, spread } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "base" },
    batch: { type: "string", default: "8" },
    batches: { type: "string", default: "5" },
    records: { type: "string", default: "1000" },
    steps: { type: "string", default: "1000" },
    threads: { type: "string", default: "2" },
  },
});
const [batch, batches] = [Number(values.batch), Number(values.batches)];
const size = Object.entries(SIZES).find(([name]) => name === values.size)?.[1];
if (size === undefined) throw new RangeError(`Cannot run the benchmark: no size "${values.size}"`);
const device = openDevice({ threads: Number(values.threads) });
const CLASSES = 14;
const HEAD_BATCH = 32;
const config = { ...size, positionExponent: "k/(d/2)", classes: CLASSES } as const;
const normalization = { mean: 0.4721, std: 0.3037 };

/** The graph of the features, for its parameters and its products. */
const trace = new Trace();
const grey = input("image", "u8", [batch, size.imageSize, size.imageSize]);
const features = classifierFeatures(
  new Scope(trace),
  repeatChannels(normalizeGrey(grey, normalization)),
  { ...config, dropPath: 0 },
);
classifierHead(new Scope(trace), features, CLASSES);
const parameters = new Map<string, NdArray>(
  [...trace.parameters.values()].map((parameter) => [
    parameter.name,
    initialValues({ ...parameter, seed: 1 }),
  ]),
);

await using forward = new ClassifierForward({ config, normalization, device });
const image = zeros("u8", [batch, size.imageSize, size.imageSize]);
image.data.set(
  new RandomStream({ seed: 1, name: "pictures" })
    .words(image.data.length)
    .map((word) => word & 255),
);
const times: number[] = [];
for (let i = 0; i <= batches; i++) {
  const start = performance.now();
  await forward.run(image, parameters);
  if (i > 0) times.push(performance.now() - start); // the first compiles
}
const products = productsOf(optimizeForRuntime(buildGraph({ features })));
let productMs = 0;
for (const product of products)
  productMs += product.count * (await timeProduct(product, device, 3));
const flop = products.reduce((sum, each) => sum + each.count * each.flop, 0);
const batchMs = spread(times);
console.log(
  JSON.stringify(
    {
      bench: "features",
      unit: "one forward pass of a batch, from grey levels to features",
      ...{ size: values.size, batch, batchMs },
      imagesPerSecond: Number(((batch * 1000) / batchMs.median).toFixed(2)),
      products: {
        gigaFlopPerImage: Number((flop / 1e9 / batch).toFixed(1)),
        aloneGflops: Math.round(flop / 1e6 / productMs),
        inPassGflops: Math.round(flop / 1e6 / batchMs.median),
        shareOfAlone: Number((productMs / batchMs.median).toFixed(3)),
      },
      head: await timeHead(Number(values.records), Number(values.steps)),
      environment: environment(),
    },
    null,
    2,
  ),
);

/** Trains a head on random features, as the probe recipe does. */
async function timeHead(records: number, steps: number) {
  const { dim } = config;
  const traced = traceObjective((scope) => {
    const logits = classifierHead(scope, input("features", "f32", [HEAD_BATCH, dim]), CLASSES);
    const loss = labelledLoss(logits, { task: "multi-label" });
    return { loss, parts: { loss } };
  });
  const optimizer = adamw({ beta1: 0.9, beta2: 0.999, eps: 1e-8 });
  const store = new ParameterStore({ ...traced, rules: decayByRank(0.01), slots: optimizer.slots });
  initializeStore(store, traced.trained, 1);
  const start = performance.now();
  await using step = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  await using updates = await OptimizerProgram.compile(optimizer, store, device);
  const all = new Float32Array(records * dim);
  fillUniform(all, { seed: 1, name: "features" });
  for (let k = 0; k < steps; k++) {
    const first = (k * HEAD_BATCH) % (records - HEAD_BATCH);
    const rows = all.subarray(first * dim, (first + HEAD_BATCH) * dim);
    const labels = ndArray(
      "i32",
      [HEAD_BATCH, CLASSES],
      Array.from({ length: HEAD_BATCH * CLASSES }, (_, i) => (i * (first + 7)) % 2),
    );
    const feeds = new Map<string, NdArray>([
      ["features", ndArray("f32", [HEAD_BATCH, dim], rows)],
      ...labelFeeds(labels, "multi-label"),
    ]);
    await step.run(feeds, { micro: 0 });
    await updates.update({ step: k + 1, lr: 1e-2, gradientScale: 1 });
  }
  const seconds = (performance.now() - start) / 1000;
  return { records, dim, steps, batch: HEAD_BATCH, seconds: Number(seconds.toFixed(2)) };
}
