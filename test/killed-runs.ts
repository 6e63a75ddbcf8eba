/** @file A run of the program that is killed and resumed again and again, beside one that is not. */
import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildInto } from "./built-project.ts";
import { type ChildEnd, type ChildOptions, killSoonAfter, runChild } from "./child-run.ts";
import { type Changes, type RunRecord, recordOf, TinyRuns } from "./tiny-runs.ts";

/** Runs of the program with one configuration: two updates an epoch, each of two micro-batches, dropout, a checkpoint after each. */
export class KilledRuns implements AsyncDisposable {
  readonly lastStep: number;
  /** What a run ends in that is left alone. */
  readonly expected: RunRecord;
  readonly #tiny: TinyRuns;

  private constructor(tiny: TinyRuns, lastStep: number, expected: RunRecord) {
    this.#tiny = tiny;
    this.lastStep = lastStep;
    this.expected = expected;
  }

  /** Makes the dataset and does the run that is left alone, with one worker. */
  static async open(epochs: number, fidelity: Changes["fidelity"] = {}): Promise<KilledRuns> {
    const tiny = await TinyRuns.open();
    await buildInto(tiny.root, ["cli/main.ts", "data/loader-worker.ts"]);
    const config = tiny.configOf({
      train: { epochs, cosineEpochs: epochs, checkpointMinutes: 1e-6 },
      fidelity,
    });
    assert.ok(config.model.dropout > 0 && config.train.accumulate === 2);
    await writeFile(join(tiny.root, CONFIG), JSON.stringify(config));
    const out = join(tiny.root, "whole");
    const end = await goOn(out, tiny.root, { workers: 1 });
    assert.equal(end.status, 0, end.stderr);
    return new KilledRuns(tiny, 2 * epochs, await recordOf(out, 2 * epochs));
  }

  /** A folder for a run. */
  newFolder(): Promise<string> {
    return this.#tiny.newFolder();
  }

  /** Goes on with the run in a folder, or begins it where there is none yet. */
  goOn(out: string, options: GoOnOptions): Promise<ChildEnd> {
    return goOn(out, this.#tiny.root, options);
  }

  /** Goes on until the end; what it ends in must be what the run left alone has ended in. */
  async finish(out: string, options: GoOnOptions): Promise<ChildEnd> {
    const end = await this.goOn(out, options);
    assert.equal(end.status, 0, end.stderr);
    assert.deepEqual(await recordOf(out, this.lastStep), this.expected);
    const folders = await readdir(join(out, "checkpoints"));
    assert.equal(folders.length, 3, `nothing half-written is left: ${folders.join(", ")}`);
    return end;
  }

  /** Deletes everything. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#tiny[Symbol.asyncDispose]();
  }
}

/** How a process goes on. */
export interface GoOnOptions extends ChildOptions {
  readonly workers: number;
}

const CONFIG = "run-config.json";

async function goOn(
  out: string,
  root: string,
  { workers, ...options }: GoOnOptions,
): Promise<ChildEnd> {
  const found = await readdir(out).catch((): string[] => []);
  const place = found.includes("config.json") ? ["--resume"] : ["--config", join(root, CONFIG)];
  const words = ["pretrain", "--out", out, ...place, "--workers", `${workers}`];
  return runChild([join(root, "dist", "cli", "main.js"), ...words], options);
}

/** Kills a process some time after it has saved so many checkpoints, at least one, and before it has saved another. */
export const killAfter = (checkpoints: number, ms: number): ChildOptions => ({
  preload: killSoonAfter({ call: "rename", path: CHECKPOINT_IN_PLACE, times: checkpoints }, ms),
});

/** What a checkpoint is renamed to when it is whole. */
const CHECKPOINT_IN_PLACE = /checkpoints\/step-\d+$/;
