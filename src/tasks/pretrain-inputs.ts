/** @file What a pre-training run reads: dataset, vocabulary, and the model sizes that follow from them; opened and checked. */
import { type Dataset, openDataset } from "../data/dataset.ts";
import type { DatasetIndex } from "../data/dataset-index.ts";
import { createLoader, type Loader, type LoaderOptions } from "../data/loader.ts";
import {
  type PretrainingFields,
  type PretrainingJobOptions,
  pretrainingJob,
} from "../data/pretraining-job.ts";
import type { Privacy } from "../data/record.ts";
import type { EcampConfig } from "../model/config.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { Lexicon } from "../text/lexicon.ts";
import type { PretrainingTextSettings } from "../text/text-settings.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { Disposables } from "../util/disposables.ts";
import { ConfigError } from "../util/errors.ts";
import { loadLexicon } from "./load-lexicon.ts";
import { type MethodOptions, methodOptions } from "./method-options.ts";
import { type Course, courseOf } from "./micro-batches.ts";

/** Everything that a run reads, checked and opened. */
export interface PretrainInputs extends AsyncDisposable {
  readonly index: DatasetIndex;
  readonly loader: Loader<PretrainingFields>;
  /** The records of the split `val`, in their order; undefined where there are none or they are not wanted. */
  readonly validation: Loader<PretrainingFields> | undefined;
  readonly course: Course;
  readonly method: MethodOptions;
  readonly model: EcampConfig;
  readonly tokenizer: Tokenizer;
  /** SHA-256 by name, for the state of a checkpoint. */
  readonly hashes: Readonly<Record<string, string>>;
  /** The dataset's: what is learnt from a private set is private too. */
  readonly privacy: Privacy;
}

/** What a person should know that happens while inputs are read. */
export interface InputEvents {
  readonly note: (text: string) => void;
}

/**
 * Opens what a run reads.
 * @throws {ConfigError | ManifestError | DecodeError} when something is missing, damaged or does not fit
 */
export async function openInputs(
  config: PretrainConfig,
  { note }: InputEvents,
): Promise<PretrainInputs> {
  const method = methodOptions(config.fidelity);
  requireSchedule(config.train, method);
  const dataset = await openDataset(requirePath(config.run.data, "--data", "a dataset folder"));
  const tokenizerFile = requirePath(
    config.run.tokenizer,
    "--tokenizer",
    "a vocabulary, tokenizer.json",
  );
  const tokenizer = await loadTokenizer(tokenizerFile);
  const model = modelConfig(config, tokenizer, method);
  await using stack = new Disposables();
  const index = stack.use(await dataset.index({ ...PAIRS, splits: ["train", "none"] }));
  const { lexicon, sha256 } = await loadLexicon(config.data.lexicon);
  const hashes = {
    ...{ dataset: await dataset.identity(), tokenizer: tokenizer.sha256 },
    ...(sha256 !== undefined && { lexicon: sha256 }),
  };
  const open = { config, method, dataset, tokenizerFile, lexicon, note };
  const loader = stack.use(openLoader(index, open));
  const course = courseOf(loader.batchesPerEpoch, config.train.accumulate);
  if (course.updatesPerEpoch === 0) throw tooFewRecords(config, index.size);
  const heldOut =
    config.train.validateEpochs === 0
      ? undefined
      : stack.use(await dataset.index({ ...PAIRS, splits: ["val"], mayBeEmpty: true }));
  const validation =
    heldOut === undefined || heldOut.size === 0
      ? undefined
      : stack.use(openLoader(heldOut, { ...open, order: "sequential", lastBatch: "keep" }));
  const owned = stack.keep();
  return {
    ...{ index, loader, validation, course, method, model, tokenizer, hashes },
    privacy: dataset.manifest.privacy,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

const PAIRS = { hasReport: true, hasImage: true } as const;

function requirePath(path: string | null, flag: string, what: string): string {
  if (path !== null) return path;
  throw new ConfigError(`Cannot pre-train without ${what}: give it with ${flag}`);
}

/** What a model must know of its words. */
export interface Vocabulary {
  readonly size: number;
  readonly specials: Pick<Tokenizer["specials"], "pad">;
}

/**
 * The model that a configuration and a vocabulary describe.
 * @throws {ConfigError} when the vocabulary does not fit
 */
export function modelConfig(
  { model, data }: PretrainConfig,
  tokenizer: Vocabulary,
  { architecture }: MethodOptions,
): EcampConfig {
  if (tokenizer.specials.pad !== 0) {
    throw new ConfigError(
      `Cannot use a vocabulary whose [PAD] is ${tokenizer.specials.pad}: word 0 is the one that learns nothing, so [PAD] must be 0`,
    );
  }
  return {
    ...model,
    ...architecture,
    vocab: tokenizer.size,
    positions: model.tokens,
    mean: data.mean,
    std: data.std,
  };
}

interface Opening extends Pick<LoaderOptions, "order" | "lastBatch">, InputEvents {
  readonly config: PretrainConfig;
  readonly method: MethodOptions;
  readonly dataset: Dataset;
  readonly tokenizerFile: string;
  readonly lexicon: Lexicon | undefined;
}

function openLoader(
  index: DatasetIndex,
  { config, method, dataset, tokenizerFile, lexicon, note, ...batching }: Opening,
): Loader<PretrainingFields> {
  const { data, train: options } = config;
  return createLoader<PretrainingFields>({
    ...batching,
    size: index.size,
    batchSize: options.batch,
    seed: options.seed,
    workers: data.workers,
    prefetch: data.prefetch,
    onBadRecord: data.onBadRecord,
    identify: async (record) => (await index.read(record)).id,
    onRestart: note,
    job: pretrainingJob(jobOptions(index, { config, method, dataset, tokenizerFile, lexicon })),
  });
}

function jobOptions(
  index: DatasetIndex,
  { config, method, dataset, tokenizerFile, lexicon }: Omit<Opening, "note">,
): PretrainingJobOptions {
  const { data, train: options, model } = config;
  return {
    index: index.handle,
    imageRoot: dataset.imageRoot,
    tokenizer: tokenizerFile,
    seed: options.seed,
    text: textSettings(config, method, lexicon),
    view: {
      ...method.view,
      size: model.bigImageSize,
      scale: data.cropScale,
      ratio: data.cropRatio,
    },
    decode: { ...method.decode, bitDepth: dataset.manifest.bitDepth },
  };
}

/** What becomes of a report, as a configuration and its method say. */
export function textSettings(
  { data, model }: PretrainConfig,
  { text }: MethodOptions,
  lexicon: Lexicon | undefined,
): PretrainingTextSettings {
  return {
    ...text,
    tokens: model.tokens,
    insertProbability: data.insertProbability,
    ...(lexicon !== undefined && { lexicon }),
  };
}

/** @throws {ConfigError} when the warm-up would not end before the cosine does */
function requireSchedule(train: PretrainConfig["train"], { cosineEnd }: MethodOptions): void {
  if (train.warmupEpochs < train[cosineEnd]) return;
  throw new ConfigError(
    `Cannot pre-train with train.warmupEpochs = ${train.warmupEpochs} and train.${cosineEnd} = ${train[cosineEnd]}: ` +
      "the learning rate would never leave its warm-up; set train.warmupEpochs lower",
  );
}

function tooFewRecords(
  { train: { batch, accumulate } }: PretrainConfig,
  records: number,
): ConfigError {
  return new ConfigError(
    `Cannot make one update of ${batch} × ${accumulate} pairs from ${records} records: ` +
      "set train.batch or train.accumulate lower",
  );
}
