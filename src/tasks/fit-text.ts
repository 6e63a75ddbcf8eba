/** @file The text side of a batch, whole or cut to what its loss reads. */
import type { BatchArrays } from "../data/batch-job.ts";
import type { PretrainingFields } from "../data/pretraining-job.ts";
import type { BatchSizes } from "../model/ecamp.ts";
import type { HostBatch } from "../model/ecamp-feeds.ts";
import type { NdArray } from "../util/nd-array.ts";
import { fittingSizes } from "./pretrain-shapes.ts";

/** The arrays of the loader that are about text. */
export type TextArrays = Pick<
  BatchArrays<PretrainingFields>,
  "ids" | "labels" | "attentionMask" | "tokenWeights" | "length"
>;

/** The text inputs of the model, and the shape that they give to the batch. */
export interface FittedText
  extends Pick<HostBatch, "ids" | "labels" | "attentionMask" | "tokenWeights" | "wordPositions"> {
  readonly sizes: BatchSizes;
}

/** The text as it is: words are found at every place, padding included. */
export function wholeText(arrays: TextArrays, full: BatchSizes): FittedText {
  const { attentionMask, tokenWeights } = arrays;
  const [batch = full.batch] = arrays.ids.shape;
  return {
    sizes: { ...full, batch },
    ids: asIndices(arrays.ids),
    labels: asIndices(arrays.labels),
    attentionMask,
    tokenWeights,
  };
}

/**
 * The text cut to the longest of the batch, with words to be found at the masked places only: there the masked id differs from
 * the label. Both are rounded up to a shape of few; places that fill it up are place 0 with weight 0.
 */
export function maskedText(arrays: TextArrays, full: BatchSizes): FittedText {
  const { ids, labels, tokenWeights, length } = arrays;
  const [batch = 0, whole = 0] = ids.shape;
  const masked = placesWhere(ids.data.length, (i) => ids.data[i] !== labels.data[i]);
  const longest = length.data.reduce((most, each) => Math.max(most, each), 0);
  const sizes = fittingSizes({ ...full, batch }, { longest, words: masked.length });
  const { tokens, words = 0 } = sizes;
  const at = <T>(place: (i: number) => T, rest: T): T[] =>
    Array.from({ length: words }, (_, j) => (j < masked.length ? place(masked[j] ?? 0) : rest));
  const inBatch = (i: number): number => Math.floor(i / whole) * tokens + (i % whole);
  return {
    sizes,
    ids: asIndices(cutColumns(ids, tokens)),
    attentionMask: cutColumns(arrays.attentionMask, tokens),
    wordPositions: indices(at(inBatch, 0)),
    labels: indices(at((i) => labels.data[i] ?? 0, 0)),
    tokenWeights: {
      dtype: "f32",
      shape: [words],
      data: Float32Array.from(at((i) => tokenWeights.data[i] ?? 0, 0)),
    },
  };
}

function placesWhere(length: number, holds: (i: number) => boolean): readonly number[] {
  return Array.from({ length }, (_, i) => i).filter(holds);
}

/** The first columns of a matrix [B, T] → [B, columns]. */
function cutColumns<D extends "i32" | "f32">(matrix: NdArray<D>, columns: number): NdArray<D> {
  const [rows = 0, width = 0] = matrix.shape;
  const data = matrix.data.slice(0, rows * columns) as NdArray<D>["data"];
  for (let row = 0; row < rows; row++) {
    data.set(matrix.data.subarray(row * width, row * width + columns), row * columns);
  }
  return { dtype: matrix.dtype, shape: [rows, columns], data };
}

const indices = (values: readonly number[]): NdArray<"i64"> => ({
  dtype: "i64",
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

const asIndices = ({ shape, data }: NdArray<"i32">): NdArray<"i64"> => ({
  dtype: "i64",
  shape,
  data: BigInt64Array.from(data, BigInt),
});
