/** @file What `ecamp compare` prints: both sides' figures, their paired difference with interval and p. */
import type { FigureDifference } from "../metrics/compare-predictions.ts";
import type { EvaluationComparison } from "../tasks/evaluation/compare-evaluations.ts";
import { textTable } from "./text-table.ts";

/** The comparison for people. */
export function describeComparison({ first, second, comparison }: EvaluationComparison): string {
  const { records, patients, bootstrap, mean, classes, decisions } = comparison;
  const leaks = first.leaks || second.leaks;
  return [
    `A ${first.model}`,
    `B ${second.model}`,
    `  on split ${first.split} of ${first.dataset}: ${records} records of ${patients} patients`,
    `  A − B with 95 % of ${bootstrap.resamples} resamples of patients (seed ${bootstrap.seed}), the same for both; p is two-sided`,
    ...(leaks ? ["  LEAK: patients or pictures of this split stand in others too"] : []),
    "",
    ...textTable([
      ["", "A", "B", "A − B", "p", "p (DeLong)"],
      ["mean AUROC", ...cells(mean.auroc)],
      ["mean average precision", ...cells(mean.averagePrecision)],
      ["mean F1", ...cells(mean.f1)],
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
    ]),
    "",
    `  p is not adjusted for the number of rows${patients < records ? "; DeLong's test takes a patient's records as independent, and is too sure here" : ""}`,
    "",
  ].join("\n");
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
