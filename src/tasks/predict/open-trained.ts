/** @file A trained downstream model of any kind: its file's header says which one it is. */
import { WeightsError } from "../../util/errors.ts";
import { openSafetensors } from "../../weights/safetensors.ts";
import { CLASSIFIER_FORMAT } from "../classify/classifier-description.ts";
import { type OpenClassifier, openClassifier } from "../classify/open-classifier.ts";
import { DETECTOR_FORMAT } from "../detect/detector-description.ts";
import { type OpenDetector, openDetector } from "../detect/open-detector.ts";
import { isModel } from "../finetune/model-description.ts";
import { findModelFile } from "../initial-file.ts";
import { type OpenSegmenter, openSegmenter } from "../segment/open-segmenter.ts";
import { SEGMENTER_FORMAT } from "../segment/segmenter-description.ts";

/** A model, and what it is. */
export type TrainedModel =
  | { readonly kind: "classifier"; readonly model: OpenClassifier }
  | { readonly kind: "segmenter"; readonly model: OpenSegmenter }
  | { readonly kind: "detector"; readonly model: OpenDetector };

/** What a model may be. */
export type ModelKind = TrainedModel["kind"];

/**
 * Reads a classifier, a segmenter or a detector.
 * @param path a run's folder (its best model, or else its newest), a checkpoint's folder or a file
 * @throws {WeightsError} when there is none, it is of another kind, or the file is damaged
 */
export async function openTrained(path: string): Promise<TrainedModel> {
  const file = await findModelFile(path, "predict with");
  const metadata = await readMetadata(file);
  if (isModel(CLASSIFIER_FORMAT, metadata)) {
    return { kind: "classifier", model: await openClassifier(file) };
  }
  if (isModel(SEGMENTER_FORMAT, metadata)) {
    return { kind: "segmenter", model: await openSegmenter(file) };
  }
  if (isModel(DETECTOR_FORMAT, metadata)) {
    return { kind: "detector", model: await openDetector(file) };
  }
  const formats = [CLASSIFIER_FORMAT, SEGMENTER_FORMAT, DETECTOR_FORMAT];
  const expected = formats.map(({ format }) => `"${format}"`).join(", ");
  const commands = formats.map(({ command }) => `"${command}"`).join(", ");
  throw new WeightsError(
    `Cannot predict with "${file}": its header says "${metadata["format"] ?? "nothing"}", expected one of ${expected}; give the folder of a run of one of ${commands}`,
  );
}

async function readMetadata(file: string): Promise<Readonly<Record<string, string>>> {
  await using stored = await openSafetensors(file);
  return stored.metadata;
}
