/** @file The Dice of a validation: the mean over pictures and classes, on the grid of the model (SPEC 4.2). */
import type { SegmentationFields } from "../../data/segmentation-job.ts";
import { INSIDE } from "../../image/dense-view.ts";
import { diceScore, type Overlap } from "../../metrics/overlap.ts";
import type { Judge } from "../dense/dense-task.ts";

/** Half of a pixel's level; a pixel is in the mask strictly above it. */
const HALF = INSIDE / 2;

/** Judges logits above 0 against masks above one half; unknown masks are left out. */
export function maskJudge(classes: number): Judge<SegmentationFields> {
  const sums = { dice: 0, count: 0, dicePositives: 0, positives: 0 };
  return {
    add: ({ arrays: { masks, known } }, outputs, rows) => {
      const logits = outputs.get("logits") ?? new Float32Array();
      const pixels = masks.data.length / known.data.length;
      for (const row of rows) {
        for (let k = 0; k < classes; k++) {
          const plane = row * classes + k;
          if (known.data[plane] !== 1) continue;
          const [from, to] = [plane * pixels, (plane + 1) * pixels];
          const overlap = overlapOf(logits.subarray(from, to), masks.data.subarray(from, to));
          const dice = diceScore(overlap);
          sums.dice += dice;
          sums.count++;
          if (overlap.truth === 0) continue;
          sums.dicePositives += dice;
          sums.positives++;
        }
      }
    },
    hasPositives: () => sums.positives > 0,
    measures: () => ({
      ...(sums.count > 0 && { dice: sums.dice / sums.count }),
      ...(sums.positives > 0 && { dice_positives: sums.dicePositives / sums.positives }),
    }),
  };
}

function overlapOf(logits: Float32Array, levels: Uint8Array): Overlap {
  const counts = { predicted: 0, truth: 0, both: 0 };
  for (let i = 0; i < levels.length; i++) {
    const isTrue = (levels[i] ?? 0) > HALF;
    if (isTrue) counts.truth++;
    if (!((logits[i] ?? 0) > 0)) continue;
    counts.predicted++;
    if (isTrue) counts.both++;
  }
  return counts;
}
