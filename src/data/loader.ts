/** @file The batch loader: batches in an order that depends on seed and epoch alone, prepared ahead by any number of workers. */
import { ConfigError, EcampError } from "../util/errors.ts";
import type {
  BatchArrays,
  Fields,
  MadeBatch,
  MendedRecord,
  OnBadRecord,
  SkippedRecord,
} from "./batch-job.ts";
import { type RepairCounts, totalRepairs } from "./repairs.ts";
import { epochOrder } from "./shuffle.ts";
import { WorkerPool } from "./worker-pool.ts";
import type { JobReference, Mask, MaskRequest } from "./worker-task.ts";

/** How a loader is made. */
export interface LoaderOptions {
  /** How many records there are; a job knows them by 0 … size − 1. */
  readonly size: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly job: JobReference;
  /** `shuffled` (the default): every epoch in its own order. `sequential`: as the records stand. */
  readonly order?: "shuffled" | "sequential";
  /** What becomes of the records that do not fill a batch at an epoch's end; `drop` by default. */
  readonly lastBatch?: "drop" | "keep";
  /** Threads that prepare batches; 0: this one. 1 by default. */
  readonly workers?: number;
  /** How many batches are at most prepared or ready while one is used; 2 for each worker by default. */
  readonly prefetch?: number;
  /** `error` by default; for `skip` see `makeBatch`. */
  readonly onBadRecord?: OnBadRecord;
  /** The id of a record, for the message when a worker dies. */
  readonly identify?: (record: number) => Promise<string>;
  /** Told in words of a worker that died (out of memory, say) and was replaced: what it did is done again, once. */
  readonly onRestart?: (text: string) => void;
}

/** A batch and where it stands in the run. */
export interface Batch<F extends Fields = Fields> {
  /** How many batches were before it, from the first of epoch 0. */
  readonly ordinal: number;
  readonly epoch: number;
  /** Its number in the epoch, from 0. */
  readonly index: number;
  readonly arrays: BatchArrays<F>;
  /** [B]: the record of every sample. */
  readonly records: Uint32Array;
  /** Records that others took the place of in this batch. */
  readonly skipped: readonly SkippedRecord[];
  /** Records of this batch that were mended as they were read. */
  readonly mended: readonly MendedRecord[];
  /** How long the taker waited for it. */
  readonly waitMs: number;
}

/** Which batches are wanted. */
export interface BatchRange {
  /** The first, by its ordinal; a resumed run starts where it stopped. 0 by default. */
  readonly from?: number;
  /** Before which to stop; without it batches go on for ever, epoch after epoch. */
  readonly until?: number;
  /** Stops the iteration, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a loader has done so far. */
export interface LoaderStatistics {
  /** Batches that were taken. */
  readonly batches: number;
  /** How long their taker waited for them in all. */
  readonly waitMs: number;
  /** Every record that was skipped, once. */
  readonly skipped: readonly SkippedRecord[];
  /** What was mended in the records that were used, each counted once. */
  readonly mended: RepairCounts;
  /** Workers that died and were replaced. */
  readonly restarts: number;
}

/** Prepares batches. Hold it with `await using`: it owns threads. */
export interface Loader<F extends Fields = Fields> {
  readonly batchesPerEpoch: number;
  /**
   * The batches of a range, in order, prepared ahead across the ends of epochs.
   * @throws {DecodeError | ManifestError} naming the record, when one is bad and none may be skipped
   */
  batches(range?: BatchRange): AsyncGenerator<Batch<F>>;
  /** Draws masks in a worker, before any batch that waits. Ask a step ahead. */
  masks(requests: readonly MaskRequest[]): Promise<readonly Mask[]>;
  statistics(): LoaderStatistics;
  [Symbol.asyncDispose](): Promise<void>;
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ConfigError(
    `Cannot make a loader: ${name} is ${value}, expected a whole number from ${least}`,
  );
}

/** A promise that also ends when the signal does. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    stopListening = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    stopListening();
  }
}

class WorkerLoader<F extends Fields> implements Loader<F> {
  readonly batchesPerEpoch: number;
  readonly #options: LoaderOptions;
  readonly #prefetch: number;
  /** Opened when the first task comes: a loader that is never read from starts no thread. */
  #pool: WorkerPool | undefined;
  #isClosed = false;
  /** The orders of the epochs that are in work; two at an epoch's end. */
  readonly #orders = new Map<number, Uint32Array>();
  readonly #skipped = new Map<number, SkippedRecord>();
  readonly #mended = new Map<number, RepairCounts>();
  #taken = 0;
  #waitMs = 0;
  #restarts = 0;

