/** @file What a pre-training run reads: dataset, vocabulary, and the model sizes that follow from them; opened and checked. */
import { type Dataset, openDataset } from "../data/dataset.ts";
import type { DatasetIndex } from "../data/dataset-index.ts";
import { createLoader, type Loader } from "../data/loader.ts";
import { type PretrainingFields, pretrainingJob } from "../data/pretraining-job.ts";
import type { Privacy } from "../data/record.ts";
import type { EcampConfig } from "../model/config.ts";
import { unavailableSwitches } from "../recipes/fidelity.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { ConfigError } from "../util/errors.ts";
import { type Course, courseOf } from "./pretrain-batches.ts";

/** Everything that a run reads, checked and opened. */
export interface PretrainInputs extends AsyncDisposable {
  readonly index: DatasetIndex;
  readonly loader: Loader<PretrainingFields>;
  readonly course: Course;
  readonly model: EcampConfig;
  readonly tokenizer: Tokenizer;
  /** SHA-256 by name, for the state of a checkpoint. */
  readonly hashes: Readonly<Record<string, string>>;
  /** The dataset's: what is learnt from a private set is private too. */
  readonly privacy: Privacy;
}

/**
 * Opens what a run reads.
 * @throws {ConfigError | ManifestError | DecodeError} when something is missing, damaged or does not fit
 */
export async function openInputs(config: PretrainConfig): Promise<PretrainInputs> {
  const problems = unavailableSwitches(config.fidelity);
  if (problems.length > 0) throw new ConfigError(`Cannot pre-train: ${problems.join("; ")}`);
  const dataset = await openDataset(requirePath(config.run.data, "--data", "a dataset folder"));
  const tokenizerFile = requirePath(
    config.run.tokenizer,
    "--tokenizer",
    "a vocabulary, tokenizer.json",
  );
  const tokenizer = await loadTokenizer(tokenizerFile);
  const model = modelConfig(config, tokenizer);
  const index = await dataset.index({ hasReport: true, hasImage: true, splits: ["train", "none"] });
  const hashes = { dataset: await dataset.identity(), tokenizer: tokenizer.sha256 };
  const loader = openLoader(config, { index, dataset, tokenizerFile });
  const course = courseOf(loader.batchesPerEpoch, config.train.accumulate);
  if (course.updatesPerEpoch === 0) {
    await loader[Symbol.asyncDispose]();
    throw tooFewRecords(config, index.size);
  }
  return {
    index,
    loader,
    course,
    model,
    tokenizer,
    hashes,
    privacy: dataset.manifest.privacy,
    [Symbol.asyncDispose]: async () => {
      await loader[Symbol.asyncDispose]();
      await index[Symbol.asyncDispose]();
    },
  };
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
    dataset,
    tokenizerFile,
  }: { readonly index: DatasetIndex; readonly dataset: Dataset; readonly tokenizerFile: string },
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
      imageRoot: dataset.imageRoot,
      tokenizer: tokenizerFile,
      seed: options.seed,
      text: { tokens: model.tokens, insertProbability: data.insertProbability },
      view: {
        size: model.bigImageSize,
        scale: data.cropScale,
        ratio: data.cropRatio,
        flip: fidelity.flip,
      },
      decode: { sixteenBit: fidelity["image.sixteenBit"], bitDepth: dataset.manifest.bitDepth },
    }),
  });
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
