/** @file Detection as a dense task: which records have boxes, which views are made of them, which model learns them (SPEC 4.3). */
import { join } from "node:path";
import { type DetectionFields, detectionJob } from "../../data/detection-job.ts";
import type { DatasetRecord } from "../../data/record.ts";
import { cutBox, knowsBoxes } from "../../data/usable-boxes.ts";
import { readPictureHeader } from "../../image/header.ts";
import { type Anchor, detectionAnchors } from "../../model/heads/detection-anchors.ts";
import type { DetectConfig } from "../../recipes/detect-config.ts";
import { DecodeError } from "../../util/errors.ts";
import type { DenseTask, HeadContext, JobContext } from "../dense/dense-task.ts";
import { describeModel } from "../finetune/model-description.ts";
import { readDescription } from "../finetune/open-model.ts";
import { detectMethod } from "../method-options.ts";
import { detectHead } from "./detect-head.ts";
import { DETECTOR_FORMAT } from "./detector-description.ts";
import { fitAnchors } from "./fit-anchors.ts";

/** What judges a detector is not left out for having many boxes; in training `maxBoxes` says what a batch holds. */
const MOST_JUDGED = 1_000;

/** Detection. */
export const DETECT_TASK: DenseTask<DetectConfig, DetectionFields> = {
  verb: "detect",
  marks: "boxes",
  markedClasses: ({ boxes = [] }) => boxes.map(({ label }) => label),
  isKnown: knowsBoxes,
  isPositive: ({ boxes = [] }, classes) => boxes.some(({ label }) => classes.includes(label)),
  balances: () => false,
  decode: ({ fidelity }) => detectMethod(fidelity).decode,
  job: jobOf,
  head: headOf,
  select: ({ train: { selectBy } }) => ({ measure: selectBy, more: selectBy === "map" }),
  validateFrom: ({ train }) => train.validateFrom,
};

function jobOf({
  config: { train, data },
  dataset: { imageRoot },
  index,
  classes,
  size,
  decode,
  view,
}: JobContext<DetectConfig>): ReturnType<typeof detectionJob> {
  const { probability, scale, rotate, flip } = data;
  const movement = { probability, scale, rotate, flip };
  const maxBoxes = view === "training" ? data.maxBoxes : Math.max(data.maxBoxes, MOST_JUDGED);
  return detectionJob({
    ...{ index: index.handle, imageRoot, seed: train.seed, classes, decode, maxBoxes },
    view: { size, ...(view === "training" && { movement }) },
  });
}

async function headOf(context: HeadContext<DetectConfig>): Promise<ReturnType<typeof detectHead>> {
  const { config: run, architecture, classes, dataset, leaks, normalization } = context;
  const { expansion, channels, objectness, maxOverlap } = run.model;
  const anchors = await anchorsOf(context);
  const config = { ...architecture, classes: classes.length, expansion, channels, anchors };
  const { bitDepth } = dataset.manifest;
  return detectHead(config, {
    suppress: { minObjectness: objectness, maxOverlap },
    metadata: describeModel(DETECTOR_FORMAT, {
      ...{ config, classes, objectness, maxOverlap, normalization, leaks },
      ...detectMethod(run.fidelity).decode,
      ...(bitDepth !== undefined && { bitDepth }),
    }),
  });
}

/** YOLOv3's anchors, or those that the training boxes group into, as they are in the detector's image. */
async function anchorsOf(
  context: HeadContext<DetectConfig>,
): Promise<readonly (readonly Anchor[])[]> {
  const { config, architecture, goesOnFrom, note } = context;
  const current = detectionAnchors(architecture.imageSize);
  if (config.model.anchors === "yolo") return current;
  // The weights have learnt to refine these, whatever the boxes would group into now.
  if (goesOnFrom !== undefined) {
    return (await readDescription(DETECTOR_FORMAT, goesOnFrom)).config.anchors;
  }
  const { seed } = config.train;
  const { anchors, meanOverlap } = fitAnchors(await trainingSizes(context), { current, seed });
  note(
    `anchors fitted to the training boxes: their mean overlap with the nearest is ${meanOverlap.after.toFixed(3)}, with YOLOv3's ${meanOverlap.before.toFixed(3)}`,
  );
  return anchors;
}

/** Sizes of all boxes to learn from, as far as they lie in their pictures, in pixels of the detector's image. */
async function trainingSizes({
  architecture: { imageSize },
  config,
  classes,
  dataset,
  train,
  signal,
}: HeadContext<DetectConfig>): Promise<readonly Anchor[]> {
  const sizes: Anchor[] = [];
  for (let position = 0; position < train.size; position++) {
    signal?.throwIfAborted();
    const record: DatasetRecord = await train.read(position);
    const own = (record.boxes ?? []).filter(({ label }) => classes.includes(label));
    if (own.length === 0) continue;
    const picture = await readPictureHeader(join(dataset.imageRoot, record.image ?? "")).catch(
      (error: unknown) => {
        // It is told when its batch comes.
        if (error instanceof DecodeError && config.data.onBadRecord === "skip") return undefined;
        throw error;
      },
    );
    if (picture === undefined) continue;
    for (const { width, height } of own.flatMap((box) => cutBox(box, picture) ?? [])) {
      sizes.push([(width * imageSize) / picture.width, (height * imageSize) / picture.height]);
    }
  }
  return sizes;
}
