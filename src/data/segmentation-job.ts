/** @file The samples of segmentation: a record's picture and, for every class, which pixels of it belong to the class (SPEC 4.2). */
import { type DenseGeometry, stillGeometry } from "../image/dense-geometry.ts";
import { type MaskResize, viewMask } from "../image/dense-view.ts";
import type { Fit } from "../image/letterbox.ts";
import type { Mask } from "../image/mask.ts";
import { ManifestError } from "../util/errors.ts";
import type { Field, SampleJob, SampleRequest, SampleViews } from "./batch-job.ts";
import { DatasetIndex } from "./dataset-index.ts";
import {
  type DenseJobOptions,
  type DensePictureFields,
  densePicture,
  densePictureFields,
} from "./dense-picture.ts";
import { readMasks } from "./read-masks.ts";
import type { RepairCounter } from "./repairs.ts";
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
    mended: RepairCounter,
  ): Promise<void> {
    const found = await this.#index.read(record);
    const { image, geometry, size } = await densePicture(found, epoch, this.#options);
    const { classes, masksFrom = "masks", imageRoot, maskRoot = imageRoot } = this.#options;
    const isFilled = masksFrom === "boxes";
    const { masks: _, ...unmasked } = found;
    const { masks, repairs } = await readMasks(isFilled ? unmasked : found, classes, {
      ...{ maskRoot, size, fillBoxes: isFilled },
    });
    mended.merge(repairs);
    if (masks.every((mask) => mask === undefined)) {
      throw new ManifestError(
        `it has no mask of ${classes.join(", ")}, and no label that denies one`,
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

/** Opens the job in a worker. The options are those that `segmentationJob` was given. */
export async function openJob(
  options: SegmentationJobOptions,
): Promise<SampleJob<SegmentationFields>> {
  return new SegmentationJob(options);
}
