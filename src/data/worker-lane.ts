/** @file One place where tasks are done: a thread of its own, or this one. */
import { Worker } from "node:worker_threads";
import { describeError, EcampError } from "../util/errors.ts";
import type { LoaderWorkerData, WorkerReply } from "./loader-worker.ts";
import { fromRemoteError } from "./remote-error.ts";
import { siblingModule, workerEntry } from "./sibling-module.ts";
import type { JobReference, WorkerResult, WorkerTask } from "./worker-task.ts";
import { describeTask, TaskRunner } from "./worker-task.ts";

/** Does tasks; the next may be given when the last is done. */
export interface Lane {
  run(task: WorkerTask): Promise<WorkerResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

class LocalLane implements Lane {
  readonly #runner: TaskRunner;
  #current: Promise<unknown> = Promise.resolve();

  constructor(job: JobReference) {
    this.#runner = new TaskRunner(job);
  }

  run(task: WorkerTask): Promise<WorkerResult> {
    const result = this.#runner.run(task);
    this.#current = result.catch(() => undefined);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Unlike a thread, a task in work cannot be ended: its files must stay open until it is done.
    await this.#current;
    await this.#runner[Symbol.asyncDispose]();
  }
}

/** A lane in this thread. */
export function localLane(job: JobReference): Lane {
  return new LocalLane(job);
}

/** A task that a thread has in work. */
interface Pending {
  readonly task: WorkerTask;
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: unknown) => void;
}

/** How a thread is started. */
export interface ThreadLaneOptions {
  readonly job: JobReference;
  /** The id of a record, for the message about a thread that died while it read it. */
  readonly identify: (record: number) => Promise<string>;
}

/** How long a thread may take to close its files before it is ended. */
const CLOSE_TIMEOUT_MS = 2000;

class ThreadLane implements Lane {
  readonly #worker: Worker;
  readonly #current = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  readonly #identify: (record: number) => Promise<string>;
  readonly #exited: Promise<void>;
  #pending: Pending | undefined;
  #failure: unknown;
  #isOver = false;
  #isClosing = false;

  constructor({ job, identify }: ThreadLaneOptions) {
    this.#identify = identify;
    const module = siblingModule("loader-worker", import.meta.url);
    const workerData: LoaderWorkerData = { job, current: this.#current };
    this.#worker = new Worker(workerEntry(module), { workerData, execArgv: [] });
    this.#worker.on("message", (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on("messageerror", (error) => this.#end(error));
    this.#worker.on("error", (error) => this.#end(error));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#end(new Error(`it stopped with exit code ${code}`));
        resolve();
      });
    });
    this.#worker.unref();
  }

  run(task: WorkerTask): Promise<WorkerResult> {
    return new Promise((resolve, reject) => {
      const pending = { task, resolve, reject };
      if (this.#isOver) {
        void this.#fail(pending);
        return;
      }
      this.#pending = pending;
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
    if (reply.ok) pending?.resolve(reply.result);
    else pending?.reject(fromRemoteError(reply.error));
  }

  /** The thread is gone: nothing more will come of it. The first reason is the one that is told. */
  #end(reason: unknown): void {
    if (!this.#isOver) this.#failure = reason;
    this.#isOver = true;
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) void this.#fail(pending);
  }

  async #fail({ task, reject }: Pending): Promise<void> {
    const record = Atomics.load(this.#current, 0);
    const id =
      record < 0 ? undefined : await this.#identify(record).catch(() => `number ${record}`);
    const where = id === undefined ? "" : ` at record "${id}"`;
    const reason = describeError(this.#failure);
    reject(
      new EcampError(`Cannot ${describeTask(task)}: the loader's worker died${where}: ${reason}`, {
        cause: this.#failure,
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#worker.ref();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(
      new EcampError(`Cannot ${describeTask(pending.task)}: the loader has been closed`),
    );
    if (!this.#isOver) this.#worker.postMessage(undefined);
    // A task in work is not waited for: its thread is ended.
    const timeout = pending === undefined ? CLOSE_TIMEOUT_MS : 0;
    const timer = setTimeout(() => void this.#worker.terminate(), timeout);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** A lane in a thread of its own. */
export function threadLane(options: ThreadLaneOptions): Lane {
  return new ThreadLane(options);
}
