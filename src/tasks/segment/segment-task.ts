/** @file Segmentation as a dense task: which records have masks, which views are made of them, which model learns them (SPEC 4.2). */
import { knowsMask } from "../../data/read-masks.ts";
import type { DatasetRecord } from "../../data/record.ts";
import { type SegmentationFields, segmentationJob } from "../../data/segmentation-job.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import type { DenseTask, JobContext } from "../dense/dense-task.ts";
import { describeModel } from "../finetune/model-description.ts";
import { segmentMethod } from "../method-options.ts";
import { segmentHead } from "./segment-head.ts";
import { SEGMENTER_FORMAT } from "./segmenter-description.ts";

/** Segmentation. */
export const SEGMENT_TASK: DenseTask<SegmentConfig, SegmentationFields> = {
  verb: "segment",
  marks: "masks",
  markedClasses: ({ masks = {}, boxes = [] }, { data }) =>
    data.masksFrom === "masks" ? Object.keys(masks) : boxes.map(({ label }) => label),
  otherMarks: ({ boxes = [] }, { data }) =>
    data.masksFrom === "masks" && boxes.length > 0
      ? "they have boxes, which --masks-from boxes takes for masks"
      : undefined,
  isKnown: (record, classes, { data }) =>
    classes.some((name) => isKnown(record, name, data.masksFrom)),
  isPositive: ({ masks = {}, boxes = [], labels = {} }, classes, { data }) =>
    data.masksFrom === "masks"
      ? classes.some((name) => masks[name] !== undefined && labels[name] !== 0) // else its file is empty
      : boxes.some(({ label }) => classes.includes(label)),
  balances: ({ data }) => data.negatives === "balanced",
  decode: ({ fidelity }) => segmentMethod(fidelity).decode,
  job: jobOf,
  head: async ({ config, architecture, classes, dataset, leaks, normalization }) => {
    const { decoders, decoderWidths } = config.model;
    const model = { ...architecture, classes, decoders, decoderWidths };
    const { bitDepth } = dataset.manifest;
    const { decode, maskFit } = segmentMethod(config.fidelity);
    return segmentHead(
      model,
      describeModel(SEGMENTER_FORMAT, {
        ...{ config: model, maskFit, normalization, leaks, ...decode },
        ...(bitDepth !== undefined && { bitDepth }),
      }),
    );
  },
  select: ({ train: { selectBy } }) => MEASURES[selectBy],
  validateFrom: () => 0,
};

/** The measure of a validation that models are compared by, and whether more of it is better. */
const MEASURES = {
  dice: { measure: "dice", more: true },
  dicePositives: { measure: "dice_positives", more: true },
  loss: { measure: "loss", more: false },
} as const;

function isKnown(
  record: DatasetRecord,
  name: string,
  masksFrom: SegmentConfig["data"]["masksFrom"],
): boolean {
  return masksFrom === "masks"
    ? knowsMask(record, name)
    : record.boxes !== undefined || record.labels?.[name] === 0;
}

function jobOf({
  config: { train, data, fidelity },
  dataset,
  index,
  classes,
  size,
  decode,
  view,
}: JobContext<SegmentConfig>): ReturnType<typeof segmentationJob> {
  const { masksFrom, probability, scale, rotate, flip } = data;
  const { masksMove, maskFit, maskResize } = segmentMethod(fidelity);
  const movement = { probability, scale, rotate, flip };
  return segmentationJob({
    ...{ index: index.handle, imageRoot: dataset.imageRoot, maskRoot: dataset.maskRoot },
    ...{ seed: train.seed, classes, decode, masksFrom, masksMove, maskFit, maskResize },
    view: { size, ...(view === "training" && { movement }) },
  });
}
