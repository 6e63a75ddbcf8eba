/** @file Checkpoints: `checkpoints/step-000123/{model.safetensors, optimizer.safetensors, state.json}`, whole or not at all. */
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  isDiskFull,
  makeFolder,
  systemErrorCode,
  writeFileAtomically,
  writeFolderAtomically,
} from "../util/atomic-file.ts";
import { describeError, EcampError, WeightsError } from "../util/errors.ts";
import { firstFault } from "../util/expectation.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { DAMAGED_ADVICE, readInto } from "./read-into.ts";

/** What a run must know beside its tensors to go on exactly where it was. */
export interface TrainState {
  readonly format: 1;
  /** Updates done. */
  readonly step: number;
  readonly seed: number;
  /** Threads of the device: another number gives other roundings. */
  readonly threads: number;
  readonly device: string;
  /** SHA-256 of what the run reads, by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The weight file that parameters came from before the first update, and its SHA-256; absent where all were drawn. */
  readonly startedFrom?: { readonly file: string; readonly sha256: string } | undefined;
  /** The update after which validation was best so far, its loss, and by which number it was, where the validation says it. */
  readonly best?:
    | { readonly step: number; readonly loss: number; readonly by?: string | undefined }
    | undefined;
  /** Validations in succession since the best one. */
  readonly validationsSinceBest?: number | undefined;
  /** Was the run stopped before the validation that follows this update was done? */
  readonly validationDue?: boolean | undefined;
}

const stateSchema: z.ZodType<TrainState> = z.strictObject({
  format: z.literal(1),
  step: z.int().min(0),
  seed: z.int().min(0),
  threads: z.int().min(1),
  device: z.string(),
  inputs: z.record(z.string(), z.string()),
  startedFrom: z.strictObject({ file: z.string(), sha256: z.string() }).optional(),
  best: z
    .strictObject({ step: z.int().min(1), loss: z.number(), by: z.string().optional() })
    .optional(),
  validationsSinceBest: z.int().min(0).optional(),
  validationDue: z.boolean().optional(),
});

const MODEL = "model.safetensors";
const OPTIMIZER = "optimizer.safetensors";
const STATE = "state.json";
const BEST = "best";
const FOLDER = /^step-(\d{6,})$/;
/** What a crash in the middle of writing or deleting leaves behind. */
const UNFINISHED = /^\.step-\d{6,}\..*\.tmp$/;
const UNFINISHED_MODEL = /^\.model\.safetensors\..*\.tmp$/;

const stateText = (state: TrainState): string => `${JSON.stringify(state, null, 2)}\n`;

const folderName = (step: number): string => `step-${String(step).padStart(6, "0")}`;

/** What is saved. */
export interface CheckpointContent {
  readonly store: ParameterStore;
  readonly state: TrainState;
  /** Stored in the header of the model file: what the model is, so that it can be rebuilt from the file alone. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The model of the best validation so far. */
export interface BestModel extends Pick<CheckpointContent, "store" | "metadata"> {
  readonly step: number;
  readonly loss: number;
}

/** The checkpoints of a run. */
export class Checkpoints {
  readonly #run: string;
  readonly #directory: string;
  readonly #keep: number;

  /** @param options.keep how many of the newest stay; older ones are deleted after a new one stands */
  constructor(runDirectory: string, { keep }: { readonly keep: number }) {
    this.#run = runDirectory;
    this.#directory = join(runDirectory, "checkpoints");
    this.#keep = keep;
  }

