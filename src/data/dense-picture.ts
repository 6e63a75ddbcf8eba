/** @file What the samples of segmentation and detection share: a record's picture, moved or not, and how it was moved. */
import { join } from "node:path";
import { type DecodeOptions, decodeImage } from "../image/decode.ts";
import {
  type DenseGeometry,
  drawGeometry,
  type MovementOptions,
  stillGeometry,
} from "../image/dense-geometry.ts";
import { type ViewSquare, viewPicture } from "../image/dense-view.ts";
import type { PixelSize, Raster } from "../image/raster.ts";
import { ManifestError } from "../util/errors.ts";
import type { Field } from "./batch-job.ts";
import type { DatasetIndexHandle } from "./dataset-index.ts";
import type { DatasetRecord } from "./record.ts";
import { drawsOf } from "./record-text.ts";

/** A square view of a picture. */
export interface DenseViewOptions extends ViewSquare {
  /** How pictures are moved, drawn anew in every epoch. Absent: they are not, as in evaluation. */
  readonly movement?: MovementOptions;
}

/** What a worker needs to make the samples of segmentation or detection: plain data. */
export interface DenseJobOptions {
  /** The records, by their index's handle. */
  readonly index: DatasetIndexHandle;
  /** The folder that image paths start from. */
  readonly imageRoot: string;
  readonly seed: number;
  /** The classes, in the order of a model's outputs. */
  readonly classes: readonly string[];
  readonly view: DenseViewOptions;
  readonly decode?: DecodeOptions;
}

/** The arrays of a picture. S is the view's side. */
export type DensePictureFields = {
  /** [S, S]: grey levels. */
  readonly image: Field<"u8">;
  /** [2]: width and height of the picture's file, in pixels, by which predictions find their way back. */
  readonly pictureSize: Field<"i32">;
};

/** The fields of a picture for a side of the view. */
export function densePictureFields(size: number): DensePictureFields {
  return {
    image: { dtype: "u8", shape: [size, size] },
    pictureSize: { dtype: "i32", shape: [2] },
  };
}

/** A picture's view. */
export interface DensePicture {
  /** Grey, [S, S]. */
  readonly image: Raster;
  /** How it was moved; what is known of the picture moves with it. */
  readonly geometry: DenseGeometry;
  /** Of the file. */
  readonly size: PixelSize;
}

/** The view of a record's picture in an epoch: a function of seed, epoch and record alone. */
export async function densePicture(
  { id, image }: DatasetRecord,
  epoch: number,
  { imageRoot, seed, view, decode = {} }: DenseJobOptions,
): Promise<DensePicture> {
  if (image === undefined) throw new ManifestError("it names no image");
  const picture = await decodeImage(join(imageRoot, image), decode);
  const size = { width: picture.width, height: picture.height };
  const geometry =
    view.movement === undefined
      ? stillGeometry(size)
      : drawGeometry(size, view.movement, drawsOf("augment", { id, epoch, seed }));
  return { image: viewPicture(picture, geometry, view), geometry, size };
}
