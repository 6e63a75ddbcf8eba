/** @file Replays the `classification-metrics` fixture: AUROC, accuracy, confusion and the validation loss from logits. */
import { z } from "zod";
import { agreementFigures, confusionCounts } from "../../metrics/agreement.ts";
import { auroc } from "../../metrics/auroc.ts";
import { eachOnce } from "../../metrics/ranking.ts";
import { fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import {
  compareExactly,
  compareScalar,
  countFinding,
  type Tolerance,
  toleranceSchema,
  worstFinding,
} from "../tolerance.ts";

const fixtureSchema = z.object({
  config: z.object({ threshold: z.number() }),
  expect: z.object({ cases: z.int() }),
  tolerance: toleranceSchema,
});

/** NaN where a class has no positive or no negative. */
const number = z.union([z.number(), z.literal("NaN").transform(() => Number.NaN)]);
const matrix = z.array(z.array(z.number()).min(1)).min(1);

const multilabelSchema = z.object({
  name: z.string(),
  kind: z.literal("multilabel"),
  logits: matrix,
  labels: z.array(z.array(z.literal([0, 1]))),
  evalBatch: z.int().positive(),
  auroc: z.array(number),
  mean: number,
  validLoss: z.number(),
  accuracy: z.number(),
});

const singleSchema = z.object({
  name: z.string(),
  kind: z.literal("single"),
  logits: matrix,
  labels: z.array(z.int()),
  evalBatch: z.int().positive(),
  accuracy: z.number(),
  validLoss: z.number(),
  confusion: z.array(z.array(z.int())),
  confusionLabels: z.array(z.int()),
});

const caseSchema = z.discriminatedUnion("kind", [multilabelSchema, singleSchema]);
type MultilabelCase = z.infer<typeof multilabelSchema>;
type SingleCase = z.infer<typeof singleSchema>;

/** What every comparison of a case needs. */
interface Context {
  readonly tolerance: Tolerance;
  readonly threshold: number;
}

/** Recomputes every case. */
export const replayClassificationMetrics: Replay = async (fixture) => {
  const { config, expect, tolerance } = fixtureFields(fixture, fixtureSchema);
  const cases = await fixtureCases(fixture, caseSchema);
  const context = { tolerance, threshold: config.threshold };
  return [
    countFinding("cases", Math.abs(cases.length - expect.cases)),
    ...cases.flatMap((recorded) =>
      recorded.kind === "multilabel"
        ? multilabelFindings(recorded, context)
        : singleFindings(recorded, context),
    ),
  ];
};

function multilabelFindings(recorded: MultilabelCase, context: Context): readonly Finding[] {
  const { name, logits, labels } = recorded;
  const scores = logits.map((row) => row.map(sigmoid)); // [n, k]
  const areas = (scores[0] ?? []).map(
    (_, k) => auroc(column(scores, k), column(labels, k)) ?? Number.NaN,
  );
  // As the recorded mean: undefined when one of the classes is.
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
  const flatLabels = labels.flat();
  // The recorded decision is strict; `decide` takes a score at its threshold as present.
  const right = scores
    .flat()
    .filter((score, i) => (score > context.threshold ? 1 : 0) === flatLabels[i]).length;
  const losses = logits.map((row, i) => row.map((z, k) => binaryLoss(z, labels[i]?.[k] ?? 0)));
  const scalar = scalarComparison(name, context);
  return [
    worstFinding([
      countFinding(`auroc (${name})`, Math.abs(areas.length - recorded.auroc.length)),
      ...areas.map((area, k) => scalar("auroc", area, recorded.auroc[k] ?? Number.NaN)),
    ]),
    scalar("mean", mean, recorded.mean),
    scalar("accuracy", right / flatLabels.length, recorded.accuracy),
    scalar("validLoss", meanOfBatches(losses, recorded.evalBatch), recorded.validLoss),
  ];
}

function singleFindings(recorded: SingleCase, context: Context): readonly Finding[] {
  const { name, logits, labels } = recorded;
  const predicted = logits.map((row) => row.indexOf(Math.max(...row)));
  const classes = [...new Set([...predicted, ...labels])].sort((a, b) => a - b);
  const place = (names: readonly number[]): readonly number[] =>
    names.map((name) => classes.indexOf(name));
  const table = confusionCounts(
    { classes: classes.length, truth: place(labels), predicted: place(predicted) },
    eachOnce(labels.length),
  );
  const { accuracy } = agreementFigures(table, classes.length);
  const losses = logits.map((row, i) => [softmaxLoss(row, labels[i] ?? 0)]);
  const scalar = scalarComparison(name, context);
  const confusion = `confusion (${name})`;
  return [
    scalar("accuracy", accuracy ?? Number.NaN, recorded.accuracy),
    compareExactly({
      name: `${confusion} classes`,
      got: classes,
      expected: recorded.confusionLabels,
    }),
    compareExactly({
      name: confusion,
      got: Array.from(table),
      expected: recorded.confusion.flat(),
    }),
    scalar("validLoss", meanOfBatches(losses, recorded.evalBatch), recorded.validLoss),
  ];
}

/** Compares numbers of one case; NaN equals NaN, as where a class is constant. */
function scalarComparison(
  caseName: string,
  { tolerance }: Context,
): (what: string, got: number, expected: number) => Finding {
  return (what, got, expected) => {
    const name = `${what} (${caseName})`;
    if (Number.isNaN(expected)) return countFinding(name, Number.isNaN(got) ? 0 : 1);
    return { ...compareScalar({ name: what, got, expected, tolerance }), name };
  };
}

/** σ with every step in f32, as the recorded scores: where 1 + e⁻ᶻ rounds to 1, scores tie that logits do not. */
function sigmoid(z: number): number {
  return Math.fround(1 / Math.fround(1 + Math.fround(Math.exp(-z))));
}

/** −log σ(z) where t is 1, −log(1 − σ(z)) where it is 0. */
function binaryLoss(z: number, t: number): number {
  return Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z)));
}

function softmaxLoss(logits: readonly number[], label: number): number {
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - largest), 0);
  return Math.log(sum) + largest - (logits[label] ?? Number.NaN);
}

/** The mean over batches of each batch's mean; the last one may be smaller and weighs as much. */
function meanOfBatches(losses: readonly (readonly number[])[], size: number): number {
  const means: number[] = [];
  for (let start = 0; start < losses.length; start += size) {
    const batch = losses.slice(start, start + size).flat();
    means.push(batch.reduce((sum, loss) => sum + loss, 0) / batch.length);
  }
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

function column(rows: readonly (readonly number[])[], k: number): readonly number[] {
  return rows.map((row) => row[k] ?? Number.NaN);
}
