/** @file What `ecamp evaluate` prints: a row a class, means, decisions at thresholds, calibration, and what could not be scored. */
import type { ClassificationReport, ClassReport } from "../metrics/classification-report.ts";
import type { ClassFigureName, Figure } from "../metrics/figures.ts";
import type { Evaluation } from "../tasks/classify/evaluate.ts";
import { describeSample } from "./describe-sample.ts";
import { meanRemarks } from "./mean-remarks.ts";
import { textTable } from "./text-table.ts";

/** The figures for people. */
export function describeEvaluation({ report, ...from }: Evaluation): string {
  const { bootstrap, patients } = report;
  const unit = bootstrap.by === "patient" ? "patients" : "records";
  const intervals =
    patients < 2
      ? "no intervals: there is only one patient to draw"
      : `intervals: 95 % of ${bootstrap.resamples} resamples of ${unit}, seed ${bootstrap.seed}`;
  return [
    `${from.model}`,
    `  on split ${from.split} of ${from.dataset}: ${describeSample(report)}`,
    `  ${intervals}; floor: what prevalence alone reaches`,
    ...from.leakReasons.map((reason) => `  LEAK: ${reason}`),
    ...from.warnings.map((warning) => `  warning: ${warning}`),
    "",
    ...rankingTable(report),
    "",
    ...(report.task === "multi-label" ? [...thresholdTable(report), ""] : []),
    ...calibrationTable(report),
    "",
    ...decisions(report),
    ...remarks(report),
    `Predictions and figures: ${from.folder}`,
    "",
  ].join("\n");
}

/** A column of a table of classes. */
interface Column {
  readonly head: string;
  readonly cell: (figures: Readonly<Record<ClassFigureName, Figure>>) => string;
}

const plain = (head: string, name: ClassFigureName): Column => ({
  head,
  cell: (figures) => decimals(figures[name].value),
});
const withInterval = (head: string, name: ClassFigureName): Column => ({
  head,
  cell: (figures) => valueAndInterval(figures[name]),
});
const floorOf = (name: ClassFigureName): Column => ({
  head: "floor",
  cell: (figures) => figures[name].floor?.toFixed(2) ?? "–",
});

const RANKING = [
  withInterval("AUROC", "auroc"),
  floorOf("auroc"),
  withInterval("average precision", "averagePrecision"),
  floorOf("averagePrecision"),
];
const AT_THRESHOLD = [
  plain("sensitivity", "sensitivity"),
  plain("specificity", "specificity"),
  plain("precision", "precision"),
  floorOf("precision"),
  plain("F1", "f1"),
  floorOf("f1"),
  plain("balanced", "balancedAccuracy"),
];
const CALIBRATION = [withInterval("Brier score", "brier"), floorOf("brier"), plain("ECE", "ece")];

/** A row a class and one of means, with a column of its own after the names. */
function classTable(
  { classes, mean }: ClassificationReport,
  columns: readonly Column[],
  own: {
    readonly head: string;
    readonly cell: (each: ClassReport) => string;
    over: ClassFigureName;
  },
): readonly string[] {
  return textTable([
    ["", own.head, ...columns.map(({ head }) => head)],
    ...classes.map((each) => [
      each.name,
      own.cell(each),
      ...columns.map(({ cell }) => cell(each.figures)),
    ]),
    [`mean of ${mean[own.over].classes}`, "", ...columns.map(({ cell }) => cell(mean))],
  ]);
}

const rankingTable = (report: ClassificationReport): readonly string[] =>
  classTable(report, RANKING, {
    head: "present",
    cell: ({ positives, negatives }) => `${positives} of ${positives + negatives}`,
    over: "auroc",
  });

function thresholdTable(report: ClassificationReport): readonly string[] {
  if (report.classes.every(({ threshold }) => threshold === null)) return ["  no thresholds"];
  return [
    "  present where the score is at least the threshold; balanced: accuracy, whose floor is 0.50",
    ...classTable(report, AT_THRESHOLD, {
      head: "at",
      cell: ({ threshold }) => (threshold === null ? "–" : threshold.toPrecision(2)),
      over: "f1",
    }),
  ];
}

function calibrationTable(report: ClassificationReport): readonly string[] {
  const { decisions: decided } = report;
  const known = ({ positives, negatives }: ClassReport): string => `${positives + negatives}`;
  return [
    ...classTable(report, CALIBRATION, { head: "known", cell: known, over: "brier" }),
    ...(decided === null
      ? []
      : [
          `  of all classes together: Brier score ${withFloor(decided.figures.brier)}, ECE ${withFloor(decided.figures.ece)}`,
        ]),
  ];
}

/** `0.712 [0.640, 0.790], floor 0.50` */
function withFloor(figure: Figure): string {
  const floor = figure.floor === null ? "" : `, floor ${figure.floor.toFixed(2)}`;
  return figure.value === null ? "–" : `${valueAndInterval(figure)}${floor}`;
}

function valueAndInterval({ value, interval }: Figure): string {
  const between =
    interval === null ? "" : ` [${decimals(interval.low)}, ${decimals(interval.high)}]`;
  return `${decimals(value)}${between}`;
}

const decimals = (value: number | null): string => value?.toFixed(3) ?? "–";

function decisions({ decisions: decided, classes }: ClassificationReport): readonly string[] {
  if (decided === null) return [];
  const { accuracy, balancedAccuracy, macroF1, quadraticKappa } = decided.figures;
  return [
    `  accuracy ${withFloor(accuracy)}; balanced ${withFloor(balancedAccuracy)}`,
    `  macro F1 ${withFloor(macroF1)}; quadratic kappa (where classes are grades in order) ${withFloor(quadraticKappa)}`,
    "",
    ...textTable([
      ["truth \\ decided", ...classes.map(({ name }) => name)],
      ...decided.confusion.map((row, i) => [classes[i]?.name ?? "", ...row.map(String)]),
    ]),
    "",
  ];
}

/** Of fewer patients on a side the bootstrap repeats the same few: its intervals are too narrow. */
const FEW = 10;
function remarks(report: ClassificationReport): readonly string[] {
  const { unscored, classes } = report;
  const few = classes.filter(({ positivePatients: present, negativePatients: absent }) => {
    const fewer = Math.min(present, absent);
    return fewer > 0 && fewer < FEW;
  });
  const unknown = classes.filter((each) => each.unknown > 0);
  const lines = [
    ...unscored.map(({ name, reason }) => `not scored in full: ${name}: ${reason}`),
    few.length > 0 &&
      `present or absent in fewer than ${FEW} patients, so that intervals are too narrow: ${few.map(({ name }) => name).join(", ")}`,
    ...meanRemarks(report),
    unknown.length > 0 &&
      `labels not known, and left out: ${unknown.map(({ name, unknown: n }) => `${name} ${n}`).join(", ")}`,
  ];
  return [...lines.filter((line) => line !== false).map((line) => `  ${line}`), ""];
}
