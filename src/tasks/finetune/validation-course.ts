/** @file When the models of a downstream run are validated, and which samples of a batch then count. */
import type { Batch } from "../../data/loader.ts";
import type { DownstreamTrainOptions } from "../../recipes/downstream-config.ts";
import type { Course } from "../micro-batches.ts";

/**
 * Is a validation due after an update? It is at the end of an epoch, as seldom as both of the run's intervals say, and after the last
 * update.
 * @param firstEpoch how many epochs go without
 */
export function validationDue(
  train: Pick<DownstreamTrainOptions, "steps" | "validateEpochs" | "validateUpdates">,
  { updatesPerEpoch }: Course,
  firstEpoch = 0,
): (step: number) => boolean {
  const epochs = Math.max(train.validateEpochs, Math.ceil(train.validateUpdates / updatesPerEpoch));
  const every = epochs * updatesPerEpoch;
  const first = firstEpoch * updatesPerEpoch;
  return (step) => step === train.steps || (step > first && step % every === 0);
}

/** A skipped record was replaced by another, which has its own place: only what stands in its own place counts. */
export function ownRows({ records }: Pick<Batch, "records">, first: number): readonly number[] {
  return Array.from(records.keys()).filter((row) => records[row] === first + row);
}
