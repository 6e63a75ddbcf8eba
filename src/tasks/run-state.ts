/** @file Where a run starts: parameters that somebody fills, or its own newest checkpoint. */

import type { Checkpoints, TrainState } from "../train/checkpoint.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { ConfigError, WeightsError } from "../util/errors.ts";
import { digestFile } from "../util/sha256.ts";
import { configurationSha256 } from "./run-identity.ts";

/** A run that begins or goes on. */
export interface Beginning {
  /** The run's folder. */
  readonly out: string;
  readonly resume: boolean;
  /** May the dataset be another one than the run began with? */
  readonly allowChangedData?: boolean | undefined;
  /** Every value that its results depend on, by section. */
  readonly config: object;
  readonly seed: number;
  readonly threads: number;
  readonly device: string;
  /** SHA-256 of what the run reads, by name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly store: ParameterStore;
  readonly checkpoints: Checkpoints;
  /** Fills the parameters of a new run; gives the weight file that some of them came from. */
  readonly begin: () => Promise<string | undefined>;
  /** Tells a person what is noteworthy. */
  readonly note: (text: string) => void;
}

/**
 * Parameters and state of a new run, or of the newest checkpoint of one that goes on.
 * @throws {WeightsError} when a run that goes on began with another seed, input or configuration, or its checkpoint is damaged
 */
export async function startingState(beginning: Beginning): Promise<TrainState> {
  const { config, resume, out, note, seed, threads, device, store, checkpoints } = beginning;
  const inputs = { ...beginning.inputs, [CONFIGURATION]: configurationSha256(config) };
  const saved = resume ? await checkpoints.latest() : undefined;
  if (saved === undefined) {
    if (resume) note(`"${out}" has no checkpoint yet: starting from the beginning`);
    const file = await beginning.begin();
    const state = { format: 1, step: 0, seed, threads, device, inputs } as const;
    if (file === undefined) return state;
    return { ...state, startedFrom: { file, sha256: await digestFile(file) } };
  }
  requireSame(saved, inputs, beginning);
  if (saved.threads !== threads) {
    note(
      `warning: ${threads} threads instead of ${saved.threads}; results will differ in their last bits`,
    );
  }
  await checkpoints.load(saved.step, store);
  return { ...saved, threads, device, inputs };
}

/** The name under which the configuration's hash stands among the inputs. */
const CONFIGURATION = "configuration";

/** @throws {WeightsError} when the run began with another seed, dataset, vocabulary or configuration */
function requireSame(
  saved: TrainState,
  inputs: TrainState["inputs"],
  { seed, out, allowChangedData = false, note }: Beginning,
): void {
  if (saved.seed !== seed) {
    throw new WeightsError(
      `Cannot resume "${out}" with the seed ${seed}: the run began with ${saved.seed}`,
    );
  }
  for (const [name, hash] of Object.entries(saved.inputs)) {
    if (inputs[name] === hash) continue;
    if (name === "dataset" && allowChangedData) {
      note(
        `warning: the dataset is not the one that "${out}" began with; from here on it learns from this one`,
      );
      continue;
    }
    const advice: Readonly<Record<string, string>> = {
      dataset: "; --allow-changed-data goes on with this one",
      [CONFIGURATION]:
        " (model, batch, rates, losses and switches are a run's own); start a new run instead",
    };
    throw new WeightsError(
      `Cannot resume "${out}": its ${name} is not the one that the run began with${advice[name] ?? ""}`,
    );
  }
}

/**
 * The update after which a run stops.
 * @throws {ConfigError} when it is to stop after one that is done already
 */
export function stopOf(
  { out, stopAfter }: { readonly out: string; readonly stopAfter?: number | undefined },
  { done, last }: { readonly done: number; readonly last: number },
): number {
  if (stopAfter !== undefined && stopAfter < done) {
    throw new ConfigError(
      `Cannot stop "${out}" after step ${stopAfter}: it has done ${done}; choose a later one`,
    );
  }
  return Math.min(last, stopAfter ?? last);
}