  /** Steps of the checkpoints that stand, ascending. */
  async steps(): Promise<readonly number[]> {
    const names = await entriesOf(this.#directory);
    const steps = names.flatMap((name) => FOLDER.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => a - b);
  }

  /** The folder of a step. */
  path(step: number): string {
    return join(this.#directory, folderName(step));
  }

  /**
   * Writes a checkpoint, then deletes those that are too old. One that stands at this step is left as it is: the same step of the
   * same run holds the same numbers.
   * @throws {EcampError} when the disk refuses, see `isDiskFull`; earlier checkpoints are untouched, and nothing of this one stays
   */
  async save({ store, state, metadata }: CheckpointContent): Promise<string> {
    const path = this.path(state.step);
    if ((await this.steps()).includes(state.step)) return path;
    // First, since on a full disk it is in the way.
    await removeAll(this.#directory, UNFINISHED);
    try {
      await writeFolderAtomically(path, async (folder) => {
        await writeSafetensors(join(folder, MODEL), store.values, { metadata });
        await writeSafetensors(join(folder, OPTIMIZER), store.moments, {});
        await writeFile(join(folder, STATE), stateText(state));
      });
    } catch (error) {
      throw await this.#describeFailure(error, { store, step: state.step });
    }
    await this.#prune(state.step);
    return path;
  }

  /** Removes what a kill in the middle of writing or deleting has left behind. */
  async tidy(): Promise<void> {
    await removeAll(this.#directory, UNFINISHED);
    await removeAll(join(this.#run, BEST), UNFINISHED_MODEL);
  }

  /**
   * Puts another state in place of that of a checkpoint that stands, its tensors as they are: for what is known only after it was
   * written, such as how good its model is.
   * @throws {EcampError} when the disk refuses; the state before stands then
   */
  async replaceState(state: TrainState): Promise<void> {
    await writeFileAtomically(join(this.path(state.step), STATE), stateText(state));
  }

  /** Why a checkpoint was not written, in terms of checkpoints rather than of the file that was in work. */
  async #describeFailure(
    error: unknown,
    { store, step }: { readonly store: ParameterStore; readonly step: number },
  ): Promise<EcampError> {
    const standing = (await this.steps()).at(-1);
    const left =
      standing === undefined ? "there is none before it" : `that of step ${standing} stands`;
    const found = isDiskFull(error)
      ? `the disk is full, ${(checkpointBytes(store) / 1e6).toPrecision(3)} MB expected`
      : describeError(error);
    return new EcampError(
      `Cannot save the checkpoint of step ${step} in "${this.#directory}": ${found}; ${left}`,
      { cause: error },
    );
  }

  /**
   * Keeps a model as `best/model.safetensors` in the run's folder, in place of the one before. One file, so that it is whole at
   * every moment; its step and loss stand in its header.
   */
  async saveBest({ store, step, loss, metadata }: BestModel): Promise<void> {
    const folder = join(this.#run, BEST);
    await makeFolder(folder);
    await removeAll(folder, UNFINISHED_MODEL);
    await writeSafetensors(join(folder, MODEL), store.values, {
      metadata: { ...metadata, step: `${step}`, validationLoss: `${loss}` },
    });
  }

  async #prune(newest: number): Promise<void> {
    const older = (await this.steps()).filter((step) => step < newest);
    const tooMany = Math.max(0, older.length + 1 - this.#keep);
    for (const step of older.slice(0, tooMany)) {
      // Renamed first: a kill in the middle leaves no folder that looks like a checkpoint and lacks files.
      const doomed = join(this.#directory, `.${folderName(step)}.old.tmp`);
      await rename(this.path(step), doomed).catch(() => undefined);
    }
    await removeAll(this.#directory, UNFINISHED);
  }

  /**
   * The state of the newest checkpoint, or undefined when there is none.
   * @throws {WeightsError} when its `state.json` is damaged
   */
  async latest(): Promise<TrainState | undefined> {
    const step = (await this.steps()).at(-1);
    return step === undefined ? undefined : this.state(step);
  }

  /** The state of one checkpoint. */
  async state(step: number): Promise<TrainState> {
    const file = join(this.path(step), STATE);
    const refuse = (found: string, cause?: unknown): never => {
      throw new WeightsError(`Cannot read "${file}": ${found}; ${DAMAGED_ADVICE}`, { cause });
    };
    const text = await readFile(file, "utf8").catch((error: unknown) =>
      refuse(systemErrorCode(error) === "ENOENT" ? "it is missing" : describeError(error), error),
    );
    const parsed = tryParseJson(text);
    if (parsed === undefined) return refuse("it is not valid JSON");
    const state = stateSchema.safeParse(parsed.value);
    if (!state.success) {
      const { where, expected } = firstFault(state.error);
      return refuse(`${where || "its content"}: ${expected}`);
    }
    if (state.data.step !== step) return refuse(`it is of step ${state.data.step}, not ${step}`);
    return state.data;
  }

  /**
   * Reads a checkpoint into a store.
   * @throws {WeightsError} when a file is damaged, or does not hold exactly the store's tensors in their shapes
   */
  async load(step: number, store: ParameterStore): Promise<void> {
    await readInto(join(this.path(step), MODEL), store.values);
    await readInto(join(this.path(step), OPTIMIZER), store.moments);
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
}

/** Deletes what bears such a name. A disk that does not let go of a file is no reason to stop: it is asked again the next time. */
async function removeAll(folder: string, name: RegExp): Promise<void> {
  for (const entry of (await entriesOf(folder)).filter((found) => name.test(found))) {
    await rm(join(folder, entry), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** What a checkpoint of a store takes on the disk, but for a few headers. */
export function checkpointBytes({
  values,
  moments,
}: Pick<ParameterStore, "values" | "moments">): number {
  return [...values.values(), ...moments.values()].reduce(
    (sum, { data }) => sum + data.byteLength,
    0,
  );
}
