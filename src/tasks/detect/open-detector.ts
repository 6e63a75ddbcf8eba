/** @file A trained detector from its run's folder or its file, ready to be run. */
import { type OpenModel, openModel } from "../finetune/open-model.ts";
import { DETECTOR_FORMAT, type DetectorDescription } from "./detector-description.ts";

/** A detector and the file that it came from. */
export type OpenDetector = OpenModel<DetectorDescription>;

/**
 * Reads a detector.
 * @param path a run's folder (its best model, or else its newest), a checkpoint's folder or a file
 * @throws {WeightsError} when there is none, or the file is damaged
 */
export function openDetector(path: string): Promise<OpenDetector> {
  return openModel(DETECTOR_FORMAT, path);
}
