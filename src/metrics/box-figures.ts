/** @file The figures of predicted boxes over many records, by class and of all classes (SPEC 4.3). */
import type { DetectionImage, Detections, LabelledBoxes } from "./boxes.ts";
import type { DenseFigures, DensePart } from "./dense-report.ts";
import {
  DETECTION_FIGURES,
  type DetectionFigureName,
  type DetectionStatisticsOptions,
  detectionStatistics,
} from "./detection-statistics.ts";
import { byName } from "./figures.ts";

/** What was found in some records, and what is there. */
export interface BoxFindings {
  readonly ids: readonly string[];
  readonly groups: readonly string[];
  readonly classes: readonly string[];
  /** By record; labels are positions of classes. */
  readonly images: readonly DetectionImage[];
}

/** A detector that finds nothing has no precision and finds no lesion. */
const FLOORS = byName(DETECTION_FIGURES, (name) => (name === "mapFiltered" ? undefined : 0));

/** The figures of boxes as statistics of their records. */
export function boxFigures(
  { ids, groups, classes, images }: BoxFindings,
  options: DetectionStatisticsOptions,
): DenseFigures<DetectionFigureName> {
  return {
    ...{ ids, groups, names: DETECTION_FIGURES },
    classes: classes.map((name, label): DensePart<DetectionFigureName> => {
      const own = images.map((image) => onlyLabel(image, label));
      return {
        ...{ name, known: images.length, floors: FLOORS },
        positives: own.filter(({ truth }) => truth.labels.length > 0).length,
        statistics: detectionStatistics(own, options),
      };
    }),
    all: { statistics: detectionStatistics(images, options), floors: FLOORS },
  };
}

function onlyLabel({ found, truth }: DetectionImage, label: number): DetectionImage {
  const chosen = indicesOf(found, label);
  const scores = chosen.map((i) => found.scores[i] ?? 0);
  const own: Detections = { ...pick(found, chosen), scores };
  return { found: own, truth: pick(truth, indicesOf(truth, label)) };
}

const indicesOf = ({ labels }: LabelledBoxes, label: number): readonly number[] =>
  Array.from(labels).flatMap((each, i) => (each === label ? [i] : []));

function pick({ boxes, labels }: LabelledBoxes, chosen: readonly number[]): LabelledBoxes {
  return {
    labels: chosen.map((i) => labels[i] ?? 0),
    boxes: chosen.flatMap((i) => [0, 1, 2, 3].map((side) => boxes[4 * i + side] ?? 0)),
  };
}
