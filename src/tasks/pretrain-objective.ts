/** @file The pre-training objective of a batch: what the one training loop minimises and reports. */
import type { EcampConfig } from "../model/config.ts";
import { type BatchSizes, ecamp, ecampInputs, totalLoss } from "../model/ecamp.ts";
import type { Scope } from "../nn/scope.ts";
import { type TracedObjective, traceObjective } from "../train/step-program.ts";

/** Traces and differentiates mim + res + mlm for batches of one size. */
export function pretrainObjective(config: EcampConfig, sizes: BatchSizes): TracedObjective {
  return traceObjective((scope: Scope) => {
    const losses = ecamp(scope, ecampInputs(config, sizes), config);
    return { loss: totalLoss(losses), parts: { ...losses } };
  });
}
