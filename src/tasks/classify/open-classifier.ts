/** @file A trained classifier from its run's folder or its file, ready to be run. */
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { openSafetensors } from "../../weights/safetensors.ts";
import { findModelFile } from "../initial-file.ts";
import { type ClassifierDescription, parseClassifier } from "./classifier-description.ts";

/** A classifier and the file that it came from. */
export interface OpenClassifier extends ClassifierDescription {
  readonly file: string;
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
}

/**
 * Reads what a classifier's file says of itself.
 * @throws {WeightsError} as `openClassifier`
 */
export async function readClassifier(path: string): Promise<ClassifierDescription> {
  const file = await findModelFile(path, "open the classifier");
  await using stored = await openSafetensors(file);
  return parseClassifier(file, stored.metadata);
}

/**
 * Reads a classifier.
 * @param path a run's folder (its best model, or else its newest), a checkpoint's folder or a file
 * @throws {WeightsError} when there is none, or the file is damaged
 */
export async function openClassifier(path: string): Promise<OpenClassifier> {
  const file = await findModelFile(path, "open the classifier");
  await using stored = await openSafetensors(file);
  const description = parseClassifier(file, stored.metadata);
  const parameters = new Map<string, NdArray>();
  for (const name of stored.names) parameters.set(name, await stored.read(name));
  return { ...description, file, parameters };
}
