/** @file A trained downstream model from its run's folder or its file, ready to be run. */
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { openSafetensors } from "../../weights/safetensors.ts";
import { findModelFile } from "../initial-file.ts";
import { type ModelFormat, parseModel } from "./model-description.ts";

/** A model and the file that it came from. */
export type OpenModel<Description> = Description & {
  readonly file: string;
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
};

/**
 * Reads what a model's file says of itself.
 * @throws {WeightsError} as `openModel`
 */
export async function readDescription<Description>(
  format: ModelFormat<Description>,
  path: string,
): Promise<Description> {
  const file = await findModelFile(path, `open the ${format.key}`);
  await using stored = await openSafetensors(file);
  return parseModel(format, file, stored.metadata);
}

/**
 * Reads a model.
 * @param path a run's folder (its best model, or else its newest), a checkpoint's folder or a file
 * @throws {WeightsError} when there is none, it is of another kind, or the file is damaged
 */
export async function openModel<Description>(
  format: ModelFormat<Description>,
  path: string,
): Promise<OpenModel<Description>> {
  const file = await findModelFile(path, `open the ${format.key}`);
  await using stored = await openSafetensors(file);
  const description = parseModel(format, file, stored.metadata);
  const parameters = new Map<string, NdArray>();
  for (const name of stored.names) parameters.set(name, await stored.read(name));
  return { ...description, file, parameters };
}
