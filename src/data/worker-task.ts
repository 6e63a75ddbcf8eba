/** @file What a loader's worker can be asked, and how it does it: the same code in a thread and in process. */
import { fillBernoulliMask } from "../util/bernoulli-mask.ts";
import type { StreamKey } from "../util/random.ts";
import type { BatchRequest, MadeBatch, SampleJob } from "./batch-job.ts";
import { describeBatch, makeBatch } from "./batch-job.ts";

/** Which module makes samples, and with what. */
export interface JobReference {
  /** The URL of a module that exports `openJob(options): Promise<SampleJob>`. */
  readonly module: string;
  /** Plain data: a worker gets a clone. */
  readonly options: unknown;
}

/** A mask to draw ahead of the step that uses it, such as that of one dropout. */
export interface MaskRequest {
  readonly key: StreamKey;
  /** How many elements. */
  readonly size: number;
  /** The probability that an element is kept. */
  readonly keep: number;
  /** f32: 0 or 1 / keep; u8: 0 or 1. */
  readonly dtype: "f32" | "u8";
}

/** Anything that a worker can be asked. */
export type WorkerTask =
  | { readonly kind: "batch"; readonly request: BatchRequest }
  | { readonly kind: "masks"; readonly requests: readonly MaskRequest[] };

/** A mask as it was asked for. */
export type Mask = Float32Array | Uint8Array;

/** What a worker answers. */
export type WorkerResult =
  | { readonly kind: "batch"; readonly batch: MadeBatch }
  | { readonly kind: "masks"; readonly masks: readonly Mask[] };

/** What a task does, for messages. */
export function describeTask(task: WorkerTask): string {
  if (task.kind === "batch") return describeBatch(task.request);
  return `draw masks (${task.requests.map(({ key }) => key.name).join(", ")})`;
}

function drawMask({ key, size, keep, dtype }: MaskRequest): Mask {
  const mask = dtype === "f32" ? new Float32Array(size) : new Uint8Array(size);
  fillBernoulliMask(mask, { key, keep });
  return mask;
}

function isJobModule(
  module: unknown,
): module is { openJob: (options: unknown) => Promise<SampleJob> } {
  if (typeof module !== "object" || module === null || !("openJob" in module)) return false;
  return typeof module.openJob === "function";
}

/** Does tasks one after another; the job is opened at the first batch. */
export class TaskRunner {
  readonly #reference: JobReference;
  readonly #onRecord: (record: number) => void;
  #job: Promise<SampleJob> | undefined;

  /** `onRecord` is told every record before it is read. */
  constructor(reference: JobReference, onRecord: (record: number) => void = () => undefined) {
    this.#reference = reference;
    this.#onRecord = onRecord;
  }

  /** Does one task. */
  async run(task: WorkerTask): Promise<WorkerResult> {
    if (task.kind === "masks") return { kind: "masks", masks: task.requests.map(drawMask) };
    this.#job ??= this.#open();
    const batch = await makeBatch(await this.#job, task.request, this.#onRecord);
    return { kind: "batch", batch };
  }

  async #open(): Promise<SampleJob> {
    const { module, options } = this.#reference;
    const loaded: unknown = await import(module);
    if (!isJobModule(loaded)) {
      throw new TypeError(`Cannot load samples by "${module}": it exports no openJob function`);
    }
    return loaded.openJob(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A job that could not be opened has already failed its task.
    const job = await this.#job?.catch(() => undefined);
    await job?.[Symbol.asyncDispose]();
  }
}

/** The memory that a result brings along, which is handed over rather than copied. */
export function transfersOf(result: WorkerResult): ArrayBuffer[] {
  const arrays =
    result.kind === "masks"
      ? result.masks
      : [result.batch.records, ...Object.values(result.batch.arrays).map(({ data }) => data)];
  return arrays.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
}
