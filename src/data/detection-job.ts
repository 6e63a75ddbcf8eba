/** @file The samples of detection: a record's picture and the boxes in it, relative to the view (SPEC 4.3). */
import { moveBox } from "../image/dense-boxes.ts";
import type { Corners } from "../image/mask.ts";
import { ManifestError } from "../util/errors.ts";
import type { Field, SampleJob, SampleRequest, SampleViews } from "./batch-job.ts";
import { DatasetIndex } from "./dataset-index.ts";
import {
  type DenseJobOptions,
  type DensePicture,
  type DensePictureFields,
  densePicture,
  densePictureFields,
} from "./dense-picture.ts";
import type { Box } from "./record.ts";
import type { RepairCounter } from "./repairs.ts";
import { siblingModule } from "./sibling-module.ts";
import { DEFAULT_MAX_BOXES, usableBoxes } from "./usable-boxes.ts";
import type { JobReference } from "./worker-task.ts";

/** What a worker needs to make the samples of detection: plain data. */
export interface DetectionJobOptions extends DenseJobOptions {
  /** The most boxes of a picture; 10 by default. */
  readonly maxBoxes?: number;
  /** The least share of its area that a box must keep where a movement cuts it at the edge; see `moveBox`. */
  readonly leastVisible?: number;
}

/** The arrays of a detection batch. S is the view's side, M the most boxes of a picture. */
export type DetectionFields = DensePictureFields & {
  /** [M, 5]: class, then centre x and y, width and height as shares of the view's side; rows of zeros are no boxes. */
  readonly boxes: Field<"f32">;
};

/** The numbers of a box's row. */
const ROW = 5;

/** What the loader is told, so that its workers make samples of detection. */
export function detectionJob(options: DetectionJobOptions): JobReference {
  return { module: siblingModule("detection-job", import.meta.url).href, options };
}

class DetectionJob implements SampleJob<DetectionFields> {
  readonly fields: DetectionFields;
  readonly #options: DetectionJobOptions;
  readonly #index: DatasetIndex;

  constructor(options: DetectionJobOptions) {
    const { view, maxBoxes = DEFAULT_MAX_BOXES } = options;
    this.#options = options;
    this.#index = new DatasetIndex(options.index);
    this.fields = {
      ...densePictureFields(view.size),
      boxes: { dtype: "f32", shape: [maxBoxes, ROW] },
    };
  }

  async write(
    { record, epoch }: SampleRequest,
    views: SampleViews<DetectionFields>,
    mended: RepairCounter,
  ): Promise<void> {
    const found = await this.#index.read(record);
    const picture = await densePicture(found, epoch, this.#options);
    const { classes, maxBoxes = DEFAULT_MAX_BOXES } = this.#options;
    const usable = usableBoxes(found, classes, { ...picture.size, maxBoxes });
    if (usable === undefined) {
      throw new ManifestError(`it lists no boxes, and no labels that deny ${classes.join(", ")}`);
    }
    mended.merge(usable.repairs);
    views.image.set(picture.image.data);
    views.pictureSize.set([picture.size.width, picture.size.height]);
    views.boxes.fill(0).set(this.#rows(usable.boxes, picture));
  }

  /** The boxes that the view shows, one row after the other. */
  #rows(boxes: readonly Box[], { geometry }: DensePicture): readonly number[] {
    const { classes, view, leastVisible } = this.#options;
    const { size, fit = "stretch" } = view;
    const square = { size, fit, ...(leastVisible !== undefined && { leastVisible }) };
    return boxes.flatMap(({ label, x, y, width, height }) => {
      const moved = moveBox([x, y, x + width, y + height], geometry, square);
      if (moved === undefined) return [];
      return [classes.indexOf(label), ...centred(moved).map((pixels) => pixels / size)];
    });
  }

  async identify(record: number): Promise<string> {
    return (await this.#index.read(record)).id;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#index[Symbol.asyncDispose]();
  }
}

/** Centre and size of a box. */
function centred([x1, y1, x2, y2]: Corners): readonly number[] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}

/** Opens the job in a worker. The options are those that `detectionJob` was given. */
export async function openJob(options: DetectionJobOptions): Promise<SampleJob<DetectionFields>> {
  return new DetectionJob(options);
}
