/** @file The starting values of a store: every parameter by its own rule and stream. */
import type { Parameter } from "../nn/scope.ts";
import { RandomStream } from "../util/random.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** Draws every parameter in place: a function of the seed and the parameter's name alone. */
export function initializeStore(
  store: ParameterStore,
  parameters: Iterable<Parameter>,
  seed: number,
): void {
  for (const { name, shape, initializer } of parameters) {
    const view = store.values.get(name);
    if (view === undefined)
      throw new RangeError(`Cannot initialise "${name}": the store does not hold it`);
    initializer.fill(view.data, shape, new RandomStream({ seed, name: `init/${name}` }));
  }
}
