/** @file Fine-tuning a classifier, and the linear probe (SPEC 4.1): classification as a downstream task. */
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { Disposables } from "../../util/disposables.ts";
import type { OpenTask, TaskOpening } from "../finetune/downstream-task.ts";
import { type FinetuneResult, type FinetuneRun, finetune } from "../finetune/finetune.ts";
import { describeModel } from "../finetune/model-description.ts";
import { CLASSIFIER_FORMAT, type ClassifierDescription } from "./classifier-description.ts";
import { ClassifierForward } from "./classifier-forward.ts";
import { prepareClassifier } from "./classifier-model.ts";
import { type ClassifyInputs, openClassifyInputs, shorterSideOf } from "./classify-inputs.ts";
import { openFeeding } from "./feeding.ts";

/**
 * Trains a classifier until the run's last update, until validation no longer gains, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export function finetuneClassifier(run: FinetuneRun<ClassifyConfig>): Promise<FinetuneResult> {
  return finetune(run, openClassifyTask);
}

async function openClassifyTask(
  config: ClassifyConfig,
  { encoder, device, clock, ...events }: TaskOpening,
): Promise<OpenTask> {
  await using stack = new Disposables();
  const inputs = stack.use(await openClassifyInputs(config, { encoder, ...events }));
  const prepared = stack.use(prepareClassifier(inputs.config, inputs, { ...device, clock }));
  const forward = stack.use(new ClassifierForward({ ...inputs, config: inputs.model, device }));
  const owned = stack.keep(); // nothing may throw from here on
  const { hashes, privacy, source, train, val } = inputs;
  return {
    ...{ config: inputs.config, hashes, privacy, source, train, val, prepared },
    encoderPrefix: "",
    norm: prepared.readsFeatures ? "encoder" : "fresh",
    metadata: describeModel(CLASSIFIER_FORMAT, descriptionOf(inputs)),
    partOf,
    feed: ({ onSkipped, ...watch }) => openFeeding(watch, { inputs, prepared, forward, onSkipped }),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Gradient norms are told of the encoder and of the head. */
const partOf = (parameter: string): string =>
  /^(?:head|fc_norm)\./.test(parameter) ? "head" : "image encoder";

function descriptionOf(inputs: ClassifyInputs): ClassifierDescription {
  const { model: config, task, classes, normalization, method, bitDepth, leaks } = inputs;
  return {
    ...{ config, task, classes, normalization },
    shorterSide: shorterSideOf(config.imageSize, inputs.config.data.cropPart),
    sixteenBit: method.decode.sixteenBit,
    ...(bitDepth !== undefined && { bitDepth }),
    leaks: leaks.leaks,
  };
}
