/** @file Picture files through a model, batch by batch; a file that is no picture has the reason for an answer. */
import { mapInOrder } from "../../data/map-in-order.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { type DecodeOptions, decodeImage } from "../../image/decode.ts";
import type { Raster } from "../../image/raster.ts";
import { DecodeError } from "../../util/errors.ts";
import { type NdArray, zeros } from "../../util/nd-array.ts";

/** A file that could not be read. */
export interface UnreadFile {
  readonly file: string;
  /** Why. */
  readonly error: string;
}

/** How files are read and scored. */
export interface PredictOptions {
  readonly device: Device;
  /** Pictures at once. Default 8. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is kept of a picture until its batch is full. */
export interface PictureView {
  /** What the model sees: grey levels [S, S]. */
  readonly levels: Uint8Array;
}

/** What is made of each picture, and what of each batch. */
export interface FilePass<View extends PictureView, Answer>
  extends Pick<PredictOptions, "batch" | "signal"> {
  /** Side of a view, in pixels. */
  readonly size: number;
  readonly decode: DecodeOptions;
  readonly view: (picture: Raster) => View;
  /**
   * Runs a batch.
   * @param image u8 [B, S, S]
   * @returns what gives the answer of a row; it is asked for one row after another
   */
  readonly score: (
    image: NdArray<"u8">,
    views: readonly View[],
  ) => Promise<(row: number) => Answer>;
}

const BATCH = 8;
const IN_FLIGHT = 4;

/** Answers of files, in order, as they are computed. A file that is no picture does not stop the others. */
export async function* predictFiles<View extends PictureView, Answer extends object>(
  files: readonly string[],
  pass: FilePass<View, Answer>,
): AsyncGenerator<({ readonly file: string } & Answer) | UnreadFile> {
  const { batch = BATCH, signal } = pass;
  let waiting: Looked<View>[] = [];
  for await (const looked of mapInOrder(files, IN_FLIGHT, (file) => lookAt(file, pass))) {
    signal?.throwIfAborted();
    waiting.push(looked);
    if (waiting.length < batch) continue;
    yield* answered(waiting, pass);
    waiting = [];
  }
  yield* answered(waiting, pass);
}

type Looked<View> = { readonly file: string; readonly view: View } | UnreadFile;

async function lookAt<View extends PictureView>(
  file: string,
  { decode, view }: Pick<FilePass<View, unknown>, "decode" | "view">,
): Promise<Looked<View>> {
  try {
    return { file, view: view(await decodeImage(file, decode)) };
  } catch (error) {
    if (error instanceof DecodeError) return { file, error: error.message };
    throw error;
  }
}

async function* answered<View extends PictureView, Answer extends object>(
  looked: readonly Looked<View>[],
  { size, score, signal }: FilePass<View, Answer>,
): AsyncGenerator<({ readonly file: string } & Answer) | UnreadFile> {
  const views = looked.flatMap((one) => ("view" in one ? [one.view] : []));
  const image = zeros("u8", [views.length, size, size]);
  for (const [i, { levels }] of views.entries()) image.data.set(levels, i * size * size);
  const answerOf = views.length === 0 ? undefined : await score(image, views);
  let row = 0;
  for (const one of looked) {
    signal?.throwIfAborted();
    if ("error" in one) yield one;
    else if (answerOf !== undefined) yield { file: one.file, ...answerOf(row++) };
  }
}
