/** @file What `ecamp evaluate` prints: a row a class, means, calibration, decisions, and what could not be scored. */
import type { ClassificationReport, ClassReport } from "../metrics/classification-report.ts";
import type { ClassFigureName, Figure } from "../metrics/figures.ts";
import type { Evaluation } from "../tasks/classify/evaluate.ts";
import { textTable } from "./text-table.ts";

/** The figures for people. */
export function describeEvaluation({ report, ...from }: Evaluation): string {
  const { records, patients, bootstrap } = report;
  return [
    `${from.model}`,
    `  on split ${from.split} of ${from.dataset}: ${records} records of ${patients} patients`,
    `  intervals: 95 % of ${bootstrap.resamples} resamples of patients, seed ${bootstrap.seed}; > or < is the floor: what prevalence alone reaches`,
    ...(from.leaks ? ["  LEAK: patients or pictures of this split stand in others too"] : []),
    "",
    ...classTable(report),
    "",
    ...calibration(report),
    ...decisions(report),
    ...unscored(report),
    `Predictions and figures: ${from.folder}`,
    "",
  ].join("\n");
}

const COLUMNS = ["auroc", "averagePrecision", "f1"] as const satisfies readonly ClassFigureName[];

function classTable(report: ClassificationReport): readonly string[] {
  const { mean } = report;
  const means = COLUMNS.map((name) => withFloor(mean[name]));
  const scored = new Set(COLUMNS.map((name) => mean[name].classes));
  const [count] = scored;
  const label = scored.size === 1 ? `mean of ${count}` : "mean";
  return textTable([
    ["", "present", "AUROC", "average precision", "F1", "at"],
    ...report.classes.map(classRow),
    [label, "", ...means, ""],
  ]);
}

function classRow({ name, positives, negatives, threshold, figures }: ClassReport): string[] {
  return [
    name,
    `${positives} of ${positives + negatives}`,
    ...COLUMNS.map((figure) => withFloor(figures[figure])),
    threshold === null ? "–" : threshold.toPrecision(2),
  ];
}

/** `0.712 [0.640, 0.790] >0.5`: value, interval, floor. */
function withFloor({ value, interval, floor }: Figure, sign: ">" | "<" = ">"): string {
  if (value === null) return "–";
  const between =
    interval === null ? "" : ` [${decimals(interval.low)}, ${decimals(interval.high)}]`;
  return `${decimals(value)}${between}${floor === null ? "" : ` ${sign}${floor.toFixed(2)}`}`;
}

function decimals(value: number): string {
  return value.toFixed(3);
}

function calibration({ mean, decisions: decided }: ClassificationReport): readonly string[] {
  const { brier, ece } = decided?.figures ?? mean;
  return [`  calibration: Brier score ${withFloor(brier, "<")}, ECE ${withFloor(ece, "<")}`];
}

function decisions({ decisions: decided, classes }: ClassificationReport): readonly string[] {
  if (decided === null) return [];
  const { accuracy, balancedAccuracy, macroF1, quadraticKappa } = decided.figures;
  return [
    `  accuracy ${withFloor(accuracy)}, balanced ${withFloor(balancedAccuracy)}`,
    `  macro F1 ${withFloor(macroF1)}, quadratic kappa (where classes are grades in order) ${withFloor(quadraticKappa)}`,
    "",
    ...textTable([
      ["truth \\ decided", ...classes.map(({ name }) => name)],
      ...decided.confusion.map((row, i) => [classes[i]?.name ?? "", ...row.map(String)]),
    ]),
    "",
  ];
}

/** With fewer present or absent, the bootstrap repeats the same few: its intervals are too narrow. */
const FEW = 10;

function unscored({ unscored: found, classes }: ClassificationReport): readonly string[] {
  const few = classes.filter(({ positives, negatives }) => {
    const fewer = Math.min(positives, negatives);
    return fewer > 0 && fewer < FEW;
  });
  const unknown = classes.filter((each) => each.unknown > 0);
  return [
    ...found.map(({ name, reason }) => `  not scored: ${name}: ${reason}`),
    ...(few.length === 0
      ? []
      : [
          `  fewer than ${FEW} present or absent, so that intervals are too narrow: ${few.map(({ name }) => name).join(", ")}`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `  labels not known, and left out: ${unknown.map(({ name, unknown: n }) => `${name} ${n}`).join(", ")}`,
        ]),
    "",
  ];
}
