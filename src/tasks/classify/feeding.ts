/** @file What a classification run is fed: crops from the loader, or features that are computed once; and its validation. */
import type { Validation } from "../../train/loop.ts";
import { ConfigError } from "../../util/errors.ts";
import type { Feeding, FeedingWatch } from "../finetune/downstream-task.ts";
import type { Course, OnSkipped } from "../micro-batches.ts";
import type { ClassifierForward } from "./classifier-forward.ts";
import type { PreparedClassifier } from "./classifier-model.ts";
import { cropBatches, featureBatches, featureCourse } from "./classify-batches.ts";
import type { ClassifyInputs, OpenSplit } from "./classify-inputs.ts";
import { classifyValidation } from "./classify-validation.ts";
import { headLogits } from "./head-logits.ts";
import { type Computed, computeSplit } from "./score-records.ts";

/** What is fed, and by what. */
export interface FedRun {
  readonly inputs: ClassifyInputs;
  readonly prepared: PreparedClassifier;
  readonly forward: ClassifierForward;
  readonly onSkipped: OnSkipped;
}

/** Who is told, and what stops it. */
type Watch = Omit<FeedingWatch, "onSkipped">;

/**
 * Opens what a run learns from; of a probe that is features, which are computed here.
 * @throws {ConfigError} when so many records were skipped that what is left makes no batch
 */
export async function openFeeding(watch: Watch, run: FedRun): Promise<Feeding> {
  const { inputs, prepared, onSkipped } = run;
  if (prepared.readsFeatures) return feedFeatures(watch, run);
  const { seed } = inputs.config.train;
  return {
    course: inputs.course,
    batchesAfter: (doneSteps) => cropBatches(inputs, prepared, { seed, doneSteps, onSkipped }),
    validation: validationOf(inputs, inputs.course, (signal) => computeVal(run, signal)),
  };
}

/** Features are computed once, of whole pictures; then only the head runs. */
async function feedFeatures(watch: Watch, run: FedRun): Promise<Feeding> {
  const { inputs, prepared } = run;
  const { batch, accumulate, seed } = inputs.config.train;
  const computed = await computeFeatures(watch, run, { split: inputs.train, what: "training" });
  const course = featureCourse({ computed, batch, accumulate });
  if (course.updatesPerEpoch === 0) {
    throw new ConfigError(
      `Cannot make one update of ${batch} × ${accumulate} records from ${computed.positions.length}: set train.batch lower`,
    );
  }
  const val =
    inputs.val && (await computeFeatures(watch, run, { split: inputs.val, what: "validation" }));
  const options = { computed, batch, accumulate, seed };
  return {
    course,
    batchesAfter: (doneSteps) => featureBatches(inputs, { ...options, doneSteps }),
    validation:
      val &&
      validationOf(inputs, course, async () => ({
        positions: val.positions,
        logits: headLogits(val.features, prepared.store.values, inputs.model),
      })),
  };
}

async function computeFeatures(
  { signal, clock, onEvent }: Watch,
  { forward, onSkipped, prepared: { store } }: FedRun,
  { split, what }: { readonly split: OpenSplit; readonly what: string },
): Promise<Computed> {
  const total = split.records.ids.length;
  const start = clock();
  const computed = await computeSplit(
    { loader: split.whole, records: split.records },
    {
      ...{ forward, parameters: store.values, onSkipped, signal },
      onProgress: (done) => onEvent({ kind: "features", what, done, total }),
    },
  );
  const seconds = (clock() - start) / 1000;
  onEvent({
    kind: "note",
    text: `features of ${total} ${what} records in ${seconds.toFixed(1)} s, ${(total / seconds).toFixed(1)} a second`,
  });
  return computed;
}

function validationOf(
  inputs: ClassifyInputs,
  course: Course,
  compute: Parameters<typeof classifyValidation>[0]["compute"],
): Validation | undefined {
  const { config, val } = inputs;
  return val === undefined
    ? undefined
    : classifyValidation({ config, inputs, course, val, compute });
}

async function computeVal(
  { inputs: { val }, forward, onSkipped, prepared: { store } }: FedRun,
  signal: AbortSignal,
): Promise<Computed | undefined> {
  if (val === undefined) return undefined;
  const split = { loader: val.whole, records: val.records };
  const options = { forward, onSkipped, signal, parameters: store.values };
  return computeSplit(split, options).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
}
