/** @file Replays the `classification-metrics` fixture by the functions that evaluations and runs call: AUROC, accuracy, confusion, loss. */
import { z } from "zod";
import { agreementFigures, confusionCounts } from "../../metrics/agreement.ts";
import { auroc } from "../../metrics/auroc.ts";
import {
  classColumn,
  type Predictions,
  predictedClasses,
  trueClasses,
} from "../../metrics/predictions.ts";
import { eachOnce } from "../../metrics/ranking.ts";
import { validationMeasures } from "../../tasks/classify/classify-validation.ts";
import { meanCrossEntropy } from "../../tasks/classify/probabilities.ts";
import { predictionsOf } from "../../tasks/classify/score-records.ts";
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
  const { name } = recorded;
  const scored = scoredCase(recorded, recorded.labels);
  const { predictions, logits } = scored;
  const areas = predictions.classes.map((_, k) => {
    const { scores, labels } = classColumn(predictions, k);
    return auroc(scores, labels) ?? Number.NaN;
  });
  // As the recorded mean: undefined when one of the classes is. Ours is then that of the others.
  const mean = areas.some(Number.isNaN)
    ? Number.NaN
    : (validationMeasures(predictions, logits)["auroc"] ?? Number.NaN);
  // The recorded decision is strict; `decide` takes a score at its threshold as present.
  const right = predictions.scores.filter(
    (score, i) => (score > context.threshold ? 1 : 0) === predictions.labels[i],
  ).length;
  const scalar = scalarComparison(name, context);
  return [
    worstFinding([
      countFinding(`auroc (${name})`, Math.abs(areas.length - recorded.auroc.length)),
      ...areas.map((area, k) => scalar("auroc", area, recorded.auroc[k] ?? Number.NaN)),
    ]),
    scalar("mean", mean, recorded.mean),
    scalar("accuracy", right / predictions.labels.length, recorded.accuracy),
    scalar("validLoss", meanOfBatches(scored, recorded.evalBatch), recorded.validLoss),
  ];
}

function singleFindings(recorded: SingleCase, context: Context): readonly Finding[] {
  const { name, labels } = recorded;
  const width = recorded.logits[0]?.length ?? 0;
  const oneHot = labels.map((label) => Array.from({ length: width }, (_, k) => +(k === label)));
  const scored = scoredCase(recorded, oneHot);
  const { predictions, logits } = scored;
  const truth = trueClasses(predictions);
  const predicted = predictedClasses(predictions);
  const table = confusionCounts({ classes: width, truth, predicted }, eachOnce(truth.length));
  // The recorded table has a row and a column only for the classes that occur.
  const classes = [...new Set([...predicted, ...truth])].sort((a, b) => a - b);
  const accuracies = [
    agreementFigures(table, width).accuracy, // of an evaluation
    validationMeasures(predictions, logits)["accuracy"], // of a run
  ];
  const scalar = scalarComparison(name, context);
  const confusion = `confusion (${name})`;
  return [
    worstFinding(
      accuracies.map((share = Number.NaN) => scalar("accuracy", share, recorded.accuracy)),
    ),
    compareExactly({
      name: `${confusion} classes`,
      got: classes,
      expected: recorded.confusionLabels,
    }),
    compareExactly({
      name: confusion,
      got: classes.flatMap((i) => classes.map((j) => table[i * width + j] ?? Number.NaN)),
      expected: recorded.confusion.flat(),
    }),
    scalar("validLoss", meanOfBatches(scored, recorded.evalBatch), recorded.validLoss),
  ];
}

/** A case as a classifier's output on a split. */
interface ScoredCase {
  readonly predictions: Predictions;
  /** [N · C] */
  readonly logits: Float32Array;
}

function scoredCase(
  { kind, logits: rows }: MultilabelCase | SingleCase,
  labels: readonly (readonly number[])[],
): ScoredCase {
  const ids = rows.map((_, i) => `${i}`);
  const logits = Float32Array.from(rows.flat());
  const predictions = predictionsOf(
    { positions: Uint32Array.from(ids, Number), logits },
    {
      records: { ids, groups: ids, labels: Int8Array.from(labels.flat()) },
      classes: (rows[0] ?? []).map((_, k) => `${k}`),
      task: kind === "multilabel" ? "multi-label" : "single-label",
    },
  );
  return { predictions, logits };
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

/** The mean over batches of each batch's mean loss; the last one may be smaller and weighs as much. */
function meanOfBatches({ predictions, logits }: ScoredCase, records: number): number {
  const { task, labels } = predictions;
  const classes = predictions.classes.length;
  const size = records * classes;
  const means: number[] = [];
  for (let start = 0; start < logits.length; start += size) {
    const batch = logits.subarray(start, start + size);
    const known = labels.subarray(start, start + size);
    means.push(meanCrossEntropy(batch, known, { task, classes }));
  }
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}
