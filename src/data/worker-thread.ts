/** @file One thread of a loader: does one task at a time until it is closed or dies. */
import { Worker } from "node:worker_threads";
import { EcampError } from "../util/errors.ts";
import type { LoaderWorkerData, WorkerReply } from "./loader-worker.ts";
import { fromRemoteError } from "./remote-error.ts";
import { siblingModule, workerEntry } from "./sibling-module.ts";
import type { JobReference, WorkerResult, WorkerTask } from "./worker-task.ts";
import { describeTask } from "./worker-task.ts";

/** How a thread ended that was not asked to. */
export interface Death {
  /** The record that it was reading, if any. */
  readonly record: number | undefined;
  /** What it threw, or with what status it stopped. */
  readonly reason: unknown;
}

/** What became of a task that was not refused. */
export type Outcome =
  | { readonly kind: "done"; readonly result: WorkerResult }
  | { readonly kind: "died"; readonly death: Death };

/** A task that a thread has in work. */
interface Pending {
  readonly task: WorkerTask;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a thread may take to close its files before it is ended. */
const CLOSE_TIMEOUT_MS = 2000;

/** A thread. When it dies (out of memory, an exit in it, an error that nothing caught) the task in work has the outcome "died". */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #current = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  readonly #exited: Promise<void>;
  #pending: Pending | undefined;
  #reason: unknown;
  #death: Death | undefined;
  #isClosing = false;

  constructor(job: JobReference) {
    const module = siblingModule("loader-worker", import.meta.url);
    const workerData: LoaderWorkerData = { job, current: this.#current };
    this.#worker = new Worker(workerEntry(module), { workerData, execArgv: [] });
    this.#worker.on("message", (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on("error", (error) => {
      this.#reason ??= error;
    });
    this.#worker.on("messageerror", (error) => {
      // Its answer cannot be read, and never will be.
      this.#reason ??= error;
      void this.#worker.terminate();
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#end(code);
        resolve();
      });
    });
    this.#worker.unref();
  }

  /** Set once it is gone. */
  get death(): Death | undefined {
    return this.#death;
  }

  /**
   * Does a task; the next may be given when this one is settled.
   * @throws what the task itself throws; a death is an outcome
   */
  run(task: WorkerTask): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#pending = { task, resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(task);
    });
  }

  #settle(reply: WorkerReply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    // A thread that waits for work must not keep a program from ending that forgot to close its loader; but a program that
    // closes it waits for its end, also when the answer to a task that nobody wants any more comes first.
    if (!this.#isClosing) this.#worker.unref();
    if (reply.ok) pending?.resolve({ kind: "done", result: reply.result });
    else pending?.reject(fromRemoteError(reply.error));
  }

  /** The thread is gone, its memory with it. */
  #end(code: number): void {
    const record = Atomics.load(this.#current, 0);
    this.#death = {
      record: record < 0 ? undefined : record,
      reason: this.#reason ?? new Error(`it stopped with exit code ${code}`),
    };
    this.#pending?.resolve({ kind: "died", death: this.#death });
    this.#pending = undefined;
  }

  /** Ends it. A task in work is not waited for: it is refused and its thread ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#death !== undefined) return;
    this.#isClosing = true;
    this.#worker.ref();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(closedError(pending.task));
    this.#worker.postMessage(undefined);
    const timeout = pending === undefined ? CLOSE_TIMEOUT_MS : 0;
    const timer = setTimeout(() => void this.#worker.terminate(), timeout);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** Why a task is not done any more. */
export function closedError(task: WorkerTask): EcampError {
  return new EcampError(`Cannot ${describeTask(task)}: the loader has been closed`);
}
