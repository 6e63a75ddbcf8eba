/** @file Text normalisation that remembers which character of the original each normalised one came from. */

/** Normalisers that a `tokenizer.json` may name. */
export type NormalizerStep = "Lowercase" | "NFD" | "NFKD" | "StripAccents";

/** A piece of text with the way back to where it was read. */
export interface AlignedText {
  readonly text: string;
  /**
   * For each UTF-16 unit of `text`, the original's code point (counted from 0) that it came from. Absent where the
   * original is ASCII: unit `i` is then code point `start + i`.
   */
  readonly sources: Int32Array | undefined;
  /** The original's code point at which this piece starts, where there are no `sources`. */
  readonly start: number;
}

/** Aligns a text with itself. */
export function alignText(text: string): AlignedText {
  if (isAscii(text)) return { text, sources: undefined, start: 0 };
  const sources = new Int32Array(text.length);
  let unit = 0;
  let codePoint = 0;
  for (const character of text) {
    sources.fill(codePoint++, unit, unit + character.length);
    unit += character.length;
  }
  return { text, sources, start: 0 };
}

/** The units `from` … `to` − 1 of a text, still aligned with the original. */
export function sliceAligned(
  aligned: AlignedText,
  { from, to }: { from: number; to: number },
): AlignedText {
  return {
    text: aligned.text.slice(from, to),
    sources: aligned.sources?.subarray(from, to),
    start: aligned.start + from,
  };
}

/** The original's code point that a unit came from. */
export function sourceOf({ sources, start }: AlignedText, unit: number): number {
  return sources === undefined ? start + unit : (sources[unit] ?? 0);
}

/**
 * Applies normalisers in order.
 *
 * `Lowercase` works code point by code point, so that a final `Σ` becomes `σ` (a whole string's `toLowerCase()` gives
 * `ς`). `StripAccents` removes every mark (`\p{M}`), not only those that a decomposition split off.
 */
export function normalizeText(aligned: AlignedText, steps: readonly NormalizerStep[]): AlignedText {
  if (aligned.sources !== undefined) return steps.reduce(applyStep, aligned);
  // ASCII has no decompositions and no marks.
  return steps.includes("Lowercase") ? { ...aligned, text: aligned.text.toLowerCase() } : aligned;
}

function applyStep(aligned: AlignedText, step: NormalizerStep): AlignedText {
  switch (step) {
    case "Lowercase":
      return rewrite(aligned, (character) => character.toLowerCase());
    case "StripAccents":
      return rewrite(aligned, (character) => (isMark(character) ? "" : character));
    case "NFD":
    case "NFKD": {
      const { sources, start } = rewrite(aligned, (character) => character.normalize(step));
      // The whole text's form has the same characters; only runs of marks are put in canonical order.
      return { text: aligned.text.normalize(step), sources, start };
    }
    default:
      return step satisfies never;
  }
}

/** Replaces each code point by any number of them, which keep its source. */
function rewrite(aligned: AlignedText, replace: (character: string) => string): AlignedText {
  const sources: number[] = [];
  let text = "";
  let unit = 0;
  for (const character of aligned.text) {
    const replacement = replace(character);
    const source = sourceOf(aligned, unit);
    for (let i = 0; i < replacement.length; i++) sources.push(source);
    text += replacement;
    unit += character.length;
  }
  return { text, sources: Int32Array.from(sources), start: aligned.start };
}

function isMark(character: string): boolean {
  return /\p{M}/u.test(character);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
