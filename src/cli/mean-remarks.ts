/** @file What a reader of a mean over classes must know: the resamples that it leaves out, and the classes. */
import type { ClassificationReport } from "../metrics/classification-report.ts";
import type { Comparison } from "../metrics/compare-predictions.ts";

/** A mean of which more than this part of the resamples is left out says so. */
const MANY_LEFT_OUT = 0.05;

/** Lines about the means of a report or a comparison; none where nothing is left out. */
export function meanRemarks({
  mean,
  classes,
  minPositives,
  bootstrap,
}: ClassificationReport | Comparison): readonly string[] {
  const { leftOut } = mean.auroc;
  const rare = classes.filter(({ positives }) => positives < minPositives).map(({ name }) => name);
  const lines: string[] = [];
  if (leftOut > MANY_LEFT_OUT * bootstrap.resamples) {
    lines.push(
      `the mean AUROC leaves out ${leftOut} of ${bootstrap.resamples} resamples, which do not have all of its classes; --min-positives takes rare classes out of means`,
    );
  }
  if (rare.length > 0) {
    lines.push(
      `left out of means, present in fewer than ${minPositives} records: ${rare.join(", ")}`,
    );
  }
  return lines;
}
