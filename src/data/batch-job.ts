/** @file What makes the samples of batches, and how samples become a batch: the same code in a worker and without one. */
import { DecodeError, type EcampError, ManifestError } from "../util/errors.ts";
import type { DType, NdArray, Shape, StorageOf } from "../util/nd-array.ts";
import { allocate, sizeOf } from "../util/nd-array.ts";
import { RepairCounter, type RepairCounts } from "./repairs.ts";

/** One array of a batch: its element type, and the shape of one sample's part. */
export interface Field<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
}

/** The arrays of a batch by name. */
export type Fields = Readonly<Record<string, Field>>;

/** A batch: for every field an array [B, …shape], contiguous. */
export type BatchArrays<F extends Fields> = {
  readonly [Name in keyof F]: NdArray<F[Name]["dtype"]>;
};

/** One sample's part of every array of a batch. */
export type SampleViews<F extends Fields> = {
  readonly [Name in keyof F]: StorageOf[F[Name]["dtype"]];
};

/** Which sample is wanted. */
export interface SampleRequest {
  /** The record, by its position among those that are used. */
  readonly record: number;
  /** The epoch, from 0: with seed and record all that a sample's random draws may depend on. */
  readonly epoch: number;
}

/** Makes samples. A worker opens its own by the module's `openJob(options)`. */
export interface SampleJob<F extends Fields = Fields> {
  readonly fields: F;
  /**
   * Writes a sample: every element of every view. What has to be mended in the record is counted.
   * @throws {DecodeError} when the record's picture is damaged
   * @throws {ManifestError} when the record itself is
   */
  write(request: SampleRequest, views: SampleViews<F>, mended: RepairCounter): Promise<void>;
  /** The id of a record, for messages. */
  identify(record: number): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What to do with a record that cannot be made into a sample. */
export type OnBadRecord = "error" | "skip";

/** A record that was replaced by another. */
export interface SkippedRecord {
  readonly record: number;
  readonly id: string;
  /** Why. */
  readonly reason: string;
}

/** A record that was mended as it was read. */
export interface MendedRecord {
  readonly record: number;
  readonly repairs: RepairCounts;
}

/** Which batch is wanted. Plain data, so that a worker can be asked for it. */
export interface BatchRequest {
  readonly epoch: number;
  /** The epoch's order of records. */
  readonly order: Uint32Array;
  /** Where in it the batch begins. */
  readonly start: number;
  /** How many samples. */
  readonly size: number;
  readonly onBadRecord: OnBadRecord;
}

/** A batch as a job makes it. */
export interface MadeBatch<F extends Fields = Fields> {
  readonly arrays: BatchArrays<F>;
  /** [B]: the record of every sample, after replacement. */
  readonly records: Uint32Array;
  readonly skipped: readonly SkippedRecord[];
  /** Each once. */
  readonly mended: readonly MendedRecord[];
}

/** So many bad records in succession are no accident: the image root is wrong, or a disk is gone. */
const MAX_CANDIDATES = 33;

/**
 * The places in an epoch's order that a slot may be filled from, each once: its own, the same one in the next batch and so on past
 * the end. Where steps of a batch come back to where they began, they go on from the place after it.
 */
export function* candidatePlaces(
  slot: number,
  { order: { length }, start, size }: Pick<BatchRequest, "start" | "size" | "order">,
): Generator<number> {
  const first = (start + slot) % length;
  let [round, place] = [first, first];
  for (let i = 0; i < length; i++) {
    yield place;
    place = (place + size) % length;
    if (place === round) {
      round = (round + 1) % length;
      place = round;
    }
  }
}

/** Is it the record's fault? Anything else ends the run, whatever is to be done with bad records. */
function isRecordFault(error: unknown): error is DecodeError | ManifestError {
  return error instanceof DecodeError || error instanceof ManifestError;
}

function allocateArrays(fields: Fields, size: number): Record<string, NdArray> {
  const arrays = Object.entries(fields).map(([name, { dtype, shape }]) => {
    const whole = [size, ...shape];
    return [name, { dtype, shape: whole, data: allocate(dtype, sizeOf(whole)) }] as const;
  });
  return Object.fromEntries(arrays);
}

function viewsOf(arrays: Readonly<Record<string, NdArray>>, sample: number): SampleViews<Fields> {
  const views = Object.entries(arrays).map(([name, { data, shape }]) => {
    const length = sizeOf(shape.slice(1));
    return [name, data.subarray(sample * length, (sample + 1) * length)] as const;
  });
  return Object.fromEntries(views);
}

/** The id of a record for a message, which must not fail where the record's own line is what is wrong. */
async function nameOf(job: SampleJob, record: number): Promise<string> {
  return job.identify(record).catch(() => `number ${record}`);
}

/** What is being done, for messages about a batch. */
export function describeBatch({ epoch, start, size }: BatchRequest): string {
  return `prepare samples ${start} to ${start + size - 1} of epoch ${epoch}`;
}

/** Fills one batch, replacing bad records as it was asked to. */
class BatchFiller {
  readonly #job: SampleJob;
  readonly #request: BatchRequest;
  readonly #onRecord: (record: number) => void;
  readonly #faults = new Map<number, EcampError>();
  readonly #mended = new Map<number, RepairCounts>();

