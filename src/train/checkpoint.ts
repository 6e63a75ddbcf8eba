/** @file Checkpoints: `checkpoints/step-000123/{model.safetensors, optimizer.safetensors, state.json}`, whole or not at all. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemErrorCode, writeFolderAtomically } from "../util/atomic-file.ts";
import { describeError, WeightsError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { describeShape, type NdArray, sameShape } from "../util/nd-array.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import type { NamedViews, ParameterStore } from "./parameter-store.ts";

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
}

const stateSchema: z.ZodType<TrainState> = z.strictObject({
  format: z.literal(1),
  step: z.int().min(0),
  seed: z.int().min(0),
  threads: z.int().min(1),
  device: z.string(),
  inputs: z.record(z.string(), z.string()),
});

const MODEL = "model.safetensors";
const OPTIMIZER = "optimizer.safetensors";
const STATE = "state.json";
const FOLDER = /^step-(\d{6,})$/;
/** What a crash in the middle of writing leaves behind. */
const UNFINISHED = /^\.step-\d{6,}\..*\.tmp$/;

/** Names that a message lists. */
const NAMES_SHOWN = 3;

const folderName = (step: number): string => `step-${String(step).padStart(6, "0")}`;

/** What is saved. */
export interface CheckpointContent {
  readonly store: ParameterStore;
  readonly state: TrainState;
  /** Stored in the header of the model file: what the model is, so that it can be rebuilt from the file alone. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The checkpoints of a run. */
export class Checkpoints {
  readonly #directory: string;
  readonly #keep: number;

  /** @param options.keep how many of the newest stay; older ones are deleted after a new one stands */
  constructor(runDirectory: string, { keep }: { readonly keep: number }) {
    this.#directory = join(runDirectory, "checkpoints");
    this.#keep = keep;
  }

  /** Steps of the checkpoints that stand, ascending. */
  async steps(): Promise<readonly number[]> {
    const names = await this.#entries();
    const steps = names.flatMap((name) => FOLDER.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => a - b);
  }

  async #entries(): Promise<readonly string[]> {
    return readdir(this.#directory).catch((error: unknown) => {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    });
  }

  /** The folder of a step. */
  path(step: number): string {
    return join(this.#directory, folderName(step));
  }

  /**
   * Writes a checkpoint, then deletes those that are too old or unfinished. One that stands at this step is left as it is: the same step of
   * the same run holds the same numbers.
   * @throws {EcampError} when the disk refuses; earlier checkpoints are untouched
   */
  async save({ store, state, metadata }: CheckpointContent): Promise<string> {
    const path = this.path(state.step);
    if (!(await this.steps()).includes(state.step)) {
      await writeFolderAtomically(path, async (folder) => {
        await writeSafetensors(join(folder, MODEL), store.values, { metadata });
        await writeSafetensors(join(folder, OPTIMIZER), store.moments, {});
        await writeFile(join(folder, STATE), `${JSON.stringify(state, null, 2)}\n`);
      });
    }
    await this.#prune(state.step);
    return path;
  }

  async #prune(newest: number): Promise<void> {
    const older = (await this.steps()).filter((step) => step < newest);
    const tooMany = Math.max(0, older.length + 1 - this.#keep);
    const unfinished = (await this.#entries()).filter((name) => UNFINISHED.test(name));
    for (const name of [...older.slice(0, tooMany).map(folderName), ...unfinished]) {
      await rm(join(this.#directory, name), { recursive: true, force: true });
    }
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
      throw new WeightsError(
        `Cannot read "${file}": ${found}; delete its folder to resume from the checkpoint before it`,
        { cause },
      );
    };
    const text = await readFile(file, "utf8").catch((error: unknown) =>
      refuse(describeError(error), error),
    );
    const parsed = tryParseJson(text);
    if (parsed === undefined) return refuse("it is not valid JSON");
    const state = stateSchema.safeParse(parsed.value);
    if (!state.success) {
      const [issue] = state.error.issues;
      return refuse(`${issue?.path.join(".") || "its content"}: ${issue?.message}`);
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

async function readInto(file: string, views: NamedViews): Promise<void> {
  await using stored = await openSafetensors(file);
  const names = new Set(stored.names);
  const missing = [...views.keys()].filter((name) => !names.has(name));
  const unexpected = stored.names.filter((name) => !views.has(name));
  const faults = [listNames(missing, "missing"), listNames(unexpected, "unexpected")];
  if (missing.length + unexpected.length > 0) {
    throw new WeightsError(
      `Cannot resume from "${file}": ${faults.filter((fault) => fault !== "").join(", ")}; it belongs to another model`,
    );
  }
  for (const [name, view] of views) {
    const array = await stored.read(name);
    requireSame(file, name, array, view);
    view.data.set(array.data as Float32Array);
  }
}

/** `3 missing (a, b, c)`; nothing when there are none. */
function listNames(names: readonly string[], what: string): string {
  if (names.length === 0) return "";
  const rest = names.length > NAMES_SHOWN ? " …" : "";
  return `${names.length} ${what} (${names.slice(0, NAMES_SHOWN).join(", ")}${rest})`;
}

function requireSame(file: string, name: string, array: NdArray, view: NdArray): void {
  if (array.dtype === view.dtype && sameShape(array.shape, view.shape)) return;
  throw new WeightsError(
    `Cannot resume from "${file}": "${name}" is ${describeShape(array)}, expected ${describeShape(view)}; ` +
      "it belongs to a model of another size",
  );
}
