/**
 * @file Does training work here? A step of a very small model whose outcome calculus predicts: along its gradient g, a small
 * step of size η must lower the loss by about η·|g|². It exercises tracing, differentiation, compilation and execution at once.
 */
import type { Device } from "../engine/runtime/device.ts";
import type { EcampConfig } from "../model/config.ts";
import { ecampFeeds, type HostBatch } from "../model/ecamp-feeds.ts";
import { initialValues } from "../nn/initializers.ts";
import { pretrainObjective } from "../tasks/pretrain-objective.ts";
import { gradientNorm } from "../train/gradient-norm.ts";
import { decayByRank } from "../train/parameter-groups.ts";
import { ParameterStore, writeView } from "../train/parameter-store.ts";
import { type Losses, StepProgram } from "../train/step-program.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { RandomStream } from "../util/random.ts";

/** What the self-test found. */
export interface SelfTest {
  /** The loss before the step. */
  readonly loss: number;
  /** By how much the loss fell, over what the gradient predicts: 1 to first order. */
  readonly decreaseRatio: number;
  /** Did the same step twice give the same bits? */
  readonly repeatable: boolean;
  /** Is the ratio between 0.9 and 1.1, and the step repeatable? */
  readonly pass: boolean;
}

const BATCH = 2;
const TOKENS = 16;
const VOCABULARY = 32;
const KEPT = 49;
const SEED = 7;

/** The step lowers the loss by a part this large: far above f32's rounding, far below where curvature matters. */
const RELATIVE_DECREASE = 1e-3;

const CONFIG: EcampConfig = {
  imageSize: 28,
  bigImageSize: 56,
  patch: 2,
  dim: 16,
  depth: 1,
  heads: 2,
  mlpRatio: 2,
  layerNormEps: 1e-6,
  decoderDim: 16,
  decoderDepth: 1,
  decoderHeads: 2,
  bertDim: 16,
  bertDepth: 1,
  bertHeads: 2,
  bertMlpDim: 32,
  vocab: VOCABULARY,
  positions: TOKENS,
  bertLayerNormEps: 1e-12,
  dropout: 0,
  attentionDropout: 0,
  mean: 0.5,
  std: 0.25,
  positionExponent: "k/(d/2)",
  finalRelu: false,
  tiedDecoder: false,
};

/** Trains a very small model by one step on the device. */
export async function selfTest(device: Device): Promise<SelfTest> {
  const traced = pretrainObjective(CONFIG, { batch: BATCH, tokens: TOKENS, kept: KEPT });
  const { trained, fixed } = traced;
  const store = new ParameterStore({ trained, fixed, rules: decayByRank(0), slots: [] });
  for (const parameter of [...trained, ...fixed]) {
    writeView(store.values, parameter.name, initialValues({ ...parameter, seed: SEED }));
  }
  await using step = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  const { feeds } = ecampFeeds(batch(), { config: CONFIG, kept: KEPT, window: 12 });
  const before = await step.run(feeds, { micro: 0 });
  const first = store.groups.map(({ gradients }) => gradients.slice());
  const again = await step.run(feeds, { micro: 0 });
  const repeatable =
    total(before) === total(again) &&
    store.groups.every(({ gradients }, i) => sameBits(gradients, first[i]));
  const loss = total(before);
  const norm = gradientNorm(store);
  descend(store, (RELATIVE_DECREASE * loss) / norm ** 2);
  const decrease = loss - total(await step.run(feeds, { micro: 0 }));
  const decreaseRatio = decrease / (RELATIVE_DECREASE * loss);
  const pass = repeatable && decreaseRatio > 0.9 && decreaseRatio < 1.1;
  return { loss, decreaseRatio, repeatable, pass };
}

function total(losses: Losses): number {
  return Object.values(losses).reduce((sum, loss) => sum + loss, 0);
}

function sameBits(a: Float32Array, b: Float32Array | undefined): boolean {
  return b !== undefined && a.every((value, i) => Object.is(value, b[i]));
}

/** x ← x − η·g */
function descend(store: ParameterStore, rate: number): void {
  for (const { values, gradients } of store.groups) {
    for (const [i, g] of gradients.entries()) values[i] = (values[i] ?? 0) - rate * g;
  }
}

/** A batch of noise, the same on every machine. */
function batch(): HostBatch {
  const stream = new RandomStream({ seed: SEED, name: "self-test" });
  const side = CONFIG.bigImageSize;
  const words = Array.from({ length: BATCH * TOKENS }, () => stream.integer(VOCABULARY));
  const ones: NdArray<"f32"> = ndArray(
    "f32",
    [BATCH, TOKENS],
    new Float32Array(BATCH * TOKENS).fill(1),
  );
  const levels = Array.from({ length: BATCH * side * side }, () => stream.integer(256));
  const noise = Array.from({ length: BATCH * 196 }, () => stream.uniform());
  return {
    image: ndArray("u8", [BATCH, side, side], levels),
    ids: ndArray("i64", [BATCH, TOKENS], words),
    labels: ndArray("i64", [BATCH, TOKENS], words),
    attentionMask: ones,
    tokenWeights: ones,
    windowTop: [0, 2],
    windowLeft: [1, 1],
    noise: ndArray("f32", [BATCH, 196], noise),
  };
}
