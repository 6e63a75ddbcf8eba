/** @file Is there room for what a run will write? Asked before anything is computed. */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError } from "../util/errors.ts";

/** Bytes that may still be written to the disk of a folder, which need not be there yet; undefined where the disk does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const path = resolve(folder);
  try {
    const { blocks, bavail, bsize } = await statfs(path);
    // Some network disks report none of their blocks.
    return blocks > 0 ? bavail * bsize : undefined;
  } catch (error) {
    const isAbsent = systemErrorCode(error) === "ENOENT" && dirname(path) !== path;
    return isAbsent ? freeBytes(dirname(path)) : undefined;
  }
}

/** What is about to be written. */
export interface WantedSpace {
  /** Of one checkpoint. */
  readonly checkpointBytes: number;
  /** How many stand at once at most, the one that is being written included. */
  readonly checkpoints: number;
  readonly note: (text: string) => void;
}

/**
 * Warns when the disk has not room for all checkpoints that stand at once.
 * @throws {ConfigError} when not even the first one fits
 */
export async function requireSpace(
  folder: string,
  { checkpointBytes, checkpoints, note }: WantedSpace,
): Promise<void> {
  const free = await freeBytes(folder);
  if (free === undefined || free >= checkpoints * checkpointBytes) return;
  const found = `its disk has ${megabytes(free)} left`;
  if (free < checkpointBytes) {
    throw new ConfigError(
      `Cannot start a run in "${folder}": ${found}, ${megabytes(checkpointBytes)} expected for a checkpoint; make room or choose another --out`,
    );
  }
  note(
    `warning: "${folder}": ${found}, and ${checkpoints} checkpoints of ${megabytes(checkpointBytes)} will stand there at once`,
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
