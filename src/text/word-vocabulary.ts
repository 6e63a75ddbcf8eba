/** @file A vocabulary from the words of a corpus, for synthetic data and tests: no trained WordPiece is needed there. */
import type { NormalizerStep } from "./normalize-text.ts";
import { createWordSplitter } from "./split-words.ts";
import { MAX_VOCABULARY, SPECIAL_TOKENS } from "./tokenizer-file.ts";

/** What a `tokenizer.json` of this project holds. */
export interface TokenizerJson {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly {
    readonly id: number;
    readonly special: true;
    readonly content: string;
    readonly single_word: false;
    readonly lstrip: false;
    readonly rstrip: false;
    readonly normalized: false;
  }[];
  readonly normalizer: {
    readonly type: "Sequence";
    readonly normalizers: readonly { readonly type: NormalizerStep }[];
  };
  readonly pre_tokenizer: {
    readonly type: "Sequence";
    readonly pretokenizers: readonly [
      { readonly type: "Whitespace" },
      { readonly type: "Digits"; readonly individual_digits: false },
    ];
  };
  readonly post_processor: null;
  readonly decoder: null;
  readonly model: {
    readonly type: "WordPiece";
    readonly unk_token: string;
    readonly continuing_subword_prefix: string;
    readonly max_input_chars_per_word: number;
    readonly vocab: Readonly<Record<string, number>>;
  };
}

const SPECIALS: readonly string[] = Object.values(SPECIAL_TOKENS);
const NORMALIZERS: readonly NormalizerStep[] = ["Lowercase", "NFKD", "StripAccents"];
const CONTINUATION_PREFIX = "##";
const MAX_WORD_LENGTH = 100;
/** Held by every vocabulary, so that plain English can be written with it whatever the corpus was. */
const BASE_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.";

/**
 * Builds a `tokenizer.json`: the five special tokens (ids 0 … 4), every character of the texts, alone and as `##…`, by
 * code point, and then the most frequent whole words, equally frequent ones by code point. The same texts give the same
 * file, whatever their order.
 *
 * It is *not* a trained WordPiece: a word is either whole or single characters, since no pieces between are looked for.
 * That suits a corpus of few words. No word of the texts becomes `[UNK]`, unless it is longer than 100 code points.
 * @param size the most tokens that it may have; fewer when the texts have fewer words
 * @throws {RangeError} when `size` is no whole number, or too small for the characters
 */
export function wordVocabulary(texts: Iterable<string>, { size }: { size: number }): TokenizerJson {
  const counts = countWords(texts);
  const characters = [...new Set([...BASE_CHARACTERS, ...[...counts.keys()].join("")])].toSorted(
    byCodePoint,
  );
  const pieces = [
    ...SPECIALS,
    ...characters,
    ...characters.map((character) => CONTINUATION_PREFIX + character),
  ];
  if (!Number.isSafeInteger(size) || size < pieces.length || size > MAX_VOCABULARY) {
    throw new RangeError(
      `Cannot build a vocabulary of ${size} tokens: special tokens and characters of these texts take ${pieces.length}, and at most ${MAX_VOCABULARY} are allowed`,
    );
  }
  const taken = new Set(pieces);
  const words = [...counts]
    .filter(([word]) => !taken.has(word) && !word.startsWith(CONTINUATION_PREFIX))
    .toSorted(([a, countA], [b, countB]) => countB - countA || byCodePoint(a, b))
    .map(([word]) => word);
  return describeVocabulary([...pieces, ...words].slice(0, size));
}

/** How often each normalised word stands in the texts. */
function countWords(texts: Iterable<string>): Map<string, number> {
  const split = createWordSplitter({
    addedTokens: SPECIALS,
    normalizers: NORMALIZERS,
    preTokenizers: ["Whitespace", "Digits"],
  });
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const { text: word, isAddedToken } of split(text)) {
      if (isAddedToken || [...word].length > MAX_WORD_LENGTH) continue;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/** JavaScript's `<` compares UTF-16 units, which puts U+10000 before U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (const [i, character] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (character !== other) return (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}

function describeVocabulary(vocabulary: readonly string[]): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.map((content, id) => ({
      id,
      special: true,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: { type: "Sequence", normalizers: NORMALIZERS.map((type) => ({ type })) },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Whitespace" }, { type: "Digits", individual_digits: false }],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: SPECIAL_TOKENS.unk,
      continuing_subword_prefix: CONTINUATION_PREFIX,
      max_input_chars_per_word: MAX_WORD_LENGTH,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}
