/** @file How detectors are judged: what they find against what is there, in pixels of the file (SPEC 4.3). */
import { z } from "zod";
import type { DetectionFields } from "../../data/detection-job.ts";
import type { Corners } from "../../image/mask.ts";
import { boxFigures } from "../../metrics/box-figures.ts";
import type { DetectionImage } from "../../metrics/boxes.ts";
import { meanAveragePrecision } from "../../metrics/detection-precision.ts";
import type { DetectionFigureName } from "../../metrics/detection-statistics.ts";
import { BOX_COLUMNS } from "../../model/heads/detection-targets.ts";
import type { DetectConfig } from "../../recipes/detect-config.ts";
import type { DenseJudging, Judged } from "../dense/judging.ts";
import { detectHead } from "./detect-head.ts";
import { DETECT_TASK } from "./detect-task.ts";
import { DETECTOR_FORMAT, type DetectorDescription } from "./detector-description.ts";
import { surestBoxes, trueBoxes } from "./drawn-boxes.ts";
import { foundBoxes } from "./found-boxes.ts";
import type { SuppressOptions } from "./suppress-boxes.ts";

/** A box of a picture, in pixels of its file from its top left corner. */
export interface LineBox {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box that was found. */
export interface FoundBox extends LineBox {
  /** Objectness. */
  readonly score: number;
}

/** What is kept of a record. */
export interface DetectLine {
  /** Of the picture's file, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly found: readonly FoundBox[];
  readonly truth: readonly LineBox[];
}

const side = z.number();
const boxFields = { label: z.string(), x: side, y: side, width: side, height: side };

/** Detection, judged. */
export const DETECT_JUDGING: DenseJudging<
  DetectConfig,
  DetectionFields,
  DetectorDescription,
  DetectLine,
  DetectionFigureName
> = {
  kind: "detect",
  task: DETECT_TASK,
  format: DETECTOR_FORMAT,
  open: (description, { minObjectness }) => {
    const { objectness, maxOverlap } = description;
    const suppress = { minObjectness: minObjectness ?? objectness, maxOverlap };
    const { config, classes } = description;
    return {
      head: detectHead(config, { metadata: {}, suppress }),
      ...{ imageSize: config.imageSize, classes },
      linesOf: (run) => linesOf(run, description, suppress),
      overlay: async (_, __, { line }) => ({
        truth: trueBoxes(line.truth),
        prediction: surestBoxes(line.found, minObjectness),
      }),
    };
  },
  lineSchema: z.strictObject({
    ...{ width: z.number().positive(), height: z.number().positive() },
    found: z.array(z.strictObject({ ...boxFields, score: z.number() })),
    truth: z.array(z.strictObject(boxFields)),
  }),
  sameTruth,
  figures: ({ ids, groups, classes, lines }, { smallBelow }) =>
    boxFigures(
      { ids, groups, classes, images: lines.map((line) => relativeImage(line, classes)) },
      { smallBelow },
    ),
  caseScoreName:
    "mAP at an overlap of 0.5; of a picture without boxes, how unsure its surest false alarm is",
  caseScore: (line, classes) => {
    const image = relativeImage(line, classes);
    const precision = meanAveragePrecision([image], { iouThresholds: [0.5] });
    // With nothing to find, the surer a false alarm is the worse.
    return precision ?? 1 - Math.max(0, ...line.found.map(({ score }) => score));
  },
};

/** In pixels of the file: boxes have been shares of an image in f32. */
const ROUNDING = 0.1;

function sameTruth(first: DetectLine, second: DetectLine): boolean {
  if (first.width !== second.width || first.height !== second.height) return false;
  if (first.truth.length !== second.truth.length) return false;
  return first.truth.every((box, i) => {
    const other = second.truth[i];
    if (other === undefined || box.label !== other.label) return false;
    const corners = cornersOf(other);
    return cornersOf(box).every((place, k) => Math.abs(place - (corners[k] ?? 0)) <= ROUNDING);
  });
}

const cornersOf = ({ x, y, width, height }: LineBox): Corners => [x, y, x + width, y + height];

/** Boxes as shares of the picture: overlaps are those in pixels, and areas are shares. */
function relativeImage(
  { width, height, found, truth }: DetectLine,
  classes: readonly string[],
): DetectionImage {
  const boxesOf = (boxes: readonly LineBox[]): readonly number[] =>
    boxes.flatMap((box) =>
      cornersOf(box).map((place, i) => place / (i % 2 === 0 ? width : height)),
    );
  const labelsOf = (boxes: readonly LineBox[]): readonly number[] =>
    boxes.map(({ label }) => classes.indexOf(label));
  return {
    found: {
      ...{ boxes: boxesOf(found), labels: labelsOf(found) },
      scores: found.map(({ score }) => score),
    },
    truth: { boxes: boxesOf(truth), labels: labelsOf(truth) },
  };
}

function linesOf(
  { batch: { arrays }, outputs, rows }: Judged<DetectionFields>,
  { config, classes }: DetectorDescription,
  suppress: SuppressOptions,
): readonly DetectLine[] {
  const { imageSize } = config;
  const found = foundBoxes(outputs, arrays.boxes.shape[0] ?? 0, { config, ...suppress });
  const most = (arrays.boxes.shape[1] ?? 0) * BOX_COLUMNS;
  return rows.map((row) => {
    const [width = imageSize, height = imageSize] = arrays.pictureSize.data.subarray(2 * row);
    const inFile = (corners: Corners, label: number): LineBox => {
      // Not cut at the picture's edge: figures are of what the detector says.
      const [x, y] = [width / imageSize, height / imageSize];
      const [x1, y1, x2, y2] = [corners[0] * x, corners[1] * y, corners[2] * x, corners[3] * y];
      return { label: classes[label] ?? "", x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
    };
    const mine = found[row];
    return {
      ...{ width, height },
      found: Array.from(mine?.scores ?? [], (score, i) => ({
        ...inFile(cornersAt(mine?.boxes ?? new Float64Array(), i), mine?.labels[i] ?? 0),
        score,
      })),
      truth: trueRows(arrays.boxes.data.subarray(row * most, (row + 1) * most)).map(
        ([label, x, y, w, h]) => {
          const corners = [x - w / 2, y - h / 2, x + w / 2, y + h / 2] as const;
          const [x1, y1, x2, y2] = corners.map((place) => place * imageSize);
          return inFile([x1 ?? 0, y1 ?? 0, x2 ?? 0, y2 ?? 0], label);
        },
      ),
    };
  });
}

function cornersAt(boxes: Float64Array, i: number): Corners {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(4 * i, 4 * i + 4);
  return [x1, y1, x2, y2];
}

type BoxRow = readonly [label: number, x: number, y: number, width: number, height: number];

/** Rows of class, centre and size, relative to the image; rows of zeros are left out. */
function trueRows(rows: Float32Array): readonly BoxRow[] {
  const found: BoxRow[] = [];
  for (let at = 0; at < rows.length; at += BOX_COLUMNS) {
    const [label = 0, x = 0, y = 0, width = 0, height = 0] = rows.subarray(at, at + BOX_COLUMNS);
    if (width > 0 && height > 0) found.push([label, x, y, width, height]);
  }
  return found;
}
