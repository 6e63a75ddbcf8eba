/** @file Writes masks as a SIIM-ACR list, `ImageId,EncodedPixels`: the form in which they are handed in, and read back. */
import type { Mask } from "../../image/mask.ts";
import { encodeRunLengths, type RunStarts } from "../../image/run-lengths.ts";

/** A picture's mask, and what the picture is called. */
export interface ListedMask {
  readonly id: string;
  readonly mask: Mask;
}

/** The lines of a list, header first: one for each picture, `-1` where its mask has no pixel. */
export function* formatSiimList(
  masks: Iterable<ListedMask>,
  options: { readonly starts?: RunStarts } = {},
): Generator<string> {
  yield "ImageId,EncodedPixels\n";
  for (const { id, mask } of masks) yield `${quoted(id)},${encodeRunLengths(mask, options)}\n`;
}

/** A cell of a CSV file. */
function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
