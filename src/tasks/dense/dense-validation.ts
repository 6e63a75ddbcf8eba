/** @file How models of a dense run are compared: losses and measures on the split `val`. */
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { Validation } from "../../train/loop.ts";
import type { Losses } from "../../train/step-program.ts";
import { ownRows, validationDue } from "../finetune/validation-course.ts";
import type { OnSkipped } from "../micro-batches.ts";
import type { DenseForward } from "./dense-forward.ts";
import type { DenseInputs } from "./dense-inputs.ts";
import type { DenseConfig, DenseFields, DenseTask } from "./dense-task.ts";

/** How a validation comes by its numbers. */
export interface DenseValidationOptions<Config extends DenseConfig, F extends DenseFields> {
  readonly task: DenseTask<Config, F>;
  readonly inputs: DenseInputs<Config, F>;
  readonly forward: DenseForward<F>;
  /** By checkpoint name, as they are when it runs. */
  readonly parameters: NamedArrays;
  readonly onSkipped: OnSkipped;
  readonly note: (text: string) => void;
}

/** The validation of a run, at the end of an epoch, as seldom as its intervals say, and after the last update; undefined without records. */
export function denseValidation<Config extends DenseConfig, F extends DenseFields>(
  options: DenseValidationOptions<Config, F>,
): Validation | undefined {
  const { task, inputs } = options;
  const { val, course } = inputs;
  if (val === undefined) return undefined;
  const { train } = inputs.config;
  const { measure, more } = task.select(inputs.config);
  let told = false;
  const note = (text: string): void => {
    if (!told) options.note(text);
    told = true;
  };
  return {
    isDue: validationDue(train, course, task.validateFrom(inputs.config)),
    run: async (signal) => {
      try {
        return await measureSplit({ ...options, note }, val, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    },
    criterion: ({ [measure]: chosen, loss = Number.NaN }) =>
      chosen === undefined ? loss : more ? -chosen : chosen,
    criterionName: ({ [measure]: chosen }) => (chosen === undefined ? "loss" : measure),
    patience: train.patience ?? undefined,
  };
}

/** Where the records' lines say that something is marked; where they do not, it has been told when they were opened. */
const NOTHING_TO_FIND =
  "warning: every mask of the split val is empty, or its boxes lie outside: the best model is the one that finds least";

/** Losses are means of the batches' own (SPEC 4.2); measures are of the records. */
async function measureSplit<Config extends DenseConfig, F extends DenseFields>(
  { inputs: { head }, forward, parameters, onSkipped, note }: DenseValidationOptions<Config, F>,
  { whole, records }: NonNullable<DenseInputs<Config, F>["val"]>,
  signal: AbortSignal,
): Promise<Losses | undefined> {
  const judge = head.judge();
  const sums = new Map<string, number>();
  let [next, batches] = [0, 0];
  for await (const batch of whole.batches({ from: 0, until: whole.batchesPerEpoch, signal })) {
    if (batch.skipped.length > 0) await onSkipped(batch.skipped, 0);
    const result = await forward.run(batch.arrays.image, parameters, head.targetsOf(batch));
    for (const [name, loss] of Object.entries(result.losses)) {
      sums.set(name, (sums.get(name) ?? 0) + loss);
    }
    judge.add(batch, result.outputs, ownRows(batch, next));
    next += batch.records.length;
    batches++;
  }
  if (!judge.hasPositives() && records.positive.includes(true)) note(NOTHING_TO_FIND);
  const losses = Object.fromEntries([...sums].map(([name, sum]) => [name, sum / batches]));
  return { ...losses, ...judge.measures() };
}
