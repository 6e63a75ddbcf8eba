/** @file Every parameter of the pre-training model, without building anything that runs. */
import { type Parameter, Scope, Trace } from "../nn/scope.ts";
import { type EcampConfig, gridOf } from "./config.ts";
import { ecamp, ecampInputs } from "./ecamp.ts";

/** The parameters by checkpoint name, in the order in which the model declares them. */
export function declareEcampParameters(config: EcampConfig): ReadonlyMap<string, Parameter> {
  const trace = new Trace();
  ecamp(
    new Scope(trace),
    ecampInputs(config, { batch: 1, tokens: 1, kept: gridOf(config) ** 2 }),
    config,
  );
  return trace.parameters;
}
