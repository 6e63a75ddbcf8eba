/** @file How well findings agree with labels that a reader gave: precision, recall and F1 by label and status, with intervals. */
import { labelStatuses } from "../../distill/merge-statuses.ts";
import { FINDING_STATUSES, type Finding, type FindingStatus } from "../../distill/record.ts";
import { type Interval, intervalOf, resamplesOf } from "../../metrics/bootstrap.ts";
import { decisionFigures } from "../../metrics/decisions.ts";
import { eachOnce, type SampleCounts } from "../../metrics/ranking.ts";
import { FINDING_LABELS, type FindingLabel } from "../../text/lexicon.ts";

/** One status for each label that a report names. */
export type LabelStatuses = ReadonlyMap<FindingLabel, FindingStatus>;

/** A report with what a reader and what a provider found in it. */
export interface JudgedReport {
  readonly truth: LabelStatuses;
  readonly findings: readonly Pick<Finding, "label" | "status">[];
}

/** A figure with the interval in which it lies in 95 % of resamples of reports; null where it is undefined. */
export interface ScoredFigure {
  readonly value: number | null;
  readonly interval: Interval | null;
}

/** Figures of one label and status, or of all of either (a micro-average). */
export interface FindingScore {
  readonly label: FindingLabel | "all";
  readonly status: FindingStatus | "all";
  /** Reports in which the reader has it. */
  readonly support: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly precision: ScoredFigure;
  readonly recall: ScoredFigure;
  readonly f1: ScoredFigure;
}

/** How the resamples are drawn. */
export interface ScoreOptions {
  readonly seed: number;
  readonly resamples: number;
}

/** A finding counts where label and status are the reader's: "absent" in the place of "uncertain" is a miss and an invention. */
type Cell = Pick<FindingScore, "label" | "status">;

/** Hits, inventions and misses of a cell, by report. */
interface CellCounts {
  readonly cell: Cell;
  readonly hits: Uint8Array;
  readonly inventions: Uint8Array;
  readonly misses: Uint8Array;
}

const FIGURES = ["precision", "recall", "f1"] as const;
type FigureValues = Readonly<Record<(typeof FIGURES)[number], number | undefined>>;

/** The micro-averages first, then every label and status that occurs. */
const CELLS: readonly Cell[] = [
  ...FINDING_STATUSES.map((status) => ({ label: "all", status }) as const),
  { label: "all", status: "all" },
  ...FINDING_LABELS.flatMap((label) =>
    [...FINDING_STATUSES, "all" as const].map((status) => ({ label, status }) as const),
  ),
];

/** Scores findings against labels. */
export function scoreFindings(
  reports: readonly JudgedReport[],
  { seed, resamples }: ScoreOptions,
): readonly FindingScore[] {
  const counted = CELLS.map((cell) => countCell(cell, reports)).filter(occurs);
  const once = eachOnce(reports.length);
  const drawn = counted.map((): FigureValues[] => []);
  for (const counts of resamplesOf(reports.length, { seed, resamples, name: "findings" })) {
    for (const [i, each] of counted.entries()) drawn[i]?.push(figuresOf(each, counts));
  }
  return counted.map((each, i) => scoreOf(each, { once, drawn: drawn[i] ?? [] }));
}

function scoreOf(
  counts: CellCounts,
  { once, drawn }: { readonly once: SampleCounts; readonly drawn: readonly FigureValues[] },
): FindingScore {
  const values = figuresOf(counts, once);
  const figure = (name: (typeof FIGURES)[number]): ScoredFigure => ({
    value: values[name] ?? null,
    interval: intervalOf(drawn.map((each) => each[name])) ?? null,
  });
  const [hits, inventions, misses] = totalsOf(counts, once);
  return {
    ...counts.cell,
    support: hits + misses,
    truePositives: hits,
    falsePositives: inventions,
    falseNegatives: misses,
    precision: figure("precision"),
    recall: figure("recall"),
    f1: figure("f1"),
  };
}

function countCell(cell: Cell, reports: readonly JudgedReport[]): CellCounts {
  const counts = {
    cell,
    hits: new Uint8Array(reports.length),
    inventions: new Uint8Array(reports.length),
    misses: new Uint8Array(reports.length),
  };
  for (const [i, { truth, findings }] of reports.entries()) {
    const found = labelStatuses(findings);
    for (const label of cell.label === "all" ? FINDING_LABELS : [cell.label]) {
      const [right, given] = [truth.get(label), found.get(label)];
      const isOf = (status: FindingStatus | undefined): boolean =>
        status !== undefined && (cell.status === "all" || status === cell.status);
      if (isOf(right) && right === given) add(counts.hits, i);
      else {
        if (isOf(given)) add(counts.inventions, i);
        if (isOf(right)) add(counts.misses, i);
      }
    }
  }
  return counts;
}

function add(counts: Uint8Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function occurs({ hits, inventions, misses }: CellCounts): boolean {
  return [hits, inventions, misses].some((counts) => counts.some((count) => count > 0));
}

function totalsOf(
  { hits, inventions, misses }: CellCounts,
  counts: SampleCounts,
): readonly [hits: number, inventions: number, misses: number] {
  const total = (of: Uint8Array): number =>
    of.reduce((sum, count, i) => sum + count * (counts[i] ?? 0), 0);
  return [total(hits), total(inventions), total(misses)];
}

function figuresOf(cell: CellCounts, counts: SampleCounts): FigureValues {
  const [truePositives, falsePositives, falseNegatives] = totalsOf(cell, counts);
  const decisions = { truePositives, falsePositives, falseNegatives, trueNegatives: 0 };
  const { precision, sensitivity: recall, f1 } = decisionFigures(decisions);
  return { precision, recall, f1 };
}
