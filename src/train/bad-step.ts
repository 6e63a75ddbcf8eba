/** @file Why a run ends whose numbers are not finite: in which step, of which records, and what came of looking into it. */
import { describeError, ExecutionError } from "../util/errors.ts";
import {
  type Computation,
  findBadMicroBatch,
  type MicroBatch,
  type NonFinite,
  type PlacedBatch,
  type UpdateOptions,
} from "./update.ts";

/** The micro-batch of which a run ends. */
export interface BadStep extends PlacedBatch {
  readonly step: number;
  /** Such as `mlm is NaN`. */
  readonly found: string;
  /** The ids of its records. */
  readonly records: readonly string[];
}

/** Where the step stands, and how it can be done again. */
export interface BadStepContext extends Computation, UpdateOptions {
  readonly step: number;
  readonly batchesAfter: (step: number) => AsyncGenerator<MicroBatch>;
  /** Looks into the micro-batch and says in words what it found. */
  readonly examine?: ((bad: BadStep) => Promise<string>) | undefined;
}

/** The error of a step whose loss or gradient is not finite. A gradient's micro-batch is found by doing the step again. */
export async function describeBadStep(
  { found, at }: NonFinite,
  context: BadStepContext,
): Promise<ExecutionError> {
  const { step, examine } = context;
  const placed = at ?? (await findAgain(context));
  const records = await placed.batch.ids();
  const examined = await examine?.({ ...placed, step, found, records }).catch(
    (error: unknown) => `looking into it failed: ${describeError(error)}`,
  );
  return new ExecutionError(
    `Cannot go on at step ${step}: ${found} on the records ${listRecords(records)}; ` +
      `${examined === undefined ? "" : `${examined}; `}lower the learning rate or look at the records`,
  );
}

async function findAgain(context: BadStepContext): Promise<PlacedBatch> {
  const batches = context.batchesAfter(context.step - 1);
  try {
    return await findBadMicroBatch(context, batches, context);
  } finally {
    await batches.return(undefined);
  }
}

/** Ids that a message lists. */
const RECORDS_SHOWN = 8;

function listRecords(ids: readonly string[]): string {
  const more = ids.length - RECORDS_SHOWN;
  return ids.slice(0, RECORDS_SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
