/** @file Where a pre-training run starts: drawn parameters, given weights, or its own newest checkpoint. */
import type { Parameter } from "../nn/scope.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { Checkpoints, TrainState } from "../train/checkpoint.ts";
import { initializeStore } from "../train/initialize-store.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { WeightsError } from "../util/errors.ts";
import { describeLoad } from "../weights/load-report.ts";
import type { Architecture } from "./initial-file.ts";
import { loadInitialWeights } from "./load-initial.ts";

/** A run that begins or goes on. */
export interface Beginning {
  readonly config: PretrainConfig;
  /** The run's folder. */
  readonly out: string;
  readonly resume: boolean;
  /** Tells a person what is noteworthy. */
  readonly note: (text: string) => void;
}

/** Parameters and state of a new run, or of the newest checkpoint of one that goes on. */
export async function startingState(
  { config, resume, out, note }: Beginning,
  context: {
    readonly store: ParameterStore;
    readonly parameters: readonly Parameter[];
    readonly checkpoints: Checkpoints;
    readonly inputs: Readonly<Record<string, string>>;
    readonly architecture: Architecture;
    readonly tokenizerSha256: string;
  },
): Promise<TrainState> {
  const { store, parameters, checkpoints, inputs } = context;
  const { seed } = config.train;
  const { threads, device } = config.run;
  const saved = resume ? await checkpoints.latest() : undefined;
  if (saved === undefined) {
    if (resume) note(`"${out}" has no checkpoint yet: starting from the beginning`);
    initializeStore(store, parameters, seed);
    if (config.run.init !== null) {
      const { file, report, leavesWordsOut } = await loadInitialWeights(config.run.init, context);
      note(`"${file}": ${describeLoad(report)}`);
      if (leavesWordsOut) {
        note(`"${file}": its vocabulary is another one, so its tables of words were left out`);
      }
    }
    return { format: 1, step: 0, seed, threads, device, inputs };
  }
  if (saved.seed !== seed) {
    throw new WeightsError(
      `Cannot resume "${out}" with the seed ${seed}: the run began with ${saved.seed}`,
    );
  }
  for (const [name, hash] of Object.entries(saved.inputs)) {
    if (inputs[name] === hash) continue;
    throw new WeightsError(
      `Cannot resume "${out}": its ${name} is not the one that the run began with`,
    );
  }
  if (saved.threads !== threads) {
    note(
      `warning: ${threads} threads instead of ${saved.threads}; results will differ in their last bits`,
    );
  }
  await checkpoints.load(saved.step, store);
  return { ...saved, threads, device };
}
