/** @file The samples of segmentation: a record's picture and, for every class, which pixels of it belong to the class (SPEC 4.2). */
import { join } from "node:path";
import { decodeImage } from "../image/decode.ts";
import { type DenseGeometry, stillGeometry } from "../image/dense-geometry.ts";
import { type MaskResize, viewMask } from "../image/dense-view.ts";
import type { Fit } from "../image/letterbox.ts";
import { type Corners, emptyMask, type Mask, maskOfBoxes } from "../image/mask.ts";
import type { PixelSize } from "../image/raster.ts";
import { DecodeError, ManifestError } from "../util/errors.ts";
import type { Field, SampleJob, SampleRequest, SampleViews } from "./batch-job.ts";
import { DatasetIndex } from "./dataset-index.ts";
import {
  type DenseJobOptions,
  type DensePictureFields,
  densePicture,
  densePictureFields,
} from "./dense-picture.ts";
import type { Box, DatasetRecord } from "./record.ts";
import { siblingModule } from "./sibling-module.ts";
import type { JobReference } from "./worker-task.ts";

/** What a worker needs to make the samples of segmentation: plain data. */
export interface SegmentationJobOptions extends DenseJobOptions {
  /** The folder that mask paths start from; `imageRoot` by default. */
  readonly maskRoot?: string;
  /** Are masks read, or are they what a record's boxes cover? `masks` by default. */
  readonly masksFrom?: "masks" | "boxes";
  /** Do masks move with their picture? They do by default. */
  readonly masksMove?: boolean;
  /** How masks come into the square; as their pictures by default. */
  readonly maskFit?: Fit;
  /** What a pixel of a view says of a mask, for all classes or for each; `nearest` by default. */
  readonly maskResize?: MaskResize | Readonly<Record<string, MaskResize>>;
}

/** The arrays of a segmentation batch. S is the view's side, C the number of classes. */
export type SegmentationFields = DensePictureFields & {
  /**
   * [C, S, S]: how much of a pixel belongs to the class, 0 … 255; a model divides by 255. As bytes a batch of 512 masks takes 26 MB, as
   * floats 103, and shares that are rounded to 1/255 are as good as any edge is known.
   */
  readonly masks: Field<"u8">;
  /** [C]: 1 where the class's mask is known; 0 where nothing is, and the mask is empty for want of a better one. */
  readonly known: Field<"f32">;
};

/** What the loader is told, so that its workers make samples of segmentation. */
export function segmentationJob(options: SegmentationJobOptions): JobReference {
  return { module: siblingModule("segmentation-job", import.meta.url).href, options };
}

class SegmentationJob implements SampleJob<SegmentationFields> {
  readonly fields: SegmentationFields;
  readonly #options: SegmentationJobOptions;
  readonly #index: DatasetIndex;

  constructor(options: SegmentationJobOptions) {
    const { view, classes } = options;
    this.#options = options;
    this.#index = new DatasetIndex(options.index);
    this.fields = {
      ...densePictureFields(view.size),
      masks: { dtype: "u8", shape: [classes.length, view.size, view.size] },
      known: { dtype: "f32", shape: [classes.length] },
    };
  }

  async write(
    { record, epoch }: SampleRequest,
    views: SampleViews<SegmentationFields>,
  ): Promise<void> {
    const found = await this.#index.read(record);
    const { image, geometry, size } = await densePicture(found, epoch, this.#options);
    const masks = await masksOf(found, size, this.#options);
    if (masks.every((mask) => mask === undefined)) {
      throw new ManifestError(
        `it has no mask of ${this.#options.classes.join(", ")}, and no label that denies one`,
      );
    }
    views.image.set(image.data);
    views.pictureSize.set([size.width, size.height]);
    views.known.set(masks.map((mask) => Number(mask !== undefined)));
    const { masksMove = true } = this.#options;
    this.#writeMasks(masks, masksMove ? geometry : stillGeometry(size), views.masks);
  }

  #writeMasks(
    masks: readonly (Mask | undefined)[],
    geometry: DenseGeometry,
    planes: Uint8Array,
  ): void {
    const { view, classes, maskFit, maskResize = "nearest" } = this.#options;
    const fit = maskFit ?? view.fit ?? "stretch";
    const pixels = view.size ** 2;
    for (const [i, mask] of masks.entries()) {
      const plane = planes.subarray(i * pixels, (i + 1) * pixels);
      const ofClass = typeof maskResize === "string" ? maskResize : maskResize[classes[i] ?? ""];
      const resize = ofClass ?? "nearest";
      if (mask === undefined) plane.fill(0);
      else plane.set(viewMask(mask, geometry, { size: view.size, fit, resize }).data);
    }
  }

  async identify(record: number): Promise<string> {
    return (await this.#index.read(record)).id;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#index[Symbol.asyncDispose]();
  }
}

/**
 * The masks of a record's picture for every class; undefined where nothing is known. A class that a label denies has an empty one.
 * @throws {DecodeError} when a mask has another size than its picture, or more than two levels
 */
async function masksOf(
  { masks, boxes, labels }: DatasetRecord,
  size: PixelSize,
  { classes, masksFrom = "masks", imageRoot, maskRoot = imageRoot }: SegmentationJobOptions,
): Promise<readonly (Mask | undefined)[]> {
  const known = masksFrom === "masks" ? masks : undefined;
  return Promise.all(
    classes.map(async (name) => {
      const path = known?.[name];
      if (path !== undefined) return readMask(join(maskRoot, path), size);
      if (masksFrom === "boxes" && boxes !== undefined) return boxMask(boxes, name, size);
      return labels?.[name] === 0 ? emptyMask(size) : undefined;
    }),
  );
}

async function readMask(path: string, size: PixelSize): Promise<Mask> {
  const { width, height, channels, data } = await decodeImage(path);
  const isMask = channels === 1 && width === size.width && height === size.height;
  const level = Math.max(1, data.find((value) => value > 0) ?? 1);
  if (!isMask || data.some((value) => value !== 0 && value !== level)) {
    throw new DecodeError(
      `Cannot use mask "${path}": expected ${size.width} x ${size.height} grey pixels of 0 and one other level, found ${width} x ${height} in ${channels} channels`,
    );
  }
  return { width, height, data: data.map((value) => Number(value !== 0)) };
}

function boxMask(boxes: readonly Box[], name: string, size: PixelSize): Mask {
  const ofClass = boxes.filter(({ label }) => label === name);
  const corners = ofClass.map(({ x, y, width, height }): Corners => [x, y, x + width, y + height]);
  return maskOfBoxes(corners, size);
}

/** Opens the job in a worker. The options are those that `segmentationJob` was given. */
export async function openJob(
  options: SegmentationJobOptions,
): Promise<SampleJob<SegmentationFields>> {
  return new SegmentationJob(options);
}
