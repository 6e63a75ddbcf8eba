/** @file What a run does when its disk is full: it stops, or says so and goes on. */
import { isDiskFull } from "../util/atomic-file.ts";
import { describeError } from "../util/errors.ts";

/** How a full disk is answered. */
export interface FullDiskOptions {
  /** What to do when a checkpoint, a line of the log or what a watcher writes does not fit on the disk. */
  readonly onFullDisk: "stop" | "continue";
  /** Told in words what a person should know though the run goes on, or before it ends. */
  readonly onNote: (text: string) => void;
}

/** Writes, and goes on without where it may. */
export class FullDisk {
  readonly #options: FullDiskOptions;
  /** What was refused when it was last written. */
  readonly #refused = new Set<string>();

  constructor({ onFullDisk, onNote }: FullDiskOptions) {
    this.#options = { onFullDisk, onNote };
  }

  /**
   * Writes something. Of refusals in a row the first is told.
   * @param what tells refusals of one thing from those of another
   * @returns false when the disk is full and the run shall go on
   * @throws what `write` throws, unless the run shall go on with a full disk and that is what it was
   */
  async write(what: string, write: () => Promise<unknown> | unknown): Promise<boolean> {
    const { onFullDisk, onNote } = this.#options;
    try {
      await write();
      this.#refused.delete(what);
      return true;
    } catch (error) {
      if (onFullDisk === "stop" || !isDiskFull(error)) throw error;
      if (!this.#refused.has(what)) onNote(`warning: ${describeError(error)}; training goes on`);
      this.#refused.add(what);
      return false;
    }
  }
}
