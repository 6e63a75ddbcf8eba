/** @file From a text to the words that WordPiece cuts: added tokens out first, then normalise, then pre-tokenise. */
import {
  type AlignedText,
  alignText,
  type NormalizerStep,
  normalizeText,
  sliceAligned,
} from "./normalize-text.ts";

/** Pre-tokenisers that a `tokenizer.json` may name; `individual_digits` is part of the name. */
export type PreTokenizerStep = "Whitespace" | "Digits" | "IndividualDigits";

/** What decides where words begin and end. */
export interface WordRules {
  /** Literals such as `[MASK]` that are found, case-sensitively, before anything else happens. */
  readonly addedTokens: readonly string[];
  readonly normalizers: readonly NormalizerStep[];
  readonly preTokenizers: readonly PreTokenizerStep[];
}

/** A word of a text, normalised, or one of its added tokens. */
export interface Word {
  readonly text: string;
  /** `text` is an added token: it stands for itself and is not cut. */
  readonly isAddedToken: boolean;
  /** What the word was found in, and at which unit of it. */
  readonly within: AlignedText;
  readonly unit: number;
}

/** Finds the words of a text, in order. */
export type WordSplitter = (text: string) => Iterable<Word>;

// What `\w` is to Unicode's regular expressions; JavaScript's own is ASCII, and its `\s` differs too (U+0085, U+FEFF).
const WORD_CHARACTER = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

const PATTERNS: Readonly<Record<PreTokenizerStep, string>> = {
  Whitespace: `[${WORD_CHARACTER}]+|[^${WORD_CHARACTER}\\p{White_Space}]+`,
  Digits: "\\p{N}+|\\P{N}+",
  IndividualDigits: "\\p{N}|\\P{N}+",
};

/** Prepares a splitter. Each `rules.addedTokens` wins at its leftmost place, the longest first. */
export function createWordSplitter(rules: WordRules): WordSplitter {
  const patterns = rules.preTokenizers.map((step) => new RegExp(PATTERNS[step], "gu"));
  const addedToken = addedTokenPattern(rules.addedTokens);

  function* plainWords(section: AlignedText): Iterable<Word> {
    if (section.text === "") return;
    const within = normalizeText(section, rules.normalizers);
    const bounds = patterns.reduce(
      (spans, pattern) => splitSpans(within.text, spans, pattern),
      [0, within.text.length],
    );
    for (let i = 0; i + 1 < bounds.length; i += 2) {
      const unit = bounds[i] ?? 0;
      const text = within.text.slice(unit, bounds[i + 1]);
      if (text !== "") yield { text, isAddedToken: false, within, unit };
    }
  }

  return function* words(text: string): Iterable<Word> {
    const whole = alignText(text);
    let from = 0;
    for (const { 0: token, index } of addedToken === undefined ? [] : text.matchAll(addedToken)) {
      yield* plainWords(sliceAligned(whole, { from, to: index }));
      yield { text: token, isAddedToken: true, within: whole, unit: index };
      from = index + token.length;
    }
    yield* plainWords(sliceAligned(whole, { from, to: text.length }));
  };
}

/** Cuts every span by a pattern. Spans are flat: start, end, start, end … */
function splitSpans(text: string, spans: readonly number[], pattern: RegExp): number[] {
  const cut: number[] = [];
  for (let i = 0; i + 1 < spans.length; i += 2) {
    const start = spans[i] ?? 0;
    const span = text.slice(start, spans[i + 1]);
    pattern.lastIndex = 0;
    for (let match = pattern.exec(span); match !== null; match = pattern.exec(span)) {
      cut.push(start + match.index, start + pattern.lastIndex);
    }
  }
  return cut;
}

function addedTokenPattern(tokens: readonly string[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const longestFirst = tokens.toSorted((a, b) => b.length - a.length);
  const escaped = longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(escaped.join("|"), "gu");
}
