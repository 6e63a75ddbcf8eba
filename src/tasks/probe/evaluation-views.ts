/** @file The evaluation views of picture files, for features that are taken once. */
import { mapInOrder } from "../../data/map-in-order.ts";
import { type DecodeOptions, decodeImage } from "../../image/decode.ts";
import { evaluationView } from "../../image/evaluation-view.ts";

/** Pictures that are decoded while one is resampled. */
const IN_FLIGHT = 4;

/** How pictures are read. */
export interface ViewOptions {
  readonly decode?: DecodeOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The evaluation views of picture files, in order, decoded a few ahead.
 * @throws {DecodeError} when a file cannot be read
 */
export async function* evaluationViews(
  files: readonly string[],
  side: number,
  { decode = {}, signal }: ViewOptions = {},
): AsyncGenerator<Uint8Array> {
  for await (const picture of mapInOrder(files, IN_FLIGHT, (file) => decodeImage(file, decode))) {
    signal?.throwIfAborted();
    yield evaluationView(picture, { size: side }).data;
  }
}
