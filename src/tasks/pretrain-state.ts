/** @file Where a pre-training run starts: drawn parameters, given weights, or its own newest checkpoint. */
import type { Parameter } from "../nn/scope.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { Checkpoints, TrainState } from "../train/checkpoint.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { WeightsError } from "../util/errors.ts";
import { describeLoad } from "../weights/load-report.ts";
import type { Architecture } from "./initial-file.ts";
import { startingParameters } from "./load-initial.ts";
import { configurationSha256 } from "./run-identity.ts";

/** A run that begins or goes on. */
export interface Beginning {
  readonly config: PretrainConfig;
  /** The run's folder. */
  readonly out: string;
  readonly resume: boolean;
  /** May the dataset be another one than the run began with? */
  readonly allowChangedData?: boolean | undefined;
  /** Tells a person what is noteworthy. */
  readonly note: (text: string) => void;
}

/** Parameters and state of a new run, or of the newest checkpoint of one that goes on. */
export async function startingState(
  beginning: Beginning,
  context: {
    readonly store: ParameterStore;
    readonly parameters: readonly Parameter[];
    readonly checkpoints: Checkpoints;
    readonly inputs: Readonly<Record<string, string>>;
    readonly architecture: Architecture;
    readonly tokenizerSha256: string;
  },
): Promise<TrainState> {
  const { config, resume, out, note } = beginning;
  const { store, checkpoints } = context;
  const inputs = { ...context.inputs, [CONFIGURATION]: configurationSha256(config) };
  const { seed } = config.train;
  const { threads, device } = config.run;
  const saved = resume ? await checkpoints.latest() : undefined;
  if (saved === undefined) {
    if (resume) note(`"${out}" has no checkpoint yet: starting from the beginning`);
    const initial = await startingParameters(config, context);
    if (initial !== undefined) {
      const { file, report, leavesWordsOut } = initial;
      note(`"${file}": ${describeLoad(report)}`);
      if (leavesWordsOut) {
        note(`"${file}": its vocabulary is another one, so its tables of words were left out`);
      }
    }
    return { format: 1, step: 0, seed, threads, device, inputs };
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
  { config, out, allowChangedData = false, note }: Beginning,
): void {
  const { seed } = config.train;
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
