/** @file How models of a classification run are compared: mean AUROC or accuracy on the split `val`, its loss where neither is defined. */
import { auroc, meanOfClasses } from "../../metrics/auroc.ts";
import {
  classColumn,
  type Predictions,
  predictedClasses,
  trueClasses,
} from "../../metrics/predictions.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import type { Validation } from "../../train/loop.ts";
import type { Losses } from "../../train/step-program.ts";
import { validationDue } from "../finetune/validation-course.ts";
import type { Course } from "../micro-batches.ts";
import type { ClassifyInputs, OpenSplit } from "./classify-inputs.ts";
import { meanCrossEntropy } from "./probabilities.ts";
import { type Computed, predictionsOf } from "./score-records.ts";

/** How a validation comes by its numbers. */
export interface ValidationOptions {
  readonly config: ClassifyConfig;
  readonly inputs: ClassifyInputs;
  readonly course: Course;
  readonly val: OpenSplit;
  /** Logits of the split by the parameters as they are; undefined when the signal came first. */
  readonly compute: (
    signal: AbortSignal,
  ) => Promise<Pick<Computed, "positions" | "logits"> | undefined>;
}

/** The validation of a run, at the end of an epoch, as seldom as both of its intervals say, and after the last update. */
export function classifyValidation({
  config: { train },
  inputs,
  course,
  val,
  compute,
}: ValidationOptions): Validation {
  return {
    isDue: validationDue(train, course),
    run: async (signal) => {
      const computed = await compute(signal);
      if (computed === undefined) return undefined;
      const predictions = predictionsOf(computed, { ...inputs, records: val.records });
      return validationMeasures(predictions, computed.logits);
    },
    criterion: ({ auroc: area, accuracy: share, loss = Number.NaN }) =>
      area !== undefined ? -area : share !== undefined ? -share : loss,
    tiesReplace: inputs.task === "multi-label", // as the published program compares areas, but not accuracies
    patience: train.patience ?? undefined,
  };
}

/**
 * The mean loss of the logits behind some predictions, and their mean AUROC (multi-label) or accuracy (single-label) where the
 * labels determine it.
 */
export function validationMeasures(predictions: Predictions, logits: Float32Array): Losses {
  const { task, classes, labels } = predictions;
  const loss = meanCrossEntropy(logits, labels, { task, classes: classes.length });
  if (task === "multi-label") {
    const area = meanAuroc(predictions);
    return area === undefined ? { loss } : { loss, auroc: area };
  }
  const known = Array.from(trueClasses(predictions).entries()).filter(([, label]) => label >= 0);
  if (known.length === 0) return { loss };
  const predicted = predictedClasses(predictions);
  const right = known.filter(([record, label]) => predicted[record] === label).length;
  return { loss, accuracy: right / known.length };
}

/** The mean AUROC over the classes that have one. */
function meanAuroc(predictions: Predictions): number | undefined {
  return meanOfClasses(
    predictions.classes.map((_, k) => {
      const { scores, labels } = classColumn(predictions, k);
      return auroc(scores, labels);
    }),
  );
}
