/** @file Writes found boxes: a list of pictures with their boxes, the same in COCO's form, and drawings of them. */
import { encodePng } from "../../image/encode.ts";
import { drawOverlay } from "../../image/overlay.ts";
import type { UnreadFile } from "../predict/predict-files.ts";
import type { PredictionEntries, PredictionFolder } from "../predict/prediction-folder.ts";
import {
  OVERLAYS,
  overlayName,
  type PredictionWriter,
  type SavedPrediction,
} from "../predict/prediction-writer.ts";
import { surestBoxes } from "./drawn-boxes.ts";
import type { BoxPrediction, FoundBox } from "./predict.ts";

/** The boxes of a picture that were written. */
export interface SavedBoxes extends SavedPrediction {
  readonly boxes: readonly FoundBox[];
}

type Detected = Exclude<BoxPrediction, UnreadFile>;

/** An entry of the list: a picture with its boxes, or why it could not be read. */
type Listed =
  | (Omit<SavedBoxes, "image" | "overlay"> & { readonly file: string })
  | { readonly file: string; readonly error: string };

const LIST = "detections.json";
const COCO = "detections.coco.json";

/** What stands at the top of a folder of boxes. */
export const BOX_ENTRIES: PredictionEntries = { list: LIST, others: [COCO, OVERLAYS] };

/** What is written beside the lists. */
export interface BoxWriterOptions {
  readonly overlays: boolean;
  /** Boxes of less objectness are not drawn; a bound that is for drawings if absent. */
  readonly minObjectness?: number | undefined;
}

/** A writer of boxes of these classes. */
export function boxWriter(
  folder: PredictionFolder,
  classes: readonly string[],
  { overlays, minObjectness }: BoxWriterOptions,
): PredictionWriter<Detected, SavedBoxes> {
  const list: Listed[] = [];
  return {
    add: async ({ picture, boxes }, image) => {
      const { width, height } = picture;
      const overlay = overlayName(image);
      if (overlays) {
        const drawn = drawOverlay(picture, { prediction: surestBoxes(boxes, minObjectness) });
        await folder.writeAll(new Map([[overlay, await encodePng(drawn)]]));
      }
      list.push({ file: image, width, height, boxes });
      return { image, width, height, boxes, ...(overlays && { overlay }) };
    },
    addUnread: ({ error }, image) => {
      list.push({ file: image, error });
    },
    finish: async () => {
      await folder.write(COCO, `${JSON.stringify(toCoco(list, classes), null, 1)}\n`);
      await folder.write(LIST, `${JSON.stringify(list, null, 1)}\n`);
    },
  };
}

/**
 * COCO's form: images, categories from 1, and annotations, each with its score. The annotations alone are what COCO's tools take as results.
 * Pictures that could not be read are left out: an image has a size there.
 */
function toCoco(list: readonly Listed[], classes: readonly string[]) {
  const read = list.flatMap((listed) => ("boxes" in listed ? [listed] : []));
  const found = read.flatMap(({ boxes }, i) => boxes.map((box) => ({ ...box, image: i + 1 })));
  return {
    images: read.map(({ file, width, height }, i) => ({
      id: i + 1,
      file_name: file,
      width,
      height,
    })),
    categories: classes.map((name, i) => ({ id: i + 1, name })),
    annotations: found.map(({ image, label, score, x, y, width, height }, i) => ({
      ...{ id: i + 1, image_id: image, category_id: classes.indexOf(label) + 1 },
      ...{ bbox: [x, y, width, height], area: width * height, iscrowd: 0, score },
    })),
  };
}
