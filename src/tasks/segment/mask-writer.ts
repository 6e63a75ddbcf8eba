/** @file Writes predicted masks: a PNG for each class of each picture, drawings of them, and one list of run lengths. */
import { encodePng } from "../../image/encode.ts";
import { type Mask, maskArea } from "../../image/mask.ts";
import { drawOverlay } from "../../image/overlay.ts";
import { raster } from "../../image/raster.ts";
import { encodeRunLengths, type RunStarts } from "../../image/run-lengths.ts";
import { csvLine } from "../../util/csv-line.ts";
import type { UnreadFile } from "../predict/predict-files.ts";
import type { PredictionEntries, PredictionFolder } from "../predict/prediction-folder.ts";
import {
  OVERLAYS,
  overlayName,
  type PredictionWriter,
  type SavedPrediction,
} from "../predict/prediction-writer.ts";
import type { MaskPrediction } from "./predict.ts";

/** What is written beside the masks themselves. */
export interface MaskWriterOptions {
  /** What the starts of run lengths count. */
  readonly starts: RunStarts;
  readonly overlays: boolean;
}

/** A mask that was written. */
export interface SavedMask {
  /** How many pixels belong to it. */
  readonly pixels: number;
  /** Its PNG, from the folder of predictions. */
  readonly mask: string;
}

/** The masks of a picture that were written, by class. */
export interface SavedMasks extends SavedPrediction {
  readonly masks: Readonly<Record<string, SavedMask>>;
}

type Segmented = Exclude<MaskPrediction, UnreadFile>;

const LIST = "masks.csv";
const MASKS = "masks";
const COLUMNS = ["image", "class", "width", "height", "pixels", "rle"];

/** What stands at the top of a folder of masks. */
export const MASK_ENTRIES: PredictionEntries = { list: LIST, others: [MASKS, OVERLAYS] };

/** A writer of masks of these classes. */
export function maskWriter(
  folder: PredictionFolder,
  classes: readonly string[],
  { starts, overlays }: MaskWriterOptions,
): PredictionWriter<Segmented, SavedMasks> {
  const lines = [csvLine(COLUMNS)];
  const words = classWords(classes);
  return {
    add: async ({ picture, masks }, image) => {
      const { width, height } = picture;
      const saved: [label: string, mask: SavedMask][] = [];
      const files = new Map<string, Uint8Array>();
      const rows: string[] = [];
      for (const { label, mask } of masks) {
        const name = `${MASKS}/${image}.${words.get(label) ?? label}.png`;
        files.set(name, await encodeMask(mask));
        const pixels = maskArea(mask);
        const rle = encodeRunLengths(mask, { starts });
        rows.push(csvLine([image, label, width, height, pixels, rle]));
        saved.push([label, { pixels, mask: name }]);
      }
      const overlay = overlayName(image);
      if (overlays) {
        files.set(overlay, await encodePng(drawOverlay(picture, { prediction: { masks } })));
      }
      await folder.writeAll(files);
      lines.push(...rows);
      const all = { image, width, height, masks: Object.fromEntries(saved) };
      return overlays ? { ...all, overlay } : all;
    },
    addUnread: () => undefined, // it has no size, and so no line
    finish: () => folder.write(LIST, lines),
  };
}

/** A mask's PNG: 0 outside, 255 inside. */
function encodeMask({ width, height, data }: Mask): Promise<Uint8Array> {
  return encodePng(raster({ width, height, channels: 1, data: data.map((pixel) => 255 * pixel) }));
}

/** The longest name of a class in a file's name. */
const LONGEST = 64;

/**
 * What classes are called in files' names: letters, digits, `_` and `-`, each unlike the others where capitals do not count. Without a dot, so
 * that no two pictures' masks share a name.
 */
export function classWords(classes: readonly string[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of classes) {
    const plain = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-");
    const short = Array.from(plain).slice(0, LONGEST).join("");
    let word = short;
    for (let count = 2; taken.has(word.toLowerCase()); count++) word = `${short}-${count}`;
    taken.add(word.toLowerCase());
    words.set(name, word);
  }
  return words;
}
