/** @file The figures of a detector over many pictures, as statistics of the pictures. */
import type { DetectionImage } from "./boxes.ts";
import { meanAveragePrecisionOf } from "./detection-precision.ts";
import type { Values } from "./figures.ts";
import { frocOf, frocScoreOf, meanSensitivity } from "./froc.ts";
import type { SampleCounts } from "./ranking.ts";

/**
 * Figures of a detector. `map` is over the pictures as they are; `mapFiltered` leaves out those without a detection or without a
 * true box, and needs an overlap greater than its threshold, as published runs do; it stands beside it always (SPEC 5). Those that end in `Small` are of small lesions alone.
 */
export const DETECTION_FIGURES = [
  "map",
  "mapFiltered",
  "ap50",
  "mapSmall",
  "froc",
  "frocSmall",
  "sensitivityAt1/8",
  "sensitivityAt1/4",
  "sensitivityAt1/2",
  "sensitivityAt1",
  "sensitivityAt2",
  "sensitivityAt4",
  "sensitivityAt8",
] as const;
export type DetectionFigureName = (typeof DETECTION_FIGURES)[number];

/** The figures on any resample of the pictures. */
export type DetectionStatistics = (counts: SampleCounts) => Values<DetectionFigureName>;

/** What the figures are made with. */
export interface DetectionStatisticsOptions {
  /** Must an overlap be greater than its threshold? Else, as in COCO, equal is enough. Default false; `mapFiltered` always is. */
  readonly strict?: boolean | undefined;
  /** Below how many square pixels a true box is a small lesion. Without, figures of small lesions are undefined. */
  readonly smallBelow?: number | undefined;
}

/** The overlap of `ap50` and of the free-response curve. */
const HALF = 0.5;

/**
 * The statistics of some pictures' detections.
 * @throws {RangeError} when boxes, labels or scores are not what their types say
 */
export function detectionStatistics(
  images: readonly DetectionImage[],
  { strict = false, smallBelow }: DetectionStatisticsOptions = {},
): DetectionStatistics {
  const map = meanAveragePrecisionOf(images, { strict });
  // As published in this too, whatever the others do: at a threshold itself there is no match.
  const mapFiltered = meanAveragePrecisionOf(images, { strict: true, filtered: true });
  const ap50 = meanAveragePrecisionOf(images, { strict, iouThresholds: [HALF] });
  const froc = frocOf(images, { strict });
  const area = { least: 0, end: smallBelow ?? 0 };
  const mapSmall = meanAveragePrecisionOf(images, { strict, area });
  const frocSmall = frocScoreOf(images, { strict, area });
  return (counts) => {
    const sensitivities = froc(counts);
    const [eighth, quarter, half, one, two, four, eight] = sensitivities ?? [];
    return {
      ...{ map: map(counts), mapFiltered: mapFiltered(counts), ap50: ap50(counts) },
      ...{
        mapSmall: mapSmall(counts),
        froc: meanSensitivity(sensitivities),
        frocSmall: frocSmall(counts),
      },
      ...{ "sensitivityAt1/8": eighth, "sensitivityAt1/4": quarter, "sensitivityAt1/2": half },
      ...{ sensitivityAt1: one, sensitivityAt2: two, sensitivityAt4: four, sensitivityAt8: eight },
    };
  };
}
