/** @file What `ecamp predict` does with a segmenter or a detector: writes masks or boxes into a folder, and prints a line for each file. */
import type { RunStarts } from "../image/run-lengths.ts";
import { BOX_ENTRIES, boxWriter, type SavedBoxes } from "../tasks/detect/box-writer.ts";
import type { OpenDetector } from "../tasks/detect/open-detector.ts";
import { predictBoxes } from "../tasks/detect/predict.ts";
import type { UnreadFile } from "../tasks/predict/predict-files.ts";
import {
  LongNameError,
  type PredictionEntries,
  PredictionFolder,
} from "../tasks/predict/prediction-folder.ts";
import type { PredictionWriter, SavedPrediction } from "../tasks/predict/prediction-writer.ts";
import { MASK_ENTRIES, maskWriter, type SavedMasks } from "../tasks/segment/mask-writer.ts";
import type { OpenSegmenter } from "../tasks/segment/open-segmenter.ts";
import { predictMasks } from "../tasks/segment/predict.ts";
import { deviceOf } from "./device-option.ts";
import { findNamedPictures } from "./find-pictures.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext, Terminal } from "./terminal.ts";

/** What is predicted, and where to. */
export interface DensePredictArgs {
  readonly images: readonly string[];
  readonly out: string;
  readonly overlays: boolean;
  readonly overwrite: boolean;
  readonly device: string;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** Writes masks of files; the status is 1 when one of them could not be read. */
export async function predictMaskFiles(
  segmenter: OpenSegmenter,
  args: DensePredictArgs & {
    readonly threshold: number | undefined;
    readonly rle: RunStarts | undefined;
  },
  { terminal, signal }: CommandContext,
): Promise<number> {
  const { overlays, threshold, rle: starts = "relative" } = args;
  const device = deviceOf(args);
  const { names, folder } = await openFolder(args, MASK_ENTRIES);
  return writeAll({
    ...{ args, names, terminal, leaks: segmenter.leaks, describe: describeMasks },
    writer: maskWriter(folder, segmenter.config.classes, { starts, overlays }),
    predictions: predictMasks(segmenter, [...names.keys()], { device, threshold, signal }),
  });
}

/** Writes boxes of files; the status is 1 when one of them could not be read. */
export async function predictBoxFiles(
  detector: OpenDetector,
  args: DensePredictArgs & { readonly minObjectness: number | undefined },
  { terminal, signal }: CommandContext,
): Promise<number> {
  const { overlays, minObjectness } = args;
  const device = deviceOf(args);
  const { names, folder } = await openFolder(args, BOX_ENTRIES);
  return writeAll({
    ...{ args, names, terminal, leaks: detector.leaks, describe: describeBoxes },
    writer: boxWriter(folder, detector.classes, { overlays, minObjectness }),
    predictions: predictBoxes(detector, [...names.keys()], { device, minObjectness, signal }),
  });
}

async function openFolder(
  { images, out, overwrite }: DensePredictArgs,
  entries: PredictionEntries,
) {
  const names = await findNamedPictures(images);
  const folder = await PredictionFolder.prepare(out, { entries, sources: images, overwrite });
  return { names, folder };
}

interface Writing<Prediction extends { readonly file: string }, Saved extends SavedPrediction> {
  readonly args: DensePredictArgs;
  /** By file. */
  readonly names: ReadonlyMap<string, string>;
  readonly predictions: AsyncIterable<Prediction | UnreadFile>;
  readonly writer: PredictionWriter<Prediction, Saved>;
  /** What is behind a file's name on its line. */
  readonly describe: (saved: Saved) => string;
  readonly leaks: boolean;
  readonly terminal: Terminal;
}

/** Writes what is predicted, and at the end, whatever ended it, the lists of what was written. */
async function writeAll<
  Prediction extends { readonly file: string },
  Saved extends SavedPrediction,
>({
  args,
  names,
  predictions,
  writer,
  describe,
  leaks,
  terminal,
}: Writing<Prediction, Saved>): Promise<number> {
  let [done, unread, unwritten] = [0, 0, 0];
  const say = (file: string, words: string, values: object): void =>
    terminal.out(
      args.json ? `${JSON.stringify({ file, ...values, leaks })}\n` : `${file}  ${words}\n`,
    );
  const shown = { label: "predict", total: names.size, unit: "images" };
  try {
    await withProgress(terminal, shown, async (progress) => {
      for await (const prediction of predictions) {
        const { file } = prediction;
        const image = names.get(file) ?? file;
        const saved = isUnread(prediction) ? prediction : await addTo(writer, prediction, image);
        if (isUnread(saved)) {
          if (isUnread(prediction)) unread++;
          else unwritten++;
          writer.addUnread(saved, image);
          say(file, saved.error, { error: saved.error });
        } else {
          say(file, describe(saved), saved);
        }
        progress.update(++done, "");
      }
    });
  } catch (error) {
    await writer.finish().catch(() => undefined); // the first error says more
    terminal.err(`What was made of ${done} of ${names.size} files stands in "${args.out}"\n`);
    throw error;
  }
  await writer.finish();
  if (unread > 0) terminal.err(`${unread} of ${names.size} files could not be read\n`);
  if (unwritten > 0) terminal.err(`${unwritten} of ${names.size} files have too long a name\n`);
  return unread + unwritten > 0 ? 1 : 0;
}

/** What was written of a picture; where its name is too long for that, the reason, and the others go on. */
async function addTo<Prediction extends { readonly file: string }, Saved extends SavedPrediction>(
  writer: PredictionWriter<Prediction, Saved>,
  prediction: Prediction,
  image: string,
): Promise<Saved | UnreadFile> {
  return writer.add(prediction, image).catch((error: unknown) => {
    if (!(error instanceof LongNameError)) throw error;
    return { file: prediction.file, error: error.message };
  });
}

function isUnread(prediction: object): prediction is UnreadFile {
  return "error" in prediction;
}

/** `Pneumothorax 1,234 px`, class by class. */
function describeMasks({ masks }: SavedMasks): string {
  const words = Object.entries(masks).map(
    ([name, { pixels }]) => `${name} ${pixels.toLocaleString("en-US")} px`,
  );
  return words.join("  ");
}

/** The most boxes on a line. */
const SHOWN = 5;

/** `nodule, objectness 0.83, 96 x 88 at 12, 40`: width, height, column and row of the first corner; the surest boxes first. */
export function describeBoxes({ boxes }: Pick<SavedBoxes, "boxes">): string {
  if (boxes.length === 0) return "nothing found";
  const words = boxes.slice(0, SHOWN).map(({ label, score, x, y, width, height }) => {
    const [left, top, across, down] = [x, y, width, height].map(Math.round);
    return `${label}, objectness ${score.toFixed(2)}, ${across} x ${down} at ${left}, ${top}`;
  });
  const more = boxes.length - words.length;
  return [...words, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
