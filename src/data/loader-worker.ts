/** @file The thread of a loader's worker: does one task at a time and hands its arrays over. */
import { parentPort, workerData } from "node:worker_threads";
import type { RemoteError } from "./remote-error.ts";
import { toRemoteError } from "./remote-error.ts";
import type { JobReference, WorkerResult, WorkerTask } from "./worker-task.ts";
import { TaskRunner, transfersOf } from "./worker-task.ts";

/** What a worker is started with. */
export interface LoaderWorkerData {
  readonly job: JobReference;
  /** One shared number: the record that is being read, for messages about a worker that died; −1 when none is. */
  readonly current: Int32Array;
}

/** What a worker answers to a task. */
export type WorkerReply =
  | { readonly ok: true; readonly result: WorkerResult }
  | { readonly ok: false; readonly error: RemoteError };

/** Who starts this file gives it what it needs: the other side is `worker-lane.ts`. */
function serve(port: NonNullable<typeof parentPort>, { job, current }: LoaderWorkerData): void {
  const runner = new TaskRunner(job, (record) => Atomics.store(current, 0, record));
  const answer = async (task: WorkerTask): Promise<void> => {
    try {
      const result = await runner.run(task);
      port.postMessage({ ok: true, result } satisfies WorkerReply, transfersOf(result));
    } catch (error) {
      port.postMessage({ ok: false, error: toRemoteError(error) } satisfies WorkerReply);
    }
    Atomics.store(current, 0, -1);
  };
  port.on("message", (task: WorkerTask | undefined) => {
    if (task !== undefined) void answer(task);
    else void runner[Symbol.asyncDispose]().finally(() => port.close());
  });
}

if (parentPort !== null) serve(parentPort, workerData);
