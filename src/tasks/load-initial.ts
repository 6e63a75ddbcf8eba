/** @file `--init`: parameters that a weight file holds replace the drawn ones, and a report says which. */
import type { Parameter } from "../nn/scope.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { initializeStore } from "../train/initialize-store.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { writeView } from "../train/parameter-store.ts";
import { WeightsError } from "../util/errors.ts";
import type { NdArray } from "../util/nd-array.ts";
import { type LoadReport, matchWeights, requireLoad } from "../weights/load-report.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { type Architecture, openInitial } from "./initial-file.ts";

/** The image encoder's own parameters: a file that lacks one of them is no start for it. */
const ENCODER = /^(cls_token|patch_embed\.|blocks\.|norm\.)/;

/** The tables with a row for each word: they mean something for one vocabulary only. */
const WORDS =
  /^bert_encoder\.model\.(?:bert\.embeddings\.word_embeddings\.|cls\.predictions\.(?:decoder\.|bias$))/;

/** The model that weights are loaded into. */
export interface InitialTarget {
  readonly store: ParameterStore;
  readonly architecture: Architecture;
  readonly tokenizerSha256: string;
}

/** What was loaded, from which file. */
export interface InitialLoad {
  readonly file: string;
  readonly report: LoadReport;
  /** Was it trained with another vocabulary, so that its tables of words were left out? */
  readonly leavesWordsOut: boolean;
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
 * heads ignored; the encoder must be complete, and a tensor of another shape is refused.
 * @param path a safetensors file, a checkpoint's folder or a run's
 * @throws {WeightsError} when the file is damaged, the encoder incomplete, a shape differs, or the file was trained as another
 * architecture
 */
async function loadInitialWeights(
  path: string,
  { store, architecture, tokenizerSha256 }: InitialTarget,
): Promise<InitialLoad> {
  const initial = await openInitial(path);
  requireArchitecture(initial.file, initial.architecture, architecture);
  const leavesWordsOut =
    initial.tokenizerSha256 !== undefined && initial.tokenizerSha256 !== tokenizerSha256;
  await using stored = await openSafetensors(initial.file);
  const names = stored.names.filter((name) => !(leavesWordsOut && WORDS.test(name)));
  const report = matchWeights({
    available: names.map((name) => [name, stored.info(name).shape] as const),
    wanted: [...store.values].map(([name, { shape }]) => [name, shape] as const),
  });
  requireLoad(report, {
    file: initial.file,
    model: "the pre-training model",
    mayMiss: (name) => !ENCODER.test(name),
    mayIgnore: () => true,
  });
  for (const { name, source } of report.loaded) {
    writeView(store.values, name, asFloats(await stored.read(source)));
  }
  return { file: initial.file, report, leavesWordsOut };
}

function requireArchitecture(
  file: string,
  found: Architecture | undefined,
  wanted: Architecture,
): void {
  if (found === undefined) return;
  const keys = ["positionExponent", "finalRelu", "tiedDecoder"] as const;
  const differing = keys.filter((key) => found[key] !== wanted[key]);
  if (differing.length === 0) return;
  const words = differing.map((key) => `${key} is ${found[key]}, expected ${wanted[key]}`);
  throw new WeightsError(
    `Cannot start from "${file}": it was trained as another architecture: ${words.join(", ")}`,
  );
}

const asFloats = ({ dtype, shape, data }: NdArray): NdArray<"f32"> => ({
  dtype: "f32",
  shape,
  data:
    dtype === "f32" ? (data as Float32Array) : Float32Array.from(data as ArrayLike<number>, Number),
});
