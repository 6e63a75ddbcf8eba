/** @file A trained classifier from its run's folder or its file, ready to be run. */
import { type OpenModel, openModel } from "../finetune/open-model.ts";
import { CLASSIFIER_FORMAT, type ClassifierDescription } from "./classifier-description.ts";

/** A classifier and the file that it came from. */
export type OpenClassifier = OpenModel<ClassifierDescription>;

/**
 * Reads a classifier.
 * @param path a run's folder (its best model, or else its newest), a checkpoint's folder or a file
 * @throws {WeightsError} when there is none, or the file is damaged
 */
export function openClassifier(path: string): Promise<OpenClassifier> {
  return openModel(CLASSIFIER_FORMAT, path);
}
