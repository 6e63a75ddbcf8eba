/** @file The classifier of a run: its parameters' buffers and the training step, of the whole or of the head alone. */
import type { CompileOptions } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import { normalizeGrey, repeatChannels } from "../../model/grey-image.ts";
import { classifier, classifierHead } from "../../model/heads/classifier.ts";
import type { Parameter, RandomMask } from "../../nn/scope.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { adamw } from "../../train/optimizers/adamw.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import { ParameterStore } from "../../train/parameter-store.ts";
import { type TracedObjective, traceObjective } from "../../train/step-program.ts";
import { StepVariants } from "../../train/step-variants.ts";
import { sizeOf } from "../../util/nd-array.ts";
import type { PreparedModel } from "../finetune/downstream-task.ts";
import { layerRules } from "../finetune/layer-rules.ts";
import { IMAGE } from "./classifier-forward.ts";
import type { ClassifyInputs } from "./classify-inputs.ts";
import { labelledLoss } from "./labelled-loss.ts";
import type { LabelledRecords } from "./labelled-records.ts";

/** The name of the head's input: f32 [B, D]. */
export const FEATURES = "features";

/** A present label counts at most so many times as much as an absent one. */
const MAX_POSITIVE_WEIGHT = 100;

/** SGD decays every parameter as the published program does; AdamW those with two axes or more. */
const DECAYS = { sgd: "all", adamw: "matrices" } as const;

/** A classifier that can be trained when its parameters have been filled. */
export interface PreparedClassifier extends PreparedModel {
  /** Numbers in all parameters together. */
  readonly parameterCount: number;
  readonly masks: readonly RandomMask[];
  /** Does a step read features that were computed once, rather than pictures? */
  readonly readsFeatures: boolean;
}

/** Traces the classifier for a whole batch and allocates its buffers; the step is compiled when its first batch comes. */
export function prepareClassifier(
  config: ClassifyConfig,
  inputs: Pick<ClassifyInputs, "model" | "method" | "task" | "normalization" | "train">,
  { clock, ...device }: CompileOptions & { readonly clock: () => number },
): PreparedClassifier {
  const { train } = config;
  const readsFeatures = train.mode === "probe" && inputs.method.backbone === "eval";
  const whole = traceWhole(config, inputs);
  const traced = readsFeatures ? traceHead(config, inputs) : whole;
  const trained = new Set(traced.trained.map(({ name }) => name));
  const parameters = [...whole.trained, ...whole.fixed];
  const optimizer = train.optimizer === "sgd" ? sgd(train) : adamw(train);
  const store = new ParameterStore({
    trained: parameters.filter(({ name }) => trained.has(name)),
    fixed: parameters.filter(({ name }) => !trained.has(name)),
    rules: layerRules({ ...train, decays: DECAYS[train.optimizer], depth: inputs.model.depth }),
    slots: optimizer.slots,
  });
  const { accumulate } = train;
  const traceOf = (): TracedObjective => traced;
  const steps = new StepVariants(store, { ...device, clock, accumulate, traceOf });
  const count = (some: readonly Parameter[]): number =>
    some.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    ...{ store, parameters, steps, masks: traced.masks, optimizer, readsFeatures },
    parameterCount: count(parameters),
    trainedCount: count(traced.trained),
    [Symbol.asyncDispose]: () => steps[Symbol.asyncDispose](),
  };
}

type Traceable = Pick<ClassifyInputs, "model" | "task" | "normalization" | "train">;

/** From grey levels to the loss. In a linear probe only the head moves. */
function traceWhole(
  { train, model: { dropPath } }: ClassifyConfig,
  { model, task, normalization, train: { records } }: Traceable,
): TracedObjective {
  const { batch, mode } = train;
  const grey = input(IMAGE, "u8", [batch, model.imageSize, model.imageSize]);
  const positiveWeights = positiveWeightsOf(train, records);
  return traceObjective(
    (scope) => {
      const image = repeatChannels(normalizeGrey(grey, normalization));
      const logits = classifier(scope, image, { ...model, dropPath });
      const loss = labelledLoss(logits, { task, positiveWeights });
      return { loss, parts: { loss } };
    },
    { trains: (name) => mode === "finetune" || name.startsWith("head.") },
  );
}

/** From features to the loss. */
function traceHead(
  { train }: ClassifyConfig,
  { model: { dim, classes }, task, train: { records } }: Traceable,
): TracedObjective {
  const features = input(FEATURES, "f32", [train.batch, dim]);
  const positiveWeights = positiveWeightsOf(train, records);
  return traceObjective((scope) => {
    const loss = labelledLoss(classifierHead(scope, features, classes), { task, positiveWeights });
    return { loss, parts: { loss } };
  });
}

/** How much rarer each class's presence is than its absence, among the records that are learnt from. */
export function positiveWeightsOf(
  { positiveWeight }: Pick<ClassifyConfig["train"], "positiveWeight">,
  { counts }: Pick<LabelledRecords, "counts">,
): readonly number[] | undefined {
  if (positiveWeight === "none") return undefined;
  return counts.map(({ present, absent }) =>
    present === 0 || absent === 0 ? 1 : Math.min(MAX_POSITIVE_WEIGHT, absent / present),
  );
}
