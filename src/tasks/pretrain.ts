/** @file Pre-training from a dataset folder to a run folder: everything that the one training loop needs, put together. */
import { join } from "node:path";
import { openDataset } from "../data/dataset.ts";
import type { DatasetIndex } from "../data/dataset-index.ts";
import { createLoader, type Loader } from "../data/loader.ts";
import { type PretrainingFields, pretrainingJob } from "../data/pretraining-job.ts";
import { openDevice } from "../engine/runtime/device.ts";
import type { EcampConfig } from "../model/config.ts";
import { gridOf } from "../model/config.ts";
import { keptPatches } from "../model/random-masking.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { Checkpoints, type TrainState } from "../train/checkpoint.ts";
import { initializeStore } from "../train/initialize-store.ts";
import { type LoopResult, train, type UpdateReport } from "../train/loop.ts";
import { adamw } from "../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../train/optimizers/optimizer.ts";
import { decayByRank } from "../train/parameter-groups.ts";
import { ParameterStore } from "../train/parameter-store.ts";
import { RunLog } from "../train/run-log.ts";
import { rateAtEpoch } from "../train/schedule.ts";
import { StepProgram, type TracedObjective } from "../train/step-program.ts";
import { ConfigError, WeightsError } from "../util/errors.ts";
import { sizeOf } from "../util/nd-array.ts";
import { describeLoad } from "../weights/load-report.ts";
import { loadInitialWeights } from "./load-initial.ts";
import { type Course, courseOf, epochOf, microBatches } from "./pretrain-batches.ts";
import { pretrainObjective } from "./pretrain-objective.ts";
import { createRunFolder, requireRunFolder } from "./run-folder.ts";

/** Super-patches of the super-resolution window's side (SPEC 3.3). */
const WINDOW = 12;
const KEPT_CHECKPOINTS = 3;
const MS_PER_MINUTE = 60_000;

/** Something that a person may want to see while it happens. */
export type PretrainEvent =
  | { readonly kind: "note"; readonly text: string }
  | {
      readonly kind: "started";
      readonly records: number;
      readonly parameters: number;
      readonly updatesPerEpoch: number;
      readonly doneSteps: number;
      readonly lastStep: number;
    }
  | { readonly kind: "update"; readonly report: UpdateReport }
  | { readonly kind: "checkpoint"; readonly path: string };

/** A run and how it is watched and stopped. */
export interface PretrainRun {
  /** The run's folder. */
  readonly out: string;
  readonly config: PretrainConfig;
  /** The text of `config.json`, written when the run is new. */
  readonly configText: string;
  /** Go on with the run in `out`. */
  readonly resume: boolean;
  /** Stop, with a checkpoint, after this update even if the run is longer. */
  readonly stopAfter?: number | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PretrainEvent) => void;
  readonly clock: () => number;
  readonly now: () => Date;
}

/** How a run ended. */
export interface PretrainResult extends LoopResult {
  /** The newest checkpoint's folder. */
  readonly checkpoint: string;
}

