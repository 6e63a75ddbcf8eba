/** @file What `ecamp distill score` does: scores, prints a row for each status and label. */
import { type ContextScores, scoreContexts } from "../tasks/distill/score-contexts.ts";
import type { FindingScore, ScoredFigure } from "../tasks/distill/score-findings.ts";
import type { CommandContext } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** The arguments of `ecamp distill score`, as its option table gives them. */
export interface DistillScoreArgs {
  readonly contexts: string;
  readonly against: string;
  readonly resamples: number;
  readonly seed: number;
  readonly json: boolean;
}

/** Scores and prints. */
export async function runDistillScore(
  { against, json, ...options }: DistillScoreArgs,
  { terminal }: CommandContext,
): Promise<number> {
  const scores = await scoreContexts({ ...options, labels: against });
  terminal.out(json ? `${JSON.stringify(scores)}\n` : describeScores(scores));
  if (scores.missing > 0) {
    terminal.err(
      `warning: ${scores.missing} labelled reports have no context, and are not scored\n`,
    );
  }
  return 0;
}

/** The figures for people; a label's statuses together only where it has several. */
function describeScores(result: ContextScores): string {
  const { contexts, providers, reports, resamples, seed, scores } = result;
  const rows = scores.filter(
    ({ label, status }) =>
      label === "all" || status !== "all" || scores.filter((one) => one.label === label).length > 2,
  );
  return [
    `${contexts} (${providers.join(", ")})`,
    `  ${reports} reports; intervals: 95 % of ${resamples} resamples of reports, seed ${seed}`,
    "",
    ...textTable([
      ["", "status", "labelled", "right", "wrong", "missed", "precision", "recall", "F1"],
      ...rows.map(scoreRow),
    ]),
    "",
  ].join("\n");
}

function scoreRow(score: FindingScore): readonly string[] {
  const { label, status, support, truePositives, falsePositives, falseNegatives } = score;
  return [
    label,
    status,
    ...[support, truePositives, falsePositives, falseNegatives].map(String),
    decimals(score.precision.value),
    decimals(score.recall.value),
    withInterval(score.f1),
  ];
}

function decimals(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

function withInterval({ value, interval }: ScoredFigure): string {
  if (interval === null) return decimals(value);
  return `${decimals(value)} [${decimals(interval.low)}, ${decimals(interval.high)}]`;
}
