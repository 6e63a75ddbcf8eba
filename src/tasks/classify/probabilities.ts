/** @file From logits to probabilities, in single precision as the published programs compute them: ties of saturated ones count. */
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";

/** σ(z) of every logit (multi-label), or the softmax of each row of `classes` logits (single-label). */
export function probabilitiesOf(
  logits: Float32Array,
  { task, classes }: { readonly task: ClassificationTask; readonly classes: number },
): Float32Array {
  if (task === "multi-label") return logits.map(sigmoid);
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = Float64Array.from(row, (logit) => Math.exp(logit - largest));
    const total = powers.reduce((a, b) => a + b, 0);
    probabilities.set(
      powers.map((power) => power / total),
      start,
    );
  }
  return probabilities;
}

/** Every step rounded to single precision, as PyTorch's kernel does: it is exactly 1 from about 16.6 on. */
const sigmoid = (logit: number): number =>
  1 / Math.fround(1 + Math.fround(Math.exp(Math.fround(-logit))));

/**
 * The mean cross-entropy of logits [N, C] against labels [N, C] (1, 0, −1 unknown), in double precision: what the loss is in
 * training, without weights of classes. NaN when no label is known.
 */
export function meanCrossEntropy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  { task, classes }: { readonly task: ClassificationTask; readonly classes: number },
): number {
  const each =
    task === "multi-label" ? binaryTerms(logits, labels) : rowTerms(logits, labels, classes);
  let sum = 0;
  let count = 0;
  for (const term of each) {
    sum += term;
    count++;
  }
  return sum / count;
}

/** ln(1 + eˣ) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function* binaryTerms(logits: Float32Array, labels: ArrayLike<number>): Generator<number> {
  for (const [i, logit] of logits.entries()) {
    if (labels[i] === 1) yield softplus(-logit);
    else if (labels[i] === 0) yield softplus(logit);
  }
}

function* rowTerms(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): Generator<number> {
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const present = row.findIndex((_, k) => labels[start + k] === 1);
    if (present === -1) continue;
    const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const total = row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    yield largest + Math.log(total) - (row[present] ?? Number.NaN);
  }
}