/**
 * Pre-trains until the run's last update, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export async function pretrain(run: PretrainRun): Promise<PretrainResult> {
  const { config, out, resume, onEvent } = run;
  const device = openDevice({ provider: config.run.device, threads: config.run.threads || 1 });
  const dataset = await openDataset(requirePath(config.run.data, "--data", "a dataset folder"));
  const tokenizerFile = requirePath(
    config.run.tokenizer,
    "--tokenizer",
    "a vocabulary, tokenizer.json",
  );
  const tokenizer = await loadTokenizer(tokenizerFile);
  const model = modelConfig(config, tokenizer);
  await using index = await dataset.index({
    hasReport: true,
    hasImage: true,
    splits: ["train", "none"],
  });
  await using loader = openLoader(config, { index, imageRoot: dataset.imageRoot, tokenizerFile });
  const course = requireCourse(
    courseOf(loader.batchesPerEpoch, config.train.accumulate),
    config,
    index.size,
  );
  if (resume) await requireRunFolder(out);
  else await createRunFolder(out, run.configText);

  const kept = keptPatches(gridOf(model) ** 2, config.train.maskRatio);
  const traced = pretrainObjective(model, {
    batch: config.train.batch,
    tokens: config.model.tokens,
    kept,
  });
  const optimizer = adamw(config.train);
  const store = new ParameterStore({
    ...traced,
    rules: decayByRank(config.train.weightDecay),
    slots: optimizer.slots,
  });
  const checkpoints = new Checkpoints(out, { keep: KEPT_CHECKPOINTS });
  const inputs = { dataset: await dataset.identity(), tokenizer: tokenizer.sha256 };
  const state = await startingState(run, { store, traced, checkpoints, inputs });
  const lastStep = Math.min(
    course.updatesPerEpoch * config.train.epochs,
    run.stopAfter ?? Number.POSITIVE_INFINITY,
  );
  onEvent({
    kind: "started",
    records: index.size,
    parameters: parameterCount(traced),
    updatesPerEpoch: course.updatesPerEpoch,
    doneSteps: state.step,
    lastStep,
  });
  await using program = await StepProgram.compile(traced, store, {
    ...device,
    accumulate: config.train.accumulate,
  });
  await using updates = await OptimizerProgram.compile(optimizer, store, device);
  await using log = await RunLog.open(join(out, "log.jsonl"), state.step);
  const batches = microBatches({
    loader,
    course,
    doneSteps: state.step,
    seed: config.train.seed,
    masks: traced.masks,
    feed: { config: model, kept, window: WINDOW },
    identify: (records) => identify(index, records),
    onSkipped: (skipped) => {
      for (const { id, reason } of skipped)
        onEvent({ kind: "note", text: `skipped record "${id}": ${reason}` });
    },
    signal: run.signal,
  });
  const result = await train(
    { store, program, optimizer: updates, batches, checkpoints, log },
    {
      state,
      lastStep,
      accumulate: config.train.accumulate,
      epochOf: (step) => epochOf(step, course),
      rateOf: (epoch) => learningRate(config, epoch),
      clip: config.train.clip,
      checkpointEveryMs: config.train.checkpointMinutes * MS_PER_MINUTE,
      metadata: modelMetadata(model, tokenizer),
      signal: run.signal,
      clock: run.clock,
      now: run.now,
      onUpdate: (report) => onEvent({ kind: "update", report }),
      onCheckpoint: (path) => onEvent({ kind: "checkpoint", path }),
    },
  );
  await batches.return(undefined);
  return { ...result, checkpoint: checkpoints.path(result.step) };
}

function requirePath(path: string | null, flag: string, what: string): string {
  if (path !== null) return path;
  throw new ConfigError(`Cannot pre-train without ${what}: give it with ${flag}`);
}

/** The model that a configuration and a vocabulary describe. */
function modelConfig({ model, data, fidelity }: PretrainConfig, tokenizer: Tokenizer): EcampConfig {
  if (tokenizer.specials.pad !== 0) {
    throw new ConfigError(
      `Cannot use a vocabulary whose [PAD] is ${tokenizer.specials.pad}: word 0 is the one that learns nothing, so [PAD] must be 0`,
    );
  }
  return {
    ...model,
    vocab: tokenizer.size,
    positions: model.tokens,
    mean: data.mean,
    std: data.std,
    positionExponent: fidelity.positionTable === "mae" ? "k/(d/2)" : "k/(2d)",
    finalRelu: fidelity["superRes.finalRelu"],
  };
}

