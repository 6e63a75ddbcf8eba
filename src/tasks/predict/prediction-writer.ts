/** @file What writes predictions of one kind into a folder: files for each picture, and at the end lists of all. */
import type { UnreadFile } from "./predict-files.ts";

/** What was written of a picture. Plain JSON. */
export interface SavedPrediction {
  /** The picture's name in the lists: its path from the folder that holds all that is read, with forward slashes. */
  readonly image: string;
  /** Of the file, in pixels. */
  readonly width: number;
  readonly height: number;
  /** The drawing of it, from the folder of predictions. */
  readonly overlay?: string;
}

/** Writes predictions one after another. */
export interface PredictionWriter<Prediction, Saved extends SavedPrediction> {
  /**
   * Writes what belongs to a picture.
   * @throws {LongNameError} when its name makes one that is too long; nothing is written then
   */
  readonly add: (prediction: Prediction, image: string) => Promise<Saved>;
  /** Notes a picture that could not be read, or of which nothing could be written. */
  readonly addUnread: (unread: UnreadFile, image: string) => void;
  /** Writes the lists of what was added. */
  readonly finish: () => Promise<void>;
}

/** The folder of drawings. */
export const OVERLAYS = "overlays";

/** A drawing's name. It is a PNG whatever its picture was. */
export const overlayName = (image: string): string => `${OVERLAYS}/${image}.png`;
