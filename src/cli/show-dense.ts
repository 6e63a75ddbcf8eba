/** @file What `ecamp evaluate` and `ecamp compare` print of segmenters and detectors: a row a class, and what papers print beside it. */
import type { DenseDifference } from "../metrics/dense-report.ts";
import type { Figure } from "../metrics/figures.ts";
import type { DenseEvaluation } from "../tasks/dense/evaluate.ts";
import type { DenseEvaluationComparison } from "../tasks/evaluation/compare-dense.ts";
import type { DenseProvenance } from "../tasks/evaluation/dense-evaluation-file.ts";
import { describeSample } from "./describe-sample.ts";
import { textTable } from "./text-table.ts";

/** A column: what it is called, and how many decimals. */
interface Column {
  readonly head: string;
  readonly name: string;
  readonly digits: number;
}

const column = (head: string, name: string, digits = 3): Column => ({ head, name, digits });

/** Tables by task; each begins with the figure that papers print. */
const TABLES: Readonly<Record<DenseProvenance["task"], readonly (readonly Column[])[]>> = {
  segment: [
    [
      column("Dice", "dice"),
      column("Dice, positives", "dicePositives"),
      column("Dice, small", "diceSmall"),
    ],
    [
      column("IoU", "iou"),
      column("IoU, positives", "iouPositives"),
      column("HD95, positives (px of the file)", "hd95Positives", 1),
    ],
  ],
  detect: [
    [
      column("mAP 0.4:0.75", "map"),
      column("filtered, as in the paper", "mapFiltered"),
      column("AP50", "ap50"),
      column("mAP, small", "mapSmall"),
    ],
    [
      column("FROC, mean", "froc"),
      column("at 1/8", "sensitivityAt1/8"),
      column("at 1", "sensitivityAt1"),
      column("at 8", "sensitivityAt8"),
      column("mean, small", "frocSmall"),
    ],
  ],
};

/** What the tables need beside them to be read right. */
function explanations(task: DenseProvenance["task"], rows: readonly Row[]): readonly string[] {
  const ofMany = rows.length > 1;
  if (task === "segment") {
    const hasFloor = TABLES.segment.flat().some((each) => isAboveNothing(each, rows));
    return [
      "Dice and IoU of all images count nothing predicted where there is nothing as 1",
      ...(hasFloor ? ["floor: what predicting nothing gets"] : []),
      "positives: images with something to find",
      "HD95: an empty prediction there has the image's diagonal, and is in the mean",
    ];
  }
  return [
    "filtered: images without a true box or without a detection are left out, which flatters, and an overlap equal to the threshold is no match",
    ...(ofMany
      ? [
          "filtered, all: what is left out has no true box, or no detection, of any class; a class's row asks for its own",
        ]
      : []),
    "FROC: sensitivity at so many false alarms an image",
    ...(ofMany
      ? ["FROC, all: the classes share one threshold and so many false alarms together"]
      : []),
  ];
}

/** Has the figure a floor that is more than 0 anywhere? */
const isAboveNothing = ({ name }: Column, rows: readonly Row[]): boolean =>
  rows.some(({ figures }) => (figures[name]?.floor ?? 0) > 0);

/** The figures for people. */
export function describeDense<Name extends string>({
  report,
  ...from
}: DenseEvaluation<Name>): string {
  const { bootstrap, patients, classes } = report;
  const rows: readonly Row[] = [
    ...classes,
    ...(classes.length > 1 ? [{ name: ALL[from.task], figures: report.all }] : []),
  ];
  return [
    from.model,
    `  on split ${from.split} of ${from.dataset}: ${describeSample(report)}`,
    patients < 2
      ? "  no intervals: there is only one patient to draw"
      : `  intervals: 95 % of ${bootstrap.resamples} resamples of patients, seed ${bootstrap.seed}; small: below ${from.smallBelow * 100} % of the image`,
    ...from.leakReasons.map((reason) => `  LEAK: ${reason}`),
    ...from.warnings.map((warning) => `  warning: ${warning}`),
    "",
    ...TABLES[from.task].flatMap((columns) => [...figureTable(columns, rows), ""]),
    ...explanations(from.task, rows).map((line) => `  ${line}`),
    `Predictions and figures: ${from.folder}`,
    ...(from.pictures === undefined ? [] : [`Pictures of cases: ${from.pictures}`]),
    "",
  ].join("\n");
}

const ALL = { segment: "mean", detect: "all" } as const;

/** A class or all of them. */
interface Row {
  readonly name: string;
  readonly known?: number;
  readonly positives?: number;
  readonly figures: Readonly<Record<string, Figure>>;
}

function figureTable(columns: readonly Column[], rows: readonly Row[]): readonly string[] {
  const withFloors = columns.flatMap((each) =>
    isAboveNothing(each, rows) ? [each, undefined] : [each],
  );
  let last: Column | undefined;
  const heads = withFloors.map((each) => each?.head ?? "floor");
  return textTable([
    ["", "with", ...heads],
    ...rows.map(({ name, known, positives, figures }) => [
      name,
      known === undefined ? "" : `${positives} of ${known}`,
      ...withFloors.map((each) => {
        if (each === undefined) return figures[last?.name ?? ""]?.floor?.toFixed(3) ?? "–";
        last = each;
        return valueAndInterval(figures[each.name], each.digits);
      }),
    ]),
  ]);
}

function valueAndInterval(figure: Figure | undefined, digits: number): string {
  if (figure === undefined || figure.value === null) return "–";
  const { value, interval } = figure;
  const between =
    interval === null ? "" : ` [${interval.low.toFixed(digits)}, ${interval.high.toFixed(digits)}]`;
  return `${value.toFixed(digits)}${between}`;
}

/** The comparison for people. */
export function describeDenseComparison<Name extends string>({
  first,
  second,
  comparison,
}: DenseEvaluationComparison<Name>): string {
  const { bootstrap, classes, all } = comparison;
  const shown = TABLES[first.task].flat();
  const many = classes.length > 1;
  const rows = shown.flatMap(({ head, name, digits }) => [
    ...(many ? [[`${head}, ${ALL[first.task]}`, ...cells(all, name, digits)]] : []),
    ...classes.map((each) => [`${head}, ${each.name}`, ...cells(each.figures, name, digits)]),
  ]);
  return [
    `A ${first.model}`,
    `B ${second.model}`,
    `  on split ${first.split} of ${first.dataset}: ${describeSample(comparison)}`,
    `  A − B with 95 % of ${bootstrap.resamples} resamples of patients (seed ${bootstrap.seed}), the same for both; p is two-sided`,
    ...first.leakReasons.map((reason) => `  LEAK, A: ${reason}`),
    ...second.leakReasons.map((reason) => `  LEAK, B: ${reason}`),
    "",
    ...textTable([["", "A", "B", "A − B", "p"], ...rows]),
    "",
    "  p is not adjusted for the number of rows",
    "",
  ].join("\n");
}

function cells(
  figures: Readonly<Record<string, DenseDifference>>,
  name: string,
  digits: number,
): readonly string[] {
  const figure = figures[name];
  if (figure === undefined) return ["–", "–", "–", "–"];
  const { first, second, difference, interval, p } = figure;
  const signed = (value: number): string =>
    `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
  const between = interval === null ? "" : ` [${signed(interval.low)}, ${signed(interval.high)}]`;
  return [
    first?.toFixed(digits) ?? "–",
    second?.toFixed(digits) ?? "–",
    difference === null ? "–" : `${signed(difference)}${between}`,
    p === null ? "–" : p < 0.001 ? "<0.001" : p.toFixed(3),
  ];
}