function openLoader(
  config: PretrainConfig,
  {
    index,
    imageRoot,
    tokenizerFile,
  }: { readonly index: DatasetIndex; readonly imageRoot: string; readonly tokenizerFile: string },
): Loader<PretrainingFields> {
  const { data, train: options, model, fidelity } = config;
  if (fidelity.flip === "swap")
    throw new ConfigError('Cannot flip with "swap": this version flips "image" or "none"');
  return createLoader<PretrainingFields>({
    size: index.size,
    batchSize: options.batch,
    seed: options.seed,
    workers: data.workers,
    prefetch: data.prefetch,
    onBadRecord: data.onBadRecord,
    identify: async (record) => (await index.read(record)).id,
    job: pretrainingJob({
      index: index.handle,
      imageRoot,
      tokenizer: tokenizerFile,
      seed: options.seed,
      text: { tokens: model.tokens, insertProbability: data.insertProbability },
      view: {
        size: model.bigImageSize,
        scale: data.cropScale,
        ratio: data.cropRatio,
        flip: fidelity.flip,
      },
      decode: { sixteenBit: fidelity["image.sixteenBit"] },
    }),
  });
}

function requireCourse(
  course: Course,
  { train: { batch, accumulate } }: PretrainConfig,
  records: number,
): Course {
  if (course.updatesPerEpoch > 0) return course;
  throw new ConfigError(
    `Cannot make one update of ${batch} × ${accumulate} pairs from ${records} records: ` +
      "set train.batch or train.accumulate lower",
  );
}

/** Parameters and state of a new run, or of the newest checkpoint of one that goes on. */
async function startingState(
  { config, resume, out, onEvent }: PretrainRun,
  context: {
    readonly store: ParameterStore;
    readonly traced: TracedObjective;
    readonly checkpoints: Checkpoints;
    readonly inputs: Readonly<Record<string, string>>;
  },
): Promise<TrainState> {
  const { store, traced, checkpoints, inputs } = context;
  const { seed } = config.train;
  const { threads, device } = config.run;
  const saved = resume ? await checkpoints.latest() : undefined;
  if (saved === undefined) {
    if (resume)
      onEvent({
        kind: "note",
        text: `"${out}" has no checkpoint yet: starting from the beginning`,
      });
    initializeStore(store, [...traced.trained, ...traced.fixed], seed);
    if (config.run.init !== null) {
      const report = await loadInitialWeights(config.run.init, store);
      onEvent({ kind: "note", text: `"${config.run.init}": ${describeLoad(report)}` });
    }
    return { format: 1, step: 0, seed, threads, device, inputs };
  }
  for (const [name, hash] of Object.entries(saved.inputs)) {
    if (inputs[name] === hash) continue;
    throw new WeightsError(
      `Cannot resume "${out}": its ${name} is not the one that the run began with`,
    );
  }
  if (saved.threads !== threads) {
    onEvent({
      kind: "note",
      text: `warning: ${threads} threads instead of ${saved.threads}; results will differ in their last bits`,
    });
  }
  await checkpoints.load(saved.step, store);
  return { ...saved, threads, device };
}

function learningRate({ train: options, fidelity }: PretrainConfig, epoch: number): number {
  const wholeRun = fidelity["schedule.cosineEnd"] === "epochs";
  return rateAtEpoch(
    {
      rate: options.lr,
      minRate: options.minLr,
      warmupEpochs: options.warmupEpochs,
      cosineEndEpoch: wholeRun ? options.epochs : options.cosineEpochs,
    },
    epoch,
  );
}

/** What a model file says about itself, in the strings that its header can hold. */
function modelMetadata(model: EcampConfig, tokenizer: Tokenizer): Readonly<Record<string, string>> {
  return {
    format: "ecamp-pretrain-1",
    config: JSON.stringify(model),
    tokenizerSha256: tokenizer.sha256,
  };
}

function parameterCount({ trained, fixed }: TracedObjective): number {
  return [...trained, ...fixed].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

async function identify(index: DatasetIndex, records: Uint32Array): Promise<readonly string[]> {
  return Promise.all(Array.from(records, async (record) => (await index.read(record)).id));
}
