/**
 * @file A training step of a dense task on a frozen encoder: images a second, the share of the speed at which ONNX Runtime does the
 * model's own matrix products and convolutions when it does nothing else, measured in the same process, and where the time goes
 * by kind of operator.
 *
 * Usage: node --import tsx bench/dense-step.ts [--task segment|detect] [--size base] [--batch 8] [--steps 5] [--threads 2] [--rounds 3]
 *   [--train-encoder]
 * Random pictures, targets and parameters; AdamW included. Prints JSON.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildGraph } from "../src/engine/graph.ts";
import { optimizeForRuntime } from "../src/engine/passes/optimize.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import { type NamedArrays, Program } from "../src/engine/runtime/program.ts";
import { input, type Tensor } from "../src/engine/tensor.ts";
import { normalizeGrey, repeatChannels } from "../src/model/grey-image.ts";
import { detectionAnchors } from "../src/model/heads/detection-anchors.ts";
import { detectionLoss } from "../src/model/heads/detection-loss.ts";
import {
  BOX_COLUMNS,
  detectionTargets,
  targetShapes,
} from "../src/model/heads/detection-targets.ts";
import { detector, detectorGrids, isDetectorEncoder } from "../src/model/heads/detector.ts";
import { mixedLoss } from "../src/model/heads/segmentation-loss.ts";
import { DECODER_WIDTHS, isSegmenterEncoder, segmenter } from "../src/model/heads/segmenter.ts";
import type { Scope } from "../src/nn/scope.ts";
import { SIZES } from "../src/recipes/sizes.ts";
import { gradientNorm } from "../src/train/gradient-norm.ts";
import { initializeStore } from "../src/train/initialize-store.ts";
import { adamw } from "../src/train/optimizers/adamw.ts";
import { OptimizerProgram } from "../src/train/optimizers/optimizer.ts";
import { ParameterStore } from "../src/train/parameter-store.ts";
import { type Objective, StepProgram, traceObjective } from "../src/train/step-program.ts";
import { type NdArray, sizeOf, zeros } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";
import { productsOf, timeProduct } from "./support/products.ts";
import { environment, spread } from "./support/report.ts";

const { values } = parseArgs({
  options: {
    task: { type: "string", default: "segment" },
    size: { type: "string", default: "base" },
    batch: { type: "string", default: "8" },
    steps: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    "train-encoder": { type: "boolean", default: false },
  },
});
const [batch, steps] = [Number(values.batch), Number(values.steps)];
const size = Object.entries(SIZES).find(([name]) => name === values.size)?.[1];
if (size === undefined) throw new RangeError(`Cannot run the benchmark: no size "${values.size}"`);
const side = size.imageSize;
const encoder = { ...size, positionExponent: "k/(d/2)" } as const;

/** What a task trains: an objective on normalised images, which parameters are the encoder's, and what else is fed. */
interface DenseTask {
  readonly build: (scope: Scope, image: Tensor) => Objective;
  readonly isEncoder: (parameter: string) => boolean;
  readonly feeds: () => NamedArrays;
  /** The tap of what the encoder gives. */
  readonly features: string;
}

const TASKS: Readonly<Record<string, DenseTask>> = {
  segment: {
    build: (scope, image) => {
      const logits = segmenter(scope, image, {
        ...encoder,
        classes: ["mask"],
        decoders: "shared",
        decoderWidths: DECODER_WIDTHS,
        training: true,
      });
      const { loss } = mixedLoss(logits, {
        targets: input("targets", "f32", [batch, 1, side, side]),
      });
      return { loss, parts: { loss } };
    },
    isEncoder: isSegmenterEncoder,
    feeds: () => new Map([["targets", discs()]]),
    features: "encoder.features",
  },
  detect: detectTask(),
};

/** The published detector for few labels: expansion 8, three boxes a picture. */
function detectTask(): DenseTask {
  const config = { ...encoder, classes: 1, expansion: 8, anchors: detectionAnchors(side) };
  const options = { ...config, grids: detectorGrids(config) };
  const name = (k: number): string => `targets${k}`;
  return {
    build: (scope, image) => {
      const maps = detector(scope, image, { ...config, training: true });
      const shapes = targetShapes(batch, options);
      const { total: loss } = detectionLoss(
        maps,
        shapes.map((shape, k) => input(name(k), "f32", shape)),
      );
      return { loss, parts: { loss } };
    },
    isEncoder: isDetectorEncoder,
    feeds: () => {
      const boxes = zeros("f32", [batch, 3, BOX_COLUMNS]);
      for (let at = 0; at < batch * 3; at++) {
        const place = (at + 1) / (batch * 3 + 1);
        boxes.data.set([0, place, 1 - place, 0.1, 0.2], at * BOX_COLUMNS);
      }
      return new Map(detectionTargets(boxes, options).map((target, k) => [name(k), target]));
    },
    features: "backbone.encoder.features",
  };
}

const task = TASKS[values.task];
if (task === undefined) {
  const known = Object.keys(TASKS).join(", ");
  throw new RangeError(`Cannot run the benchmark: no task "${values.task}", expected ${known}`);
}
const device = openDevice({ threads: Number(values.threads) });
const traced = traceObjective(
  (scope) => {
    const grey = normalizeGrey(input("image", "u8", [batch, side, side]), { mean: 0.47, std: 0.3 });
    return task.build(scope, repeatChannels(grey));
  },
  { trains: (name) => values["train-encoder"] || !task.isEncoder(name) },
);
const parameters = [...traced.trained, ...traced.fixed];
const optimizer = adamw({ beta1: 0.9, beta2: 0.999, eps: 1e-8 });
const rules = [{ name: "all", weightDecay: 0.05, lrScale: 1, matches: () => true }];
const store = new ParameterStore({ ...traced, rules, slots: optimizer.slots });
initializeStore(store, parameters, 1);
const feeds: NamedArrays = new Map([["image", pictures()], ...task.feeds()]);

