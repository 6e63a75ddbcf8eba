/** @file A pre-trained model as far as a report's words look at a picture with it: from a weight file with a report decoder. */
import { createHash } from "node:crypto";
import type { NamedArrays } from "../engine/runtime/program.ts";
import { type EcampConfig, gridOf } from "../model/config.ts";
import { DEFAULTS } from "../recipes/defaults.ts";
import { SIZES } from "../recipes/sizes.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { WeightsError } from "../util/errors.ts";
import type { NdArray } from "../util/nd-array.ts";
import { matchWeights, requireLoad } from "../weights/load-report.ts";
import { openWeights } from "../weights/open-weights.ts";
import { readFloats } from "../weights/read-floats.ts";
import { type RecognizedWeights, recognizeWeights } from "../weights/recognize.ts";
import type { WeightsFile } from "../weights/weights-file.ts";
import { traceCrossAttention } from "./cross-attention.ts";
import { configOfHeader } from "./pretrained-model.ts";

/** The part of a model that its cross-attention depends on. */
export interface ReportModel {
  readonly config: EcampConfig;
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
  /** SHA-256, in hex, of sizes, parameters and vocabulary, whatever the file's format: the same hash sees the same. */
  readonly hash: string;
  /** What the file does not say and is taken for granted; empty where it says everything. */
  readonly assumed: string;
}

/**
 * Reads what cross-attention needs: the image encoder, the word embeddings, the first half of the fusion layer.
 * @param file a weight file of any format
 * @throws {WeightsError} when it has no report decoder with context fusion, is damaged, or was trained with another vocabulary
 */
export async function readReportModel(file: string, tokenizer: Tokenizer): Promise<ReportModel> {
  await using stored = await openWeights(file);
  const recognized = recognizeWeights(stored);
  requireReportDecoder(file, recognized);
  const stated = configOfHeader(stored);
  const config = stated ?? configOfShapes(file, recognized);
  requireVocabulary(stored, config, tokenizer);
  const wanted = traceCrossAttention(config, 1).parameters;
  const report = matchWeights({
    available: stored.names.map((name) => [name, stored.info(name).shape] as const),
    wanted: wanted.map(({ name, shape }) => [name, shape] as const),
  });
  const { imageSize, patch } = config;
  const grid = gridOf(config);
  const model = `cross-attention on pictures of ${imageSize} pixels (${grid} × ${grid} patches of ${patch})`;
  requireLoad(report, { file, model, mayIgnore: () => true });
  const parameters = new Map<string, NdArray<"f32">>();
  for (const one of report.loaded) parameters.set(one.name, await readFloats(stored, one));
  const assumed =
    stated === undefined
      ? "its header does not state its sizes: those that belong to its encoder's width and depth are assumed"
      : "";
  return { config, parameters, assumed, hash: hashOf(config, parameters, tokenizer) };
}

function requireReportDecoder(file: string, { family, what }: RecognizedWeights): void {
  if (family === "ecamp") return;
  throw new WeightsError(
    `Cannot read cross-attention from "${file}": it holds ${what}, and no report decoder with context fusion; expected a run of "ecamp pretrain" or the authors' pre-training weights`,
  );
}

/** The sizes of a file that does not state them, where they are those of a published or named model. */
function configOfShapes(file: string, { encoder, tensors }: RecognizedWeights): EcampConfig {
  const rowsOf = (name: string): number =>
    tensors.get(`bert_encoder.model.bert.embeddings.${name}.weight`)?.shape[0] ?? 0;
  const sizes = Object.values(SIZES).find(
    ({ dim, depth, patch }) =>
      dim === encoder?.dim && depth === encoder.depth && patch === encoder.patch,
  );
  if (sizes === undefined || encoder?.grid === undefined) {
    throw new WeightsError(
      `Cannot read cross-attention from "${file}": its header does not state its sizes, and shapes do not tell its number of attention heads; expected a file that "ecamp pretrain" wrote, or an encoder of width 768 with 12 blocks`,
    );
  }
  const { tokens: _, ...model } = sizes;
  const imageSize = encoder.grid * encoder.patch;
  const { mean, std } = DEFAULTS.data;
  return {
    ...{ ...model, imageSize, bigImageSize: 2 * imageSize, mean, std },
    vocab: rowsOf("word_embeddings"),
    positions: rowsOf("position_embeddings"),
    // The authors' own program; of these, cross-attention depends on the stored position table alone.
    ...{ positionExponent: "k/(2d)", finalRelu: true, tiedDecoder: false },
  };
}

function requireVocabulary(
  { file, metadata }: WeightsFile,
  { vocab }: EcampConfig,
  { sha256, size }: Tokenizer,
): void {
  const expected = metadata["tokenizerSha256"];
  const remedy = "give the tokenizer.json that it was trained with by --tokenizer";
  if (expected !== undefined && expected !== sha256) {
    throw new WeightsError(
      `Cannot let "${file}" read reports: it was trained with another vocabulary (SHA-256 ${expected.slice(0, 12)}…, this one has ${sha256.slice(0, 12)}…); ${remedy}`,
    );
  }
  if (vocab !== size) {
    throw new WeightsError(
      `Cannot let "${file}" read reports: it knows ${vocab} words, and the vocabulary has ${size}; ${remedy}`,
    );
  }
}

function hashOf(
  config: EcampConfig,
  parameters: ReadonlyMap<string, NdArray<"f32">>,
  tokenizer: Tokenizer,
): string {
  const { imageSize, bigImageSize, patch, heads, bertHeads, mean, std } = config;
  const { layerNormEps, bertLayerNormEps } = config;
  // What the parameters' shapes do not tell.
  const sizes = { imageSize, bigImageSize, patch, heads, bertHeads, mean, std };
  const text = JSON.stringify({ ...sizes, layerNormEps, bertLayerNormEps });
  const hash = createHash("sha256").update(`${text}\n${tokenizer.sha256}\n`);
  for (const [name, { shape, data }] of parameters) {
    hash.update(`${name} ${shape.join(",")}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
