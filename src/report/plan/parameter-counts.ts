/** @file How many numbers a model holds, a part at a time, and what a run needs for each of them. */
import { MODULES, type ModuleName, moduleOf } from "../../model/modules.ts";
import type { Parameter } from "../../nn/scope.ts";
import type { TracedObjective } from "../../train/step-program.ts";
import { sizeOf } from "../../util/nd-array.ts";

/** Numbers in the parameters of one part of the model. */
export interface ModuleCount {
  readonly module: ModuleName;
  /** In parameters that receive a gradient. */
  readonly trained: number;
  /** In parameters that are tables, or that no loss depends on. */
  readonly fixed: number;
}

/** What the optimiser keeps beside each trained number: AdamW's two moments. */
const MOMENTS = 2;
const BYTES = 4;

/** The counts of every part, in the order in which data flows through them. */
export function parameterCounts({
  trained,
  fixed,
}: Pick<TracedObjective, "trained" | "fixed">): ModuleCount[] {
  const countIn = (parameters: readonly Parameter[], module: ModuleName): number =>
    parameters
      .filter(({ name }) => moduleOf(name) === module)
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return MODULES.map((module) => ({
    module,
    trained: countIn(trained, module),
    fixed: countIn(fixed, module),
  }));
}

/** Bytes of values, gradients and moments in memory, and of what a checkpoint keeps of them. */
export interface StateBytes {
  readonly memory: number;
  readonly checkpoint: number;
}

/** What so many numbers take. */
export function stateBytes({
  trained,
  fixed,
}: Readonly<Record<"trained" | "fixed", number>>): StateBytes {
  return {
    memory: BYTES * (trained * (2 + MOMENTS) + fixed),
    checkpoint: BYTES * (trained * (1 + MOMENTS) + fixed),
  };
}
