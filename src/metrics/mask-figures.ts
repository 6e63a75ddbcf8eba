/** @file The figures of predicted masks over many records, by class (SPEC 4.2). */
import { type DenseFigures, type DensePart, meanOverClasses } from "./dense-report.ts";
import { byName } from "./figures.ts";
import type { SampleCounts } from "./ranking.ts";
import {
  type MaskScore,
  meanScore,
  SEGMENTATION_FIGURES,
  type SegmentationFigureName,
  segmentationFloors,
  segmentationStatistics,
} from "./segmentation-statistics.ts";

/** Figures of pictures, and Dice of those with something small to find. */
export type MaskFigureName = SegmentationFigureName | "diceSmall";
export const MASK_FIGURES: readonly MaskFigureName[] = [...SEGMENTATION_FIGURES, "diceSmall"];

/** The scores of every class of some records. */
export interface MaskScores {
  readonly ids: readonly string[];
  readonly groups: readonly string[];
  readonly classes: readonly string[];
  /** By class, then by record; undefined where the mask is not known. */
  readonly scores: readonly (readonly (MaskScore | undefined)[])[];
  /** Fewer pixels than these are small. */
  readonly smallBelow: number;
}

/** The figures of masks as statistics of their records. */
export function maskFigures({
  ids,
  groups,
  classes,
  scores,
  smallBelow,
}: MaskScores): DenseFigures<MaskFigureName> {
  const parts = classes.map((name, k) => partOf(name, scores[k] ?? [], smallBelow));
  const all = meanOverClasses(ids.length, MASK_FIGURES, parts);
  return { ids, groups, names: MASK_FIGURES, classes: parts, all };
}

function partOf(
  name: string,
  scores: readonly (MaskScore | undefined)[],
  smallBelow: number,
): DensePart<MaskFigureName> {
  const positions = [...scores.keys()].filter((i) => scores[i] !== undefined);
  const known = scores.filter((score) => score !== undefined);
  const statistics = segmentationStatistics(known);
  const small = meanScore(
    known,
    ({ dice }) => dice,
    ({ truePixels }) => truePixels > 0 && truePixels < smallBelow,
  );
  const positives = known.filter(({ truePixels }) => truePixels > 0).length;
  const floors = { ...segmentationFloors(known), diceSmall: positives > 0 ? 0 : undefined };
  return {
    ...{
      name,
      known: known.length,
      positives,
      floors: byName(MASK_FIGURES, (each) => floors[each]),
    },
    statistics: (counts: SampleCounts) => {
      const ofKnown = Uint32Array.from(positions, (i) => counts[i] ?? 0);
      return { ...statistics(ofKnown), diceSmall: small(ofKnown) };
    },
  };
}
