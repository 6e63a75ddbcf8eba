/** @file The file that `--init` names, which may also be a checkpoint's or a run's folder, and what it says of its architecture. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { EcampConfig } from "../model/config.ts";
import { Checkpoints } from "../train/checkpoint.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, WeightsError } from "../util/errors.ts";
import { firstFault } from "../util/expectation.ts";
import { isFile } from "../util/is-file.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { openWeights } from "../weights/open-weights.ts";

/** The options of the model that change what its parameters mean. */
export type Architecture = Pick<EcampConfig, "positionExponent" | "finalRelu" | "tiedDecoder">;

/** What no tensor's shape tells, and another value of which would make another function of the same parameters. */
export type UnseenSizes = Partial<
  Pick<EcampConfig, "heads" | "decoderHeads" | "bertHeads" | "layerNormEps" | "bertLayerNormEps">
>;

/** Weights to start from. */
export interface InitialFile {
  /** The weight file, of any format. */
  readonly file: string;
  /** What it was trained as; undefined where it holds no report decoder, and so no such options. */
  readonly architecture: Architecture | undefined;
  /** As far as the file says it. */
  readonly sizes: UnseenSizes;
  /** Of grey levels, where the file says it. */
  readonly normalization: Pick<EcampConfig, "mean" | "std"> | undefined;
  /** The vocabulary that its words are of, where the file says so. */
  readonly tokenizerSha256: string | undefined;
}

const count = z.int().positive().exactOptional();
const size = z.number().positive().exactOptional();
const headerSchema = z.object({
  positionExponent: z.enum(["k/(2d)", "k/(d/2)"]),
  finalRelu: z.boolean(),
  tiedDecoder: z.boolean(),
  ...{ heads: count, decoderHeads: count, bertHeads: count },
  ...{ layerNormEps: size, bertLayerNormEps: size },
  ...{ mean: z.number().exactOptional(), std: size },
});

/** What the authors' own program builds: files of its making say nothing about themselves. */
const AUTHORS: Architecture = {
  positionExponent: "k/(2d)",
  finalRelu: true,
  tiedDecoder: false,
};

const MODEL = "model.safetensors";

/**
 * Finds the file and reads what its header says.
 * @param path a weight file, a checkpoint's folder, or a run's: its best model, or else its newest
 * @throws {WeightsError} when there is no such file, it is damaged, or it is refused
 */
export async function openInitial(path: string): Promise<InitialFile> {
  const file = await findModelFile(path);
  await using stored = await openWeights(file);
  const { config, tokenizerSha256 } = stored.metadata;
  const silent = { file, sizes: {}, normalization: undefined, tokenizerSha256 };
  if (config === undefined) {
    const isWhole = stored.names.some((name) => name.includes("cls.predictions."));
    return { ...silent, architecture: isWhole ? AUTHORS : undefined };
  }
  const refuse = (found: string): never => {
    throw new WeightsError(`Cannot start from "${file}": ${found}; take another file`);
  };
  const json = tryParseJson(config) ?? refuse('"config" of its header is not valid JSON');
  const parsed = headerSchema.safeParse(json.value);
  if (!parsed.success) {
    const { where, expected } = firstFault(parsed.error);
    const place = where === "" ? "config" : `config.${where}`;
    return refuse(`"${place}" of its header is not understood: ${expected}`);
  }
  const { positionExponent, finalRelu, tiedDecoder, mean, std, ...sizes } = parsed.data;
  return {
    ...{ file, sizes, tokenizerSha256 },
    architecture: { positionExponent, finalRelu, tiedDecoder },
    normalization: mean === undefined || std === undefined ? undefined : { mean, std },
  };
}

/** The file that a path means: itself, or the best or else newest model of a checkpoint's or run's folder. */
export async function findModelFile(path: string, attempt = "start from"): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    const reason =
      systemErrorCode(error) === "ENOENT" ? "no such file or folder" : describeError(error);
    throw new WeightsError(`Cannot ${attempt} "${path}": ${reason}`, { cause: error });
  });
  if (!found.isDirectory()) return path;
  const checkpoints = new Checkpoints(path, { keep: 1 });
  const newest = (await checkpoints.steps()).at(-1);
  const candidates = [
    join(path, MODEL),
    join(path, `${MODEL}.index.json`),
    join(path, "best", MODEL),
    ...(newest === undefined ? [] : [join(checkpoints.path(newest), MODEL)]),
  ];
  for (const candidate of candidates) {
    if (await isFile(candidate)) return candidate;
  }
  throw new WeightsError(
    `Cannot ${attempt} "${path}": expected a safetensors file, a checkpoint's folder with a ${MODEL}, a run's folder with a checkpoint, or a PyTorch file`,
  );
}
