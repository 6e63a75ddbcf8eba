/** @file A trained segmenter from its run's folder or its file, ready to be run. */
import { type OpenModel, openModel } from "../finetune/open-model.ts";
import { SEGMENTER_FORMAT, type SegmenterDescription } from "./segmenter-description.ts";

/** A segmenter and the file that it came from. */
export type OpenSegmenter = OpenModel<SegmenterDescription>;

/**
 * Reads a segmenter.
 * @param path a run's folder (its best model, or else its newest), a checkpoint's folder or a file
 * @throws {WeightsError} when there is none, or the file is damaged
 */
export function openSegmenter(path: string): Promise<OpenSegmenter> {
  return openModel(SEGMENTER_FORMAT, path);
}
