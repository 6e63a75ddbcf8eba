/** @file How segmenters are judged: Dice, overlap and distance of every mask, on the grid of the model (SPEC 4.2). */
import { z } from "zod";
import { readMasks } from "../../data/read-masks.ts";
import type { SegmentationFields } from "../../data/segmentation-job.ts";
import { INSIDE } from "../../image/dense-view.ts";
import { type Fit, placeInSquare } from "../../image/letterbox.ts";
import type { Mask } from "../../image/mask.ts";
import type { OverlayMask, OverlayOptions } from "../../image/overlay.ts";
import { type MaskFigureName, maskFigures } from "../../metrics/mask-figures.ts";
import { type MaskScore, scoreMask } from "../../metrics/segmentation-statistics.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import type { DenseJudging, DrawnCase, Judged } from "../dense/judging.ts";
import { maskOfLogits } from "./mask-of-logits.ts";
import { LOGITS, segmentHead } from "./segment-head.ts";
import { SEGMENT_TASK } from "./segment-task.ts";
import { SEGMENTER_FORMAT, type SegmenterDescription } from "./segmenter-description.ts";

/** What is kept of a record: the picture's size in the model, and the score of each class whose mask is known. */
export interface SegmentLine {
  /** Pixels of the model's image, of which areas are shares. */
  readonly pixels: number;
  readonly scores: Readonly<Record<string, MaskScore | null>>;
}

const count = z.int().min(0);
const score = z.strictObject({
  ...{ dice: z.number(), iou: z.number(), hd95: z.number() },
  ...{ truePixels: count, predictedPixels: count },
});

/** Segmentation, judged. */
export const SEGMENT_JUDGING: DenseJudging<
  SegmentConfig,
  SegmentationFields,
  SegmenterDescription,
  SegmentLine,
  MaskFigureName
> = {
  kind: "segment",
  task: SEGMENT_TASK,
  format: SEGMENTER_FORMAT,
  open: ({ config, maskFit = "stretch" }) => {
    const { imageSize, classes } = config;
    const grid = { imageSize, classes, maskFit };
    return {
      ...{ head: segmentHead(config, {}), imageSize, classes },
      linesOf: (run) => linesOf(run, grid),
      overlay: (run, row, drawn) => overlayOf(run, row, { ...drawn, ...grid }),
    };
  },
  lineSchema: z.strictObject({ pixels: count, scores: z.record(z.string(), score.nullable()) }),
  sameTruth,
  figures: ({ ids, groups, classes, lines }, { smallBelow }) =>
    maskFigures({
      ...{ ids, groups, classes },
      scores: classes.map((name) => lines.map(({ scores }) => scores[name] ?? undefined)),
      smallBelow: smallBelow * (lines[0]?.pixels ?? 0),
    }),
  caseScoreName: "mean Dice of the classes that are known",
  caseScore: ({ scores }) => {
    const known = Object.values(scores).filter((each) => each !== null);
    return known.reduce((sum, { dice }) => sum + dice, 0) / Math.max(1, known.length);
  },
};

/** Of images of different sizes, masks of the same share of the picture but for their edges are the same. */
const EDGE_SHARE = 0.02;

function sameTruth(first: SegmentLine, second: SegmentLine): boolean {
  const names = Object.keys(first.scores);
  return names.every((name) => {
    const [a, b] = [first.scores[name] ?? null, second.scores[name] ?? null];
    if (a === null || b === null) return a === b;
    if (first.pixels === second.pixels) return a.truePixels === b.truePixels;
    return Math.abs(a.truePixels / first.pixels - b.truePixels / second.pixels) <= EDGE_SHARE;
  });
}

interface Grid {
  readonly imageSize: number;
  readonly classes: readonly string[];
  /** How masks lie in the square of the model. */
  readonly maskFit: Fit;
}

function linesOf(
  { batch: { arrays }, outputs, rows }: Judged<SegmentationFields>,
  { imageSize, classes, maskFit }: Grid,
): readonly SegmentLine[] {
  const pixels = imageSize ** 2;
  const logits = outputs.get(LOGITS) ?? new Float32Array();
  return rows.map((row) => {
    const [width = imageSize, height = imageSize] = arrays.pictureSize.data.subarray(2 * row);
    const place = placeInSquare({ width, height }, imageSize, maskFit);
    const scores = classes.map((name, k): [string, MaskScore | null] => {
      const plane = row * classes.length + k;
      if (arrays.known.data[plane] !== 1) return [name, null];
      const levels = arrays.masks.data.subarray(plane * pixels, (plane + 1) * pixels);
      const pair = {
        ...{ width: imageSize, height: imageSize },
        // Distances are told in pixels of the file, whose sides may be stretched apart.
        spacing: [width / place.width, height / place.height] as const,
        predicted: isAbove(logits.subarray(plane * pixels, (plane + 1) * pixels), 0),
        truth: isAbove(levels, INSIDE / 2),
      };
      return [name, scoreMask(pair)];
    });
    return { pixels, scores: Object.fromEntries(scores) };
  });
}

/** 1 strictly above a level. A logit above 0 is a probability above one half. */
const isAbove = (values: ArrayLike<number>, level: number): Uint8Array =>
  Uint8Array.from(values, (value) => Number(value > level));

async function overlayOf(
  { outputs }: Judged<SegmentationFields>,
  row: number,
  {
    config,
    record,
    dataset,
    size,
    imageSize,
    classes,
    maskFit,
  }: DrawnCase<SegmentConfig, SegmentLine> & Grid,
): Promise<OverlayOptions> {
  const { masks } = await readMasks(record, classes, {
    ...{ maskRoot: dataset.maskRoot, size, fillBoxes: config.data.masksFrom === "boxes" },
  });
  const pixels = imageSize ** 2;
  const logits = outputs.get(LOGITS) ?? new Float32Array();
  const named = (all: readonly (Mask | undefined)[]): readonly OverlayMask[] =>
    all.flatMap((mask, k) => (mask === undefined ? [] : [{ mask, label: classes[k] ?? "" }]));
  const predicted = classes.map((_, k) => {
    const from = (row * classes.length + k) * pixels;
    return maskOfLogits(logits.subarray(from, from + pixels), size, {
      size: imageSize,
      fit: maskFit,
    });
  });
  return { truth: { masks: named(masks) }, prediction: { masks: named(predicted) } };
}
