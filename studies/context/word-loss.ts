/** @file The report decoder of a trained model by one yardstick: how well it finds masked words of reports that it was not trained on. */
import type { Device } from "../../src/engine/runtime/device.ts";
import type { PretrainConfig } from "../../src/recipes/pretrain-config.ts";
import { startingParameters } from "../../src/tasks/load-initial.ts";
import { openInputs } from "../../src/tasks/pretrain-inputs.ts";
import { prepareModel } from "../../src/tasks/pretrain-model.ts";
import { openValidation } from "../../src/tasks/pretrain-validation.ts";

/** What is scored, on what. */
export interface WordLossOptions {
  /** The yardstick: how texts are composed and masked, and the architecture of the model. */
  readonly config: PretrainConfig;
  /** The model's file. */
  readonly model: string;
  /** A dataset folder, scored on its split `val`. */
  readonly dataset: string;
  readonly device: Device;
  readonly signal: AbortSignal;
}

/** The mean cross-entropy of the masked words of a dataset's split `val`, in nats, each time with the same masks and crops. */
export async function wordLoss(options: WordLossOptions): Promise<number> {
  const { model, dataset, device, signal } = options;
  const config: PretrainConfig = {
    ...options.config,
    run: { ...options.config.run, data: dataset, init: model },
  };
  await using inputs = await openInputs(config, { note: () => undefined });
  await using prepared = prepareModel(config, inputs, {
    ...device,
    clock: () => performance.now(),
  });
  const { store, parameters } = prepared;
  const tokenizerSha256 = inputs.tokenizer.sha256;
  await startingParameters(config, { store, parameters, model: inputs.model, tokenizerSha256 });
  await using validation = openValidation(config, inputs, {
    prepared,
    device,
    onSkipped: (records) => {
      throw new RangeError(`Cannot score "${dataset}": ${records.length} records are unreadable`);
    },
  });
  const losses = await validation?.run(signal);
  signal.throwIfAborted();
  const mlm = losses?.["mlm"];
  if (mlm === undefined) throw new RangeError(`Cannot score "${dataset}": no loss was computed`);
  return mlm;
}
