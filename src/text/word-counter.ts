/** @file Counts the words of a corpus: what a vocabulary is made from. */
import { MAX_WORD_LENGTH, WORD_RULES } from "./describe-vocabulary.ts";
import { createWordSplitter } from "./split-words.ts";

const split = createWordSplitter(WORD_RULES);

/** How often each normalised word stands in the texts that it was given. Special tokens are no words. */
export class WordCounter {
  readonly #counts = new Map<string, number>();
  #total = 0;
  #overlong = 0;

  /** Occurrences by word. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Occurrences of words, the overlong left out. */
  get total(): number {
    return this.#total;
  }

  /** Occurrences of words of more than 100 code points, which no vocabulary can hold. */
  get overlong(): number {
    return this.#overlong;
  }

  /** Counts a text's words. */
  add(text: string): void {
    for (const { text: word, isAddedToken } of split(text)) {
      if (isAddedToken) continue;
      // No word has more code points than UTF-16 units.
      if (word.length > MAX_WORD_LENGTH && [...word].length > MAX_WORD_LENGTH) {
        this.#overlong += 1;
        continue;
      }
      this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
      this.#total += 1;
    }
  }
}

/** Orders strings by code point. JavaScript's `<` compares UTF-16 units, which puts U+10000 before U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (const [i, character] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (character !== other) return (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return left.length - right.length;
}
