/** @file `--init`: parameters that a weight file holds replace the drawn ones, and a report says which. */
import type { Parameter } from "../nn/scope.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { initializeStore } from "../train/initialize-store.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { WeightsError } from "../util/errors.ts";
import type { Shape } from "../util/nd-array.ts";
import { type LoadReport, matchWeights, type Reshaped } from "../weights/load-report.ts";
import { isEncoderParameter } from "../weights/names.ts";
import { openWeights } from "../weights/open-weights.ts";
import { recognizeWeights, requireEncoder } from "../weights/recognize.ts";
import type { WeightsFile } from "../weights/weights-file.ts";
import { fillParameters } from "./fill-parameters.ts";
import {
  type Architecture,
  type InitialFile,
  openInitial,
  type UnseenSizes,
} from "./initial-file.ts";

/** The tables with a row for each word: they mean something for one vocabulary only. */
const WORDS =
  /^bert_encoder\.model\.(?:bert\.embeddings\.word_embeddings\.|cls\.predictions\.(?:decoder\.|bias$))/;

/** The model that weights are loaded into. */
export interface InitialTarget {
  readonly store: ParameterStore;
  readonly model: Architecture & UnseenSizes;
  readonly tokenizerSha256: string;
}

/** What was loaded, from which file. */
export interface InitialLoad {
  readonly file: string;
  readonly report: LoadReport;
  /** Was it trained with another vocabulary, so that its tables of words were left out? */
  readonly leavesWordsOut: boolean;
  /** Does the file leave open how many heads it was trained with, so that the model's number is assumed? */
  readonly assumesHeads: boolean;
}

/**
 * The parameters of a new run: drawn, then replaced by those of the weights to start from, where there are any.
 * @throws {WeightsError} see `loadInitialWeights`
 */
export async function startingParameters(
  { train, run }: Pick<PretrainConfig, "train" | "run">,
  target: InitialTarget & { readonly parameters: readonly Parameter[] },
): Promise<InitialLoad | undefined> {
  initializeStore(target.store, target.parameters, train.seed);
  return run.init === null ? undefined : loadInitialWeights(run.init, target);
}

/**
 * Copies every tensor that the file and the model share. Decoders may be missing (MAE's file has no report decoder) and foreign
 * heads ignored; the encoder must be complete, its position table included. Position tables of another grid are interpolated; any other tensor of another shape
 * is refused.
 * @param path a weight file of any format, a checkpoint's folder or a run's
 * @throws {WeightsError} when the file is damaged, of another architecture or trained as one, the encoder incomplete, a shape differs,
 * or a value is not finite
 */
async function loadInitialWeights(
  path: string,
  { store, model, tokenizerSha256 }: InitialTarget,
): Promise<InitialLoad> {
  const initial = await openInitial(path);
  const { file } = initial;
  requireArchitecture(initial, model);
  await using stored = await openWeights(file);
  const shapes = [...store.values].map(([name, { shape }]) => [name, shape] as const);
  requireSameDepth(stored, shapes);
  const match = (available: readonly string[]): LoadReport =>
    matchWeights({
      available: available.map((name) => [name, stored.info(name).shape] as const),
      wanted: shapes,
    });
  const whole = match(stored.names);
  const leavesWordsOut =
    whole.reshaped.some(isOtherVocabulary) ||
    (initial.tokenizerSha256 !== undefined && initial.tokenizerSha256 !== tokenizerSha256);
  const words = new Set(leavesWordsOut ? sourcesOfWords(whole) : []);
  const report = match(stored.names.filter((name) => !words.has(name)));
  await fillParameters(
    store.values,
    { stored, report },
    { model: "the pre-training model", mayMiss: (name) => !isEncoderParameter(name) },
  );
  return { file, report, leavesWordsOut, assumesHeads: initial.sizes.heads === undefined };
}

/** A file's encoder that is deeper than the model's would be cut off without anybody's noticing. */
function requireSameDepth(
  stored: WeightsFile,
  shapes: readonly (readonly [name: string, shape: Shape])[],
): void {
  const isOwn = new Set(shapes.map(([name]) => name));
  const attempt = `Cannot start from "${stored.file}"`;
  const { depth } = requireEncoder(
    recognizeWeights(stored, (name) => isOwn.has(name)),
    attempt,
  );
  let own = 0;
  while (isOwn.has(`blocks.${own}.norm1.weight`)) own++;
  if (depth <= own) return;
  throw new WeightsError(
    `${attempt}: its encoder has ${depth} blocks, expected ${own}; choose the size that it has, such as --set model.depth=${depth}`,
  );
}

const isOtherVocabulary = ({ name, found, wanted }: Reshaped): boolean =>
  WORDS.test(name) && found[0] !== wanted[0];

const sourcesOfWords = ({ loaded, reshaped, repeated }: LoadReport): readonly string[] =>
  [...loaded, ...reshaped, ...repeated]
    .filter(({ name }) => WORDS.test(name))
    .flatMap(({ sources }) => sources);

/** Refuses a file whose parameters would mean something else in this model. */
function requireArchitecture(
  { file, architecture, sizes }: Pick<InitialFile, "file" | "architecture" | "sizes">,
  model: InitialTarget["model"],
): void {
  const wanted: Readonly<Record<string, unknown>> = { ...model };
  const words = Object.entries({ ...architecture, ...sizes })
    .filter(([key, value]) => wanted[key] !== value)
    .map(([key, value]) => `${key} is ${value}, expected ${wanted[key]}`);
  if (words.length === 0) return;
  throw new WeightsError(
    `Cannot start from "${file}": it was trained as another architecture: ${words.join(", ")}`,
  );
}
