/** @file The model of a dense run: its parameters' buffers and the training step. */
import type { CompileOptions } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import { normalizeGrey, repeatChannels } from "../../model/grey-image.ts";
import type { Parameter } from "../../nn/scope.ts";
import { adamw } from "../../train/optimizers/adamw.ts";
import { ParameterStore } from "../../train/parameter-store.ts";
import { type TracedObjective, traceObjective } from "../../train/step-program.ts";
import { StepVariants } from "../../train/step-variants.ts";
import { sizeOf } from "../../util/nd-array.ts";
import type { PreparedModel } from "../finetune/downstream-task.ts";
import { layerRules } from "../finetune/layer-rules.ts";
import type { DenseInputs } from "./dense-inputs.ts";
import type { DenseConfig, DenseFields } from "./dense-task.ts";

/** The name of the graph's input: u8 [B, S, S]. */
export const IMAGE = "image";

/**
 * Traces the model for a batch and allocates its buffers; the step is compiled when its first batch comes. A frozen encoder is run
 * once and not differentiated: nothing below the head is trained, so that no gradient goes there.
 */
export function prepareDense<Config extends DenseConfig, F extends DenseFields>(
  inputs: Pick<DenseInputs<Config, F>, "config" | "source" | "normalization" | "head">,
  { clock, ...device }: CompileOptions & { readonly clock: () => number },
): PreparedModel {
  const { source, normalization, head } = inputs;
  const { architecture } = source;
  const { train } = inputs.config;
  const { batch, accumulate } = train;
  const grey = input(IMAGE, "u8", [batch, architecture.imageSize, architecture.imageSize]);
  const traced = traceObjective(
    (scope) => {
      const image = repeatChannels(normalizeGrey(grey, normalization));
      return head.objective(head.outputs(scope, image, { training: true }));
    },
    { trains: (name) => train.trainEncoder || !head.isEncoder(name) },
  );
  const optimizer = adamw(train);
  const { depth } = architecture;
  const store = new ParameterStore({
    ...{ trained: traced.trained, fixed: traced.fixed, slots: optimizer.slots },
    rules: layerRules({ ...train, decays: "all", depth, prefix: head.encoderPrefix }),
  });
  const traceOf = (): TracedObjective => traced;
  const steps = new StepVariants(store, { ...device, clock, accumulate, traceOf });
  const count = (sum: number, { shape }: Parameter): number => sum + sizeOf(shape);
  return {
    ...{ store, steps, optimizer, parameters: [...traced.trained, ...traced.fixed] },
    trainedCount: traced.trained.reduce(count, 0),
    [Symbol.asyncDispose]: () => steps[Symbol.asyncDispose](),
  };
}