  constructor(job: SampleJob, request: BatchRequest, onRecord: (record: number) => void) {
    this.#job = job;
    this.#request = request;
    this.#onRecord = onRecord;
  }

  /** Writes the sample of a slot; gives the record that it came from. */
  async fill(slot: number, views: SampleViews<Fields>): Promise<number> {
    const { order, start } = this.#request;
    let tried = 0;
    for (const place of candidatePlaces(slot, this.#request)) {
      if (tried === MAX_CANDIDATES) break;
      tried += 1;
      const record = order[place] ?? 0;
      if (this.#faults.has(record)) continue;
      if (await this.#write(record, views)) return record;
    }
    const last = [...this.#faults.values()].at(-1);
    throw new DecodeError(
      `Cannot ${describeBatch(this.#request)}: ${tried === order.length ? `all ${tried}` : tried} records that could fill sample ${start + slot} are bad; is the image root right?`,
      { cause: last },
    );
  }

  async #write(record: number, views: SampleViews<Fields>): Promise<boolean> {
    const { epoch, onBadRecord } = this.#request;
    this.#onRecord(record);
    try {
      const mended = new RepairCounter();
      await this.#job.write({ record, epoch }, views, mended);
      if (!mended.isEmpty) this.#mended.set(record, mended.counts());
      return true;
    } catch (error) {
      if (!isRecordFault(error)) throw error;
      if (onBadRecord === "error") throw await this.#withId(record, error);
      this.#faults.set(record, error);
      return false;
    }
  }

  async #withId(record: number, error: DecodeError | ManifestError): Promise<EcampError> {
    const message = `Cannot use record "${await nameOf(this.#job, record)}": ${error.message}`;
    const options = { cause: error.cause };
    return error instanceof DecodeError
      ? new DecodeError(message, options)
      : new ManifestError(message, options);
  }

  /** The records that were replaced, in the order in which they were met. */
  async skipped(): Promise<SkippedRecord[]> {
    const skipped: SkippedRecord[] = [];
    for (const [record, { message: reason }] of this.#faults) {
      skipped.push({ record, id: await nameOf(this.#job, record), reason });
    }
    return skipped;
  }

  /** The records that were used and had to be mended, each once. */
  mended(): MendedRecord[] {
    return Array.from(this.#mended, ([record, repairs]) => ({ record, repairs }));
  }
}

/**
 * Makes a batch. A bad record, when it is to be skipped, is replaced by the record that has the same place in the next batch
 * of the epoch's order (and so on, see `candidatePlaces`), which thus occurs twice in the epoch. What a batch holds
 * is so a function of the order and the files alone: not of other batches, workers or time; and a run can be resumed at any
 * batch without knowing what was skipped before.
 * @param onRecord is told every record before it is read
 * @throws {DecodeError | ManifestError} naming the record, when one is bad and none may be
 */
export async function makeBatch(
  job: SampleJob,
  request: BatchRequest,
  onRecord: (record: number) => void = () => undefined,
): Promise<MadeBatch> {
  const arrays = allocateArrays(job.fields, request.size);
  const records = new Uint32Array(request.size);
  const filler = new BatchFiller(job, request, onRecord);
  for (let slot = 0; slot < request.size; slot++) {
    records[slot] = await filler.fill(slot, viewsOf(arrays, slot));
  }
  return { arrays, records, skipped: await filler.skipped(), mended: filler.mended() };
}
