/** @file One place where tasks are done: a thread, replaced when it dies, or this one. */
import { describeError, EcampError } from "../util/errors.ts";
import type { JobReference, WorkerResult, WorkerTask } from "./worker-task.ts";
import { describeTask, TaskRunner } from "./worker-task.ts";
import { closedError, type Death, WorkerThread } from "./worker-thread.ts";

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

/** How a lane's threads are started. */
export interface ThreadLaneOptions {
  readonly job: JobReference;
  /** The id of a record, for messages about a thread that died while it read it. */
  readonly identify: (record: number) => Promise<string>;
  /** Told in words of a thread that died and was replaced. */
  readonly onRestart: (text: string) => void;
}

/** What a task gives depends on what is asked alone, so another thread can do it again; what kills two would kill a third. */
const ATTEMPTS = 2;

class ThreadLane implements Lane {
  readonly #options: ThreadLaneOptions;
  #thread: WorkerThread;
  #isClosed = false;
  /** The death after which it does nothing any more. */
  #givenUp: Death | undefined;

  constructor(options: ThreadLaneOptions) {
    this.#options = options;
    this.#thread = new WorkerThread(options.job);
  }

  async run(task: WorkerTask): Promise<WorkerResult> {
    for (let attempt = 1; this.#givenUp === undefined; attempt++) {
      await this.#revive();
      if (this.#isClosed) throw closedError(task);
      const outcome = await this.#thread.run(task);
      if (outcome.kind === "done") return outcome.result;
      if (attempt === ATTEMPTS) this.#givenUp = outcome.death;
    }
    const { reason } = this.#givenUp;
    const where = await this.#placeOf(this.#givenUp);
    throw new EcampError(
      `Cannot ${describeTask(task)}: the loader's worker died twice${where === "" ? "" : `, last${where}`}: ${describeError(reason)}`,
      { cause: reason },
    );
  }

  /** Replaces a thread that died, of its last task or since. */
  async #revive(): Promise<void> {
    const { death } = this.#thread;
    if (death === undefined) return;
    const where = await this.#placeOf(death);
    if (this.#isClosed) return;
    this.#thread = new WorkerThread(this.#options.job);
    this.#options.onRestart(
      `warning: the loader's worker died${where}: ${describeError(death.reason)}; another does its work again`,
    );
  }

  /** ` at record "id"`; nothing when it read none. */
  async #placeOf({ record }: Death): Promise<string> {
    if (record === undefined) return "";
    const id = await this.#options.identify(record).catch(() => `number ${record}`);
    return ` at record "${id}"`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#thread[Symbol.asyncDispose]();
  }
}

/** A lane in a thread of its own. */
export function threadLane(options: ThreadLaneOptions): Lane {
  return new ThreadLane(options);
}
