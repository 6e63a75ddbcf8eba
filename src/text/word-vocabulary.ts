/** @file A vocabulary from the words of a corpus, for synthetic data and tests: no trained WordPiece is needed there. */
import {
  CONTINUATION_PREFIX,
  describeVocabulary,
  SPECIALS,
  type TokenizerJson,
} from "./describe-vocabulary.ts";
import { MAX_VOCABULARY } from "./tokenizer-file.ts";
import { byCodePoint, WordCounter } from "./word-counter.ts";

/** Held by every vocabulary, so that plain English can be written with it whatever the corpus was. */
const BASE_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.";

/**
 * Builds a `tokenizer.json`: the five special tokens (ids 0 … 4), every character of the texts, alone and as `##…`, by
 * code point, and then the most frequent whole words, equally frequent ones by code point. The same texts give the same
 * file, whatever their order.
 *
 * It is *not* a trained WordPiece (that is `WordPieceTraining`): a word is either whole or single characters, since no pieces between are looked for.
 * That suits a corpus of few words. No word of the texts becomes `[UNK]`, unless it is longer than 100 code points.
 * @param size the most tokens that it may have; fewer when the texts have fewer words
 * @throws {RangeError} when `size` is no whole number, or too small for the characters
 */
export function wordVocabulary(texts: Iterable<string>, { size }: { size: number }): TokenizerJson {
  const counter = new WordCounter();
  for (const text of texts) counter.add(text);
  const { counts } = counter;
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
