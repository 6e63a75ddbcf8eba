/** @file The model of a run: its parameters' buffers and the training step, for batches of every shape. */
import type { CompileOptions } from "../engine/runtime/program.ts";
import { gridOf } from "../model/config.ts";
import type { BatchSizes } from "../model/ecamp.ts";
import type { FeedOptions } from "../model/ecamp-feeds.ts";
import { keptPatches } from "../model/random-masking.ts";
import type { Parameter } from "../nn/scope.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { adamw } from "../train/optimizers/adamw.ts";
import { decayByRank } from "../train/parameter-groups.ts";
import { ParameterStore } from "../train/parameter-store.ts";
import type { TracedObjective } from "../train/step-program.ts";
import { StepVariants } from "../train/step-variants.ts";
import { sizeOf } from "../util/nd-array.ts";
import type { PretrainInputs } from "./pretrain-inputs.ts";
import { PretrainShapes, shapeName } from "./pretrain-shapes.ts";

/** Super-patches of the super-resolution window's side (SPEC 3.3). */
const WINDOW = 12;

/** A model that can be trained when its parameters have been filled. */
export interface PreparedModel extends AsyncDisposable {
  readonly store: ParameterStore;
  /** In the order in which the model declares them. */
  readonly parameters: readonly Parameter[];
  /** Numbers in all parameters together. */
  readonly parameterCount: number;
  readonly shapes: PretrainShapes;
  readonly steps: StepVariants;
  readonly feed: FeedOptions;
  /** The shape of a whole batch, all T tokens. */
  readonly full: BatchSizes;
}

/** A model without buffers: what it is, and nothing to compute with. */
export interface TracedModel {
  readonly shapes: PretrainShapes;
  /** The shape of a whole batch, all T tokens. */
  readonly full: BatchSizes;
  /** The objective for a whole batch. */
  readonly traced: TracedObjective;
}

/** Traces the model for a whole batch. */
export function traceModel(
  { train, model: { tokens }, loss }: PretrainConfig,
  { model, method }: Pick<PretrainInputs, "model" | "method">,
): TracedModel {
  const kept = keptPatches(gridOf(model) ** 2, train.maskRatio);
  const full = { batch: train.batch, tokens, kept };
  const { normalizedPatches, ...weights } = loss;
  const counting = { pixelMean: method.pixelMean, normalizedPatches };
  const shapes = new PretrainShapes(model, { counting, weights });
  return { shapes, full, traced: shapes.traceOf(shapeName(full)) };
}

/** Traces the model for a whole batch and allocates its buffers; the step is compiled when its first batch comes. */
export function prepareModel(
  config: PretrainConfig,
  inputs: Pick<PretrainInputs, "model" | "method">,
  { clock, ...device }: CompileOptions & { readonly clock: () => number },
): PreparedModel {
  const { train } = config;
  const { shapes, full, traced } = traceModel(config, inputs);
  const { slots } = adamw(train);
  const store = new ParameterStore({ ...traced, rules: decayByRank(train.weightDecay), slots });
  const steps = new StepVariants(store, {
    ...device,
    clock,
    accumulate: train.accumulate,
    traceOf: (variant) => shapes.traceOf(variant),
  });
  const parameters = [...traced.trained, ...traced.fixed];
  return {
    ...{ store, parameters, shapes, steps, full },
    parameterCount: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    feed: { config: inputs.model, kept: full.kept, window: WINDOW },
    [Symbol.asyncDispose]: () => steps[Symbol.asyncDispose](),
  };
}
