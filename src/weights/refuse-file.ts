/** @file The refusals of a weight file and of one of its tensors: what was found in it stays on one line, and is only shown. */
import { WeightsError } from "../util/errors.ts";
import { escapeLine } from "../util/escape-controls.ts";

/** Refuses a file. */
export function refuseFile(file: string, found: string, cause?: unknown): never {
  throw new WeightsError(`Cannot read weights "${file}": ${escapeLine(found)}`, { cause });
}

/** Refuses one tensor of a file. */
export function refuseTensor(file: string, name: string, found: string): never {
  throw new WeightsError(
    `Cannot read tensor "${escapeLine(name)}" of weights "${file}": ${escapeLine(found)}`,
  );
}
