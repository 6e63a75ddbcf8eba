/** @file What a window is made from: a record's whole picture, and the words of its context or report. */
import type { Dataset } from "../data/dataset.ts";
import type { JoinedRecord } from "../data/dataset-index.ts";
import { decodeImage } from "../image/decode.ts";
import { mergeEqualChannels, toGrayscale } from "../image/grayscale.ts";
import { resample } from "../image/resample.ts";
import { composeSentence } from "../text/compose-sentence.ts";
import type { FixedEncoding, Tokenizer } from "../text/tokenizer.ts";

/** A record that can be looked at. */
export interface WindowSample extends FixedEncoding {
  readonly id: string;
  readonly textHash: string;
  /** The places of the words that attend; see `attendingWords`. */
  readonly words: readonly number[];
  /** Grey levels of the whole picture, [S, S]. */
  readonly image: Uint8Array;
}

/** The text that attends: the distilled context, or the report where there is none; undefined where there is neither. */
export function attendingText({
  report,
  context,
}: Pick<JoinedRecord, "report" | "context">): string | undefined {
  return [context, report].find((text) => text !== undefined && text.trim() !== "");
}

/** The ids of a whole text, with the class token in front as in training, and nothing masked. */
export function encodeText(text: string, tokenizer: Tokenizer, tokens: number): FixedEncoding {
  const sentence = composeSentence({ report: text, context: "", insertProbability: 0 }, () => 0);
  return tokenizer.encodeFixed(sentence, tokens);
}

/** The places of the words of a text that say something: all but padding and the special tokens, unknown words among them. */
export function attendingWords(
  { ids, length }: FixedEncoding,
  { specials }: Pick<Tokenizer, "specials">,
): readonly number[] {
  const silent = new Set(Object.values(specials));
  return Array.from(ids.subarray(0, length).keys()).filter((at) => !silent.has(ids[at] ?? 0));
}

/**
 * A record's whole picture, stretched to a square as the training view of a crop that takes all of it: a share of the view's side is
 * then the same share of the picture's.
 * @throws {DecodeError} when the picture cannot be read
 */
export async function readWholeView(
  { imagePath, manifest }: Dataset,
  image: string,
  side: number,
): Promise<Uint8Array> {
  const { bitDepth } = manifest;
  const picture = await decodeImage(imagePath(image), { sixteenBit: "range", bitDepth });
  const size = { width: side, height: side };
  const view = resample(mergeEqualChannels(picture), { ...size, interpolation: "bicubic" });
  return toGrayscale(view).data;
}