  constructor(options: LoaderOptions) {
    const { size, batchSize, workers = 1, prefetch = 2 * Math.max(1, workers) } = options;
    requireWhole("size", size, 1);
    requireWhole("batchSize", batchSize, 1);
    requireWhole("workers", workers, 0);
    requireWhole("prefetch", prefetch, 1);
    const whole = size / batchSize;
    this.batchesPerEpoch = options.lastBatch === "keep" ? Math.ceil(whole) : Math.floor(whole);
    if (this.batchesPerEpoch === 0) {
      throw new ConfigError(
        `Cannot make batches of ${batchSize} from ${size} records: choose a smaller batch`,
      );
    }
    this.#options = options;
    this.#prefetch = prefetch;
  }

  #openPool(): WorkerPool {
    if (this.#isClosed) throw new EcampError("Cannot use the loader: it has been closed");
    const { workers = 1, job, onRestart: tell } = this.#options;
    const identify = this.#options.identify ?? (async (record: number) => `number ${record}`);
    const onRestart = (text: string): void => {
      this.#restarts += 1;
      tell?.(text);
    };
    this.#pool ??= new WorkerPool({ workers, job, identify, onRestart });
    return this.#pool;
  }

  async *batches({
    from = 0,
    until = Number.POSITIVE_INFINITY,
    signal,
  }: BatchRange = {}): AsyncGenerator<Batch<F>> {
    const ahead: Promise<MadeBatch<F>>[] = [];
    let asked = from;
    for (let ordinal = from; ordinal < until; ordinal++) {
      signal?.throwIfAborted();
      for (; asked < until && ahead.length <= this.#prefetch; asked++) ahead.push(this.#ask(asked));
      const [next] = ahead.splice(0, 1);
      if (next === undefined) return;
      const started = performance.now();
      const made = await orAborted(next, signal);
      yield this.#take(ordinal, made, performance.now() - started);
    }
  }

  /** Asks for a batch. Its failure is thrown when its turn comes, and not at all when it never does. */
  #ask(ordinal: number): Promise<MadeBatch<F>> {
    const made = this.#make(ordinal);
    made.catch(() => undefined);
    return made;
  }

  async #make(ordinal: number): Promise<MadeBatch<F>> {
    const { size, batchSize, onBadRecord = "error" } = this.#options;
    const epoch = Math.floor(ordinal / this.batchesPerEpoch);
    const start = (ordinal % this.batchesPerEpoch) * batchSize;
    const request = {
      epoch,
      order: this.#orderOf(epoch),
      start,
      size: Math.min(batchSize, size - start),
      onBadRecord,
    };
    const result = await this.#openPool().run({ kind: "batch", request });
    if (result.kind !== "batch") throw new TypeError("Cannot take masks for a batch");
    // The caller of `createLoader` says which fields the job has; the worker's answer does not carry types.
    return result.batch as MadeBatch<F>;
  }

  /** An epoch's order, in shared memory so that asking for a batch copies none of it. */
  #orderOf(epoch: number): Uint32Array {
    const known = this.#orders.get(epoch);
    if (known !== undefined) return known;
    const { size, seed, order = "shuffled" } = this.#options;
    const shared = new Uint32Array(new SharedArrayBuffer(size * 4));
    shared.set(
      order === "shuffled"
        ? epochOrder({ seed, epoch, size })
        : Uint32Array.from({ length: size }, (_, record) => record),
    );
    for (const other of this.#orders.keys()) {
      if (Math.abs(other - epoch) > 1) this.#orders.delete(other);
    }
    this.#orders.set(epoch, shared);
    return shared;
  }

  #take(ordinal: number, made: MadeBatch<F>, waitMs: number): Batch<F> {
    this.#taken += 1;
    this.#waitMs += waitMs;
    for (const skip of made.skipped) this.#skipped.set(skip.record, skip);
    for (const { record, repairs } of made.mended) this.#mended.set(record, repairs);
    const epoch = Math.floor(ordinal / this.batchesPerEpoch);
    const index = ordinal % this.batchesPerEpoch;
    return { ...made, ordinal, epoch, index, waitMs };
  }

  async masks(requests: readonly MaskRequest[]): Promise<readonly Mask[]> {
    const result = await this.#openPool().run({ kind: "masks", requests });
    if (result.kind !== "masks") throw new TypeError("Cannot take a batch for masks");
    return result.masks;
  }

  statistics(): LoaderStatistics {
    return {
      batches: this.#taken,
      waitMs: this.#waitMs,
      skipped: [...this.#skipped.values()],
      mended: totalRepairs(this.#mended.values()),
      restarts: this.#restarts,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.[Symbol.asyncDispose]();
  }
}

/**
 * Makes a loader. The type parameter says which fields the job's batches have.
 *
 * @example
 * await using loader = createLoader<PretrainingFields>({ size, batchSize: 8, seed: 42, job, workers: 2 });
 * for await (const { arrays } of loader.batches({ from: step, until: steps })) await train(arrays);
 * @throws {ConfigError} when a number is out of range, or there are fewer records than a batch needs
 */
export function createLoader<F extends Fields>(options: LoaderOptions): Loader<F> {
  return new WorkerLoader<F>(options);
}
