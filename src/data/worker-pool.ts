/** @file Spreads tasks over lanes: one at a time each, urgent ones first. */
import { EcampError } from "../util/errors.ts";
import type { Lane, ThreadLaneOptions } from "./worker-lane.ts";
import { localLane, threadLane } from "./worker-lane.ts";
import type { WorkerResult, WorkerTask } from "./worker-task.ts";

/** How a pool is made. */
export interface WorkerPoolOptions extends ThreadLaneOptions {
  /** How many threads; with 0 tasks are done in this one. */
  readonly workers: number;
}

interface Waiting {
  readonly task: WorkerTask;
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Lanes and the tasks that wait for one. Masks go before batches, since they are asked for when a step is about to start. */
export class WorkerPool {
  readonly #lanes: readonly Lane[];
  readonly #idle: Lane[];
  readonly #urgent: Waiting[] = [];
  readonly #waiting: Waiting[] = [];
  #isClosed = false;

  constructor({ workers, ...options }: WorkerPoolOptions) {
    this.#lanes =
      workers === 0
        ? [localLane(options.job)]
        : Array.from({ length: workers }, () => threadLane(options));
    this.#idle = [...this.#lanes];
  }

  /** Does a task as soon as a lane is free. */
  run(task: WorkerTask): Promise<WorkerResult> {
    return new Promise((resolve, reject) => {
      const queue = task.kind === "masks" ? this.#urgent : this.#waiting;
      queue.push({ task, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#isClosed) {
      this.#rejectAll();
      return;
    }
    while (this.#idle.length > 0) {
      const next = this.#urgent.shift() ?? this.#waiting.shift();
      if (next === undefined) return;
      const lane = this.#idle.shift();
      if (lane !== undefined) void this.#runOn(lane, next);
    }
  }

  async #runOn(lane: Lane, { task, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await lane.run(task));
    } catch (error) {
      reject(error);
    }
    this.#idle.push(lane);
    this.#dispatch();
  }

  #rejectAll(): void {
    for (const { reject } of [...this.#urgent.splice(0), ...this.#waiting.splice(0)]) {
      reject(new EcampError("Cannot use the loader: it has been closed"));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#rejectAll();
    await Promise.all(this.#lanes.map((lane) => lane[Symbol.asyncDispose]()));
  }
}
