/** @file Labels as a classifier's graph is fed with them, and the loss that reads them. */
import { constant, input, type Tensor } from "../../engine/tensor.ts";
import {
  type ClassificationTask,
  multiLabelLoss,
  singleLabelLoss,
} from "../../model/heads/classification-loss.ts";
import { type NdArray, zeros } from "../../util/nd-array.ts";

/** The names of a graph's inputs. */
const TARGETS = "targets";
const KNOWN = "known";

/** What the loss of a task depends on beside logits and labels. */
export interface LabelledLossOptions {
  readonly task: ClassificationTask;
  /** A factor for each class on the loss where it is present; multi-label only. */
  readonly positiveWeights?: readonly number[] | undefined;
}

/** The loss of logits [B, C] against labels that `labelFeeds` gives. */
export function labelledLoss(
  logits: Tensor,
  { task, positiveWeights }: LabelledLossOptions,
): Tensor {
  const [batch = 0, classes = 0] = logits.shape;
  if (task === "single-label") {
    const target = input(TARGETS, "i64", [batch]);
    return singleLabelLoss(logits, { target, known: input(KNOWN, "f32", [batch]) });
  }
  return multiLabelLoss(logits, {
    targets: input(TARGETS, "f32", [batch, classes]),
    known: input(KNOWN, "f32", [batch, classes]),
    ...(positiveWeights !== undefined && {
      positiveWeight: constant({
        dtype: "f32",
        shape: [classes],
        data: Float32Array.from(positiveWeights),
      }),
    }),
  });
}

/**
 * Labels [B, C] (1 present, 0 absent, −1 unknown; of a single-label task one 1 in a row, or −1 throughout) as the inputs of
 * `labelledLoss`.
 */
export function labelFeeds(
  labels: NdArray<"i32">,
  task: ClassificationTask,
): ReadonlyMap<string, NdArray> {
  return task === "single-label" ? singleFeeds(labels) : multiFeeds(labels);
}

function multiFeeds({ shape, data }: NdArray<"i32">): ReadonlyMap<string, NdArray> {
  const targets = zeros("f32", shape);
  const known = zeros("f32", shape);
  for (const [i, label] of data.entries()) {
    targets.data[i] = label === 1 ? 1 : 0;
    known.data[i] = label === -1 ? 0 : 1;
  }
  return new Map([
    [TARGETS, targets],
    [KNOWN, known],
  ]);
}

function singleFeeds({ shape, data }: NdArray<"i32">): ReadonlyMap<string, NdArray> {
  const [batch = 0, classes = 0] = shape;
  const targets = zeros("i64", [batch]);
  const known = zeros("f32", [batch]);
  for (let sample = 0; sample < batch; sample++) {
    const present = data.subarray(sample * classes, (sample + 1) * classes).indexOf(1);
    targets.data[sample] = BigInt(Math.max(0, present));
    known.data[sample] = present === -1 ? 0 : 1;
  }
  return new Map<string, NdArray>([
    [TARGETS, targets],
    [KNOWN, known],
  ]);
}
