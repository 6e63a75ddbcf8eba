/** @file What `ecamp compare` prints: both sides' figures, their paired difference with interval and p. */
import type { Comparison, FigureDifference } from "../metrics/compare-predictions.ts";
import type { EvaluationComparison } from "../tasks/evaluation/compare-evaluations.ts";
import { describeSample } from "./describe-sample.ts";
import { meanRemarks } from "./mean-remarks.ts";
import { textTable } from "./text-table.ts";

/** The comparison for people. */
export function describeComparison({ first, second, comparison }: EvaluationComparison): string {
  const { records, withoutPatient, bootstrap } = comparison;
  const drawn = withoutPatient === records ? "records" : "patients";
  return [
    `A ${first.model}`,
    `B ${second.model}`,
    `  on split ${first.split} of ${first.dataset}: ${describeSample(comparison)}`,
    `  A − B with 95 % of ${bootstrap.resamples} resamples of ${drawn} (seed ${bootstrap.seed}), the same for both; p is two-sided`,
    ...first.leakReasons.map((reason) => `  LEAK, A: ${reason}`),
    ...second.leakReasons.map((reason) => `  LEAK, B: ${reason}`),
    "",
    ...differenceTable(comparison),
    "",
    ...remarks(comparison),
    "",
  ].join("\n");
}

function differenceTable({ mean, classes, decisions }: Comparison): readonly string[] {
  return textTable([
    ["", "A", "B", "A − B", "p", "p (DeLong)"],
    [`mean AUROC of ${mean.auroc.classes}`, ...cells(mean.auroc)],
    [`mean average precision of ${mean.averagePrecision.classes}`, ...cells(mean.averagePrecision)],
    [`mean F1 of ${mean.f1.classes}`, ...cells(mean.f1)],
    ...(decisions === null
      ? []
      : [
          ["accuracy", ...cells(decisions.accuracy)],
          ["balanced accuracy", ...cells(decisions.balancedAccuracy)],
          ["macro F1", ...cells(decisions.macroF1)],
        ]),
    ...classes.map(({ name, figures, deLong }) => [
      `AUROC ${name}`,
      ...cells(figures.auroc),
      deLong === null ? "–" : describeP(deLong.p),
    ]),
  ]);
}

function remarks(report: Comparison): readonly string[] {
  const { patients, records } = report;
  const lines = [
    "means are over the classes that both sides have",
    ...meanRemarks(report),
    patients < 2 && "no interval and no p: there is only one patient to draw",
    `p is not adjusted for the number of rows${patients < records ? "; DeLong's test takes a patient's records as independent, and is too sure here" : ""}`,
  ];
  return lines.filter((line) => line !== false).map((line) => `  ${line}`);
}

function cells({ first, second, difference, interval, p }: FigureDifference): readonly string[] {
  const between = interval === null ? "" : ` [${signed(interval.low)}, ${signed(interval.high)}]`;
  return [
    first === null ? "–" : first.toFixed(3),
    second === null ? "–" : second.toFixed(3),
    difference === null ? "–" : `${signed(difference)}${between}`,
    p === null ? "–" : describeP(p),
  ];
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function describeP(p: number): string {
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}
