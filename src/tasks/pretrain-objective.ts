/** @file The pre-training objective of a batch: what the one training loop minimises and reports. */
import type { EcampConfig } from "../model/config.ts";
import { type BatchSizes, ecamp, ecampInputs } from "../model/ecamp.ts";
import {
  type Counting,
  EVERY_ELEMENT,
  type LossWeights,
  totalLoss,
} from "../model/ecamp-losses.ts";
import type { Scope } from "../nn/scope.ts";
import { type Objective, type TracedObjective, traceObjective } from "../train/step-program.ts";

/** What is minimised, beside the sizes of a batch. */
export interface ObjectiveOptions {
  readonly counting: Counting;
  readonly weights: LossWeights;
}

/** The plain sum of losses that are means over every element. */
const PLAIN_OBJECTIVE: ObjectiveOptions = {
  counting: EVERY_ELEMENT,
  weights: { mim: 1, res: 1, mlm: 1 },
};

/** The losses as symbolic scalars; the model and its inputs are declared in the scope. */
export function pretrainLosses(
  config: EcampConfig,
  sizes: BatchSizes,
  { counting, weights }: ObjectiveOptions = PLAIN_OBJECTIVE,
): (scope: Scope) => Objective {
  return (scope) => {
    const losses = ecamp(scope, ecampInputs(config, sizes), config, counting);
    return { loss: totalLoss(losses, weights), parts: { ...losses } };
  };
}

/** Traces and differentiates the weighted sum of mim, res and mlm for batches of one size. */
export function pretrainObjective(
  config: EcampConfig,
  sizes: BatchSizes,
  options: ObjectiveOptions = PLAIN_OBJECTIVE,
): TracedObjective {
  return traceObjective(pretrainLosses(config, sizes, options));
}
