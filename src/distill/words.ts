/** @file The words of a sentence with their places, and tables of phrases that are found among them, the longest first. */
import type { SentenceSpan } from "../text/split-sentences.ts";

/** A word, or a mark that divides or asks: `,` `;` `:` `(` `)` `?`. */
export interface Word {
  /** In lower case. */
  readonly text: string;
  /** Where it stands in the text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

/** Hyphens and slashes divide words without being one; de-identified text (`XXXX`, `___`) is a word like any other. */
const WORD = /[\p{L}\p{N}]+(?:['’]\p{L}+)?|_{2,}|[,;:()?]/gu;

/** The words of `text`, whose first character stands at `offset`. */
export function wordsOf(text: string, offset = 0): Word[] {
  return Array.from(text.matchAll(WORD), ({ 0: word, index }) => ({
    text: word.toLowerCase(),
    start: offset + index,
    end: offset + index + word.length,
  }));
}

/** Where a span stands in a sentence, as whole words; undefined where it does not. */
export function placeOf(span: string, sentence: string): SentenceSpan | undefined {
  const wanted = wordsOf(span);
  const words = wordsOf(sentence);
  if (wanted.length === 0) return undefined;
  const at = words.findIndex((_, i) => wanted.every(({ text }, j) => words[i + j]?.text === text));
  const first = words[at];
  const last = words[at + wanted.length - 1];
  return first && last && { start: first.start, end: last.end };
}

/** A phrase that was found. */
export interface PhraseMatch<T> {
  readonly value: T;
  /** How many words it has. */
  readonly length: number;
}

interface Phrase<T> {
  readonly words: readonly string[];
  readonly value: T;
}

/** Phrases, each with a value. */
export class PhraseTable<T> {
  /** By first word, the longest first. */
  readonly #byFirst = new Map<string, Phrase<T>[]>();

  /** @throws {TypeError} when a phrase stands in the table twice, or is empty */
  constructor(phrases: Iterable<readonly [phrase: string, value: T]>) {
    const seen = new Set<string>();
    for (const [phrase, value] of phrases) {
      const words = phrase.split(" ");
      const [first = ""] = words;
      if (first === "" || seen.has(phrase)) {
        throw new TypeError(`Cannot make a table of phrases: "${phrase}" is empty or there twice`);
      }
      seen.add(phrase);
      const same = this.#byFirst.get(first) ?? [];
      same.push({ words, value });
      this.#byFirst.set(first, same);
    }
    for (const same of this.#byFirst.values()) {
      same.sort((a, b) => b.words.length - a.words.length);
    }
  }

  /** The longest phrase that begins at a word and ends, in the text, at `limit` or before. */
  at(
    words: readonly Word[],
    position: number,
    limit: number = Number.POSITIVE_INFINITY,
  ): PhraseMatch<T> | undefined {
    const candidates = this.#byFirst.get(words[position]?.text ?? "");
    const found = candidates?.find(
      (phrase) =>
        phrase.words.every((word, i) => words[position + i]?.text === word) &&
        (words[position + phrase.words.length - 1]?.end ?? 0) <= limit,
    );
    return found && { value: found.value, length: found.words.length };
  }
}

/** `a, b, c` as the list of its phrases: tables of words are read more easily so. */
export function phrasesOf(list: string): readonly string[] {
  return list.split(",").map((phrase) => phrase.trim());
}

/** Every phrase of a record's lists with its key. */
export function phrasesByKey<K extends string>(
  lists: Readonly<Record<K, string>>,
): readonly (readonly [phrase: string, key: K])[] {
  // `Object.entries` forgets the keys' type.
  const entries = Object.entries(lists) as [K, string][];
  return entries.flatMap(([key, list]) => phrasesOf(list).map((phrase) => [phrase, key] as const));
}
