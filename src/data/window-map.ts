/** @file The attention map that a line of `window.jsonl` may carry: 196 bytes in base64, a line of 264 characters. */
import { WINDOW_GRID } from "../image/attention-window.ts";

const CELLS = WINDOW_GRID ** 2;
const LARGEST = 255;

/** What the text of a map looks like: 196 bytes. */
export const WINDOW_MAP_TEXT: RegExp = /^[A-Za-z0-9+/]{262}==$/;

/**
 * A map as text. Its cells are kept as bytes in proportion to their square root: one patch that draws most of the attention, which
 * is usual, would otherwise leave the others a handful of steps. A cell is off by half a step, at most 1/255 of √(cell · peak).
 * @param map [14, 14], not negative
 */
export function encodeWindowMap(map: ArrayLike<number>): string {
  if (map.length !== CELLS) {
    throw new RangeError(`Cannot write a map of ${map.length} cells: ${CELLS} expected`);
  }
  const values = Array.from(map);
  const peak = Math.max(...values);
  const bytes = values.map((value) =>
    peak > 0 ? Math.round(LARGEST * Math.sqrt(value / peak)) : 0,
  );
  return Buffer.from(bytes).toString("base64");
}

/** The map of a text, on a scale of its own: the squares of the bytes, whole numbers in 0 … 65025. */
export function decodeWindowMap(text: string): Float64Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== CELLS) {
    throw new RangeError(`Cannot read a map of ${bytes.length} bytes: ${CELLS} expected`);
  }
  return Float64Array.from(bytes, (level) => level * level);
}