const times = { step: [] as number[], gradients: [] as number[] };
{
  await using program = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  await using updates = await OptimizerProgram.compile(optimizer, store, device);
  for (let step = 0; step <= steps; step++) {
    const start = performance.now();
    await program.run(feeds, { micro: 0 });
    const differentiated = performance.now();
    gradientNorm(store);
    await updates.update({ step: step + 1, lr: 1e-4, gradientScale: 1 });
    if (step === 0) continue; // the first step touches every buffer for the first time
    times.step.push(performance.now() - start);
    times.gradients.push(differentiated - start);
  }
}
const peakGiB = process.resourceUsage().maxRSS / 2 ** 20;
const outputs = new Map([
  ...Object.entries(traced.objective.parts),
  ...traced.gradients,
  ...traced.moves,
]);
const products = productsOf(optimizeForRuntime(buildGraph(outputs)));
let productMs = 0;
for (const product of products)
  productMs += product.count * (await timeProduct(product, device, Number(values.rounds)));
const flop = products.reduce((sum, each) => sum + each.count * each.flop, 0);
const [stepMs, gradientMs] = [spread(times.step), spread(times.gradients)];
const features = traced.taps.get(task.features);
console.log(
  JSON.stringify(
    {
      bench: "dense-step",
      unit: "one update, forward + backward + AdamW",
      ...{ task: values.task, size: values.size, batch, trainsEncoder: values["train-encoder"] },
      parameters: {
        all: countOf(parameters),
        trained: countOf(traced.trained),
      },
      stepMs,
      gradientMs,
      imagesPerSecond: Number(((batch * 1000) / stepMs.median).toFixed(2)),
      encoderMs: features === undefined ? null : await timeForward(features),
      peakResidentGiB: Number(peakGiB.toFixed(2)),
      products: {
        formula: "2·b·M·N·K a product, 2·B·O·H·W·I·h·w a convolution, forward and backward",
        gigaFlopPerImage: Number((flop / 1e9 / batch).toFixed(1)),
        aloneMs: Math.round(productMs),
        aloneGflops: Math.round(flop / 1e6 / productMs),
        inStepGflops: Math.round(flop / 1e6 / gradientMs.median),
        shareOfAlone: Number((productMs / gradientMs.median).toFixed(3)),
      },
      profile: await profileByOperator(),
      environment: environment(),
    },
    null,
    2,
  ),
);

function countOf(counted: readonly { readonly shape: readonly number[] }[]): number {
  return counted.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Milliseconds of a forward pass to a tensor, the median of `--steps` after a first: what features that are kept would save. */
async function timeForward(tensor: Tensor): Promise<number> {
  await using program = await Program.compile(buildGraph({ tensor }), device);
  const all = new Map([...store.values, ...feeds]);
  const each: number[] = [];
  for (let i = 0; i <= steps; i++) {
    const start = performance.now();
    await program.run(all);
    if (i > 0) each.push(performance.now() - start);
  }
  return spread(each).median;
}

/** The share of ONNX Runtime's own time that each kind of operator takes in a step, the largest first, and milliseconds of it. */
async function profileByOperator() {
  const folder = mkdtempSync(join(tmpdir(), "dense-step-"));
  try {
    const options = { ...device, accumulate: 1, profilePrefix: join(folder, "step") };
    {
      await using program = await StepProgram.compile(traced, store, options);
      for (let step = 0; step < steps; step++) await program.run(feeds, { micro: 0 });
    }
    const spent = new Map<string, number>();
    for (const file of readdirSync(folder)) {
      const events: readonly ProfileEvent[] = JSON.parse(readFileSync(join(folder, file), "utf8"));
      for (const { cat, dur = 0, args } of events) {
        const kind = args?.op_name;
        if (cat === "Node" && kind !== undefined) spent.set(kind, (spent.get(kind) ?? 0) + dur);
      }
    }
    const total = [...spent.values()].reduce((sum, micros) => sum + micros, 0);
    return [...spent]
      .sort(([, a], [, b]) => b - a)
      .map(([kind, micros]) => ({
        kind,
        share: Number((micros / total).toFixed(3)),
        msPerStep: Number((micros / 1000 / steps).toFixed(1)),
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is read of an event in ONNX Runtime's profile. */
interface ProfileEvent {
  readonly cat: string;
  /** Microseconds. */
  readonly dur?: number;
  readonly args?: { readonly op_name?: string };
}

function pictures(): NdArray<"u8"> {
  const image = zeros("u8", [batch, side, side]);
  const words = new RandomStream({ seed: 1, name: "pictures" }).words(image.data.length);
  image.data.set(words.map((word) => word & 255));
  return image;
}

/** A mask of a disc in every picture. */
function discs(): NdArray<"f32"> {
  const masks = zeros("f32", [batch, 1, side, side]);
  const radius = side / 5;
  for (let i = 0; i < masks.data.length; i++) {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    masks.data[i] = Math.hypot(x - side / 2, y - side / 2) < radius ? 1 : 0;
  }
  return masks;
}
