/** @file The pre-training of a study's cell: its configuration with the paths, seed and device of a run, and what came of it. */
import { join } from "node:path";
import type { Device } from "../../src/engine/runtime/device.ts";
import type { PretrainConfig } from "../../src/recipes/pretrain-config.ts";
import { pretrain, type RunEvent } from "../../src/tasks/pretrain.ts";
import type { RunContext } from "./study.ts";

/** What a cell trains: everything but paths, device and seed; a lexicon may be a path. */
export type Trained = Omit<PretrainConfig, "run" | "data"> & {
  readonly data: Omit<PretrainConfig["data"], "lexicon">;
};

/** A configuration without what makes it one machine's. */
export function trainedOf({ run: _, data, ...trained }: PretrainConfig): Trained {
  const { lexicon: __, ...rest } = data;
  return { ...trained, data: rest };
}

/** What a run adds to what its cell trains. */
export interface CellInputs {
  /** The dataset folder; null for a configuration that is told later. */
  readonly dataset: string | null;
  readonly tokenizer: string;
  readonly lexicon: string;
  readonly seed: number;
  readonly device: Device;
}

/** The whole configuration of a run. */
export function configOfCell(
  trained: Trained,
  { dataset, tokenizer, lexicon, seed, device }: CellInputs,
): PretrainConfig {
  return {
    ...trained,
    data: { ...trained.data, lexicon },
    train: { ...trained.train, seed },
    run: {
      ...{ data: dataset, tokenizer, init: null },
      ...{ device: device.provider, threads: device.threads },
    },
  };
}

/**
 * Pre-trains in the run's folder.
 * @param updates how many, where not all of the course is run
 * @returns the model's file, and the last losses on the validation split
 */
export async function pretrainCell(
  config: PretrainConfig,
  updates: number | undefined,
  { folder, signal, progress }: RunContext,
): Promise<{ readonly model: string; readonly losses: Readonly<Record<string, number>> }> {
  let losses: Readonly<Record<string, number>> = {};
  let lastStep = 0;
  const onEvent = (event: RunEvent): void => {
    if (event.kind === "started") lastStep = event.lastStep;
    if (event.kind === "update") progress(`update ${event.report.step} of ${lastStep}`);
    if (event.kind === "validation") losses = event.report.losses;
  };
  const { checkpoint } = await pretrain({
    ...{ out: join(folder, "run"), resume: false, stopAfter: updates, signal, onEvent },
    ...{ config, configText: `${JSON.stringify(config, null, 2)}\n` },
    ...{ clock: () => performance.now(), now: () => new Date() },
  });
  signal.throwIfAborted();
  return { model: join(checkpoint, "model.safetensors"), losses };
}
