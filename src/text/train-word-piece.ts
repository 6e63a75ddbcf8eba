/** @file Trains a WordPiece vocabulary: merges of the most frequent neighbours, as Hugging Face's `WordPieceTrainer` does. */
import { ConfigError } from "../util/errors.ts";
import {
  CONTINUATION_PREFIX,
  describeVocabulary,
  SPECIALS,
  type TokenizerJson,
} from "./describe-vocabulary.ts";
import { PairTable } from "./pair-table.ts";
import { MAX_VOCABULARY } from "./tokenizer-file.ts";
import { byCodePoint } from "./word-counter.ts";

/** How a vocabulary is trained. */
export interface WordPieceOptions {
  /** The most tokens that it may have; fewer when the words give no more. */
  readonly size: number;
  /** How often two pieces must stand side by side to become one. Default 1: every word of a small corpus becomes a token. */
  readonly minFrequency?: number;
  /** The most characters that it knows; printable ASCII is always among them. Default 1000. */
  readonly alphabetSize?: number;
}

/** Held by every vocabulary, so that plain English can be written with it whatever the corpus was: ASCII, lower case. */
const BASE_CHARACTERS: readonly string[] = [
  ...Array.from({ length: 0x7e - 0x21 + 1 }, (_, i) => String.fromCharCode(0x21 + i)),
].filter((character) => character === character.toLowerCase());
const DEFAULT_ALPHABET = 1000;

interface TrainedWord {
  pieces: readonly number[];
  readonly count: number;
}

/**
 * The training of a WordPiece vocabulary, a few merges at a time.
 *
 * It is byte-pair encoding over words with the prefix of continuations, which is what the trainer of Hugging Face's library
 * does too (WordPiece's own trainer, which weighs a pair by the likelihood that it adds, was never published): words start as
 * characters, `x ##y ##z`, and the most frequent pair of neighbours becomes a piece until the vocabulary is full or no pair is
 * as frequent as asked. Encoding then ignores the merges and takes the longest piece from the left.
 *
 * Tokens stand in the order: special tokens; characters by code point; `##` and each character; merges, the first first.
 * Equally frequent pairs merge in the order of their ids, the left one's first, so that equal counts give equal files, whatever
 * the order of the texts. (The library starts from a hash table's order, and gives another vocabulary at each run.)
 * Two more differences: every character is there alone *and* as a continuation, so that a word of known characters is never
 * `[UNK]`; and a word with an unknown character takes no part, since it will be `[UNK]`, where the library trains on what is
 * left of it.
 */
export class WordPieceTraining {
  /** The characters that the vocabulary knows, by code point. */
  readonly alphabet: readonly string[];
  /** Occurrences of words with a character outside the alphabet, such as half of a surrogate pair: they stay `[UNK]`. */
  readonly unknown: number;
  readonly #size: number;
  readonly #minFrequency: number;
  readonly #tokens: string[];
  readonly #ids: Map<string, number>;
  readonly #words: TrainedWord[] = [];
  readonly #pairs = new PairTable();

  /**
   * @param counts how often each word stands in the corpus; the order does not matter
   * @throws {ConfigError} when special tokens and characters alone are more than `size`, or `size` is beyond a million
   * @throws {RangeError} when a number is not a whole one from 1
   */
  constructor(
    counts: ReadonlyMap<string, number>,
    { size, minFrequency = 1, alphabetSize = DEFAULT_ALPHABET }: WordPieceOptions,
  ) {
    for (const [name, value] of Object.entries({ size, minFrequency, alphabetSize })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new RangeError(
        `Cannot train a vocabulary with ${name} ${value}: expected a whole number from 1`,
      );
    }
    this.#size = size;
    this.#minFrequency = minFrequency;
    this.alphabet = chooseAlphabet(counts, alphabetSize);
    const continuations = this.alphabet.map((character) => CONTINUATION_PREFIX + character);
    this.#tokens = [...SPECIALS, ...this.alphabet, ...continuations];
    requireRoom(size, this.#tokens.length);
    this.#ids = new Map(this.#tokens.map((token, id) => [token, id]));
    this.unknown = this.#addWords(counts);
  }

  /** Tokens so far. */
  get size(): number {
    return this.#tokens.length;
  }

  /**
   * Merges up to `merges` pairs.
   * @returns whether there is more to merge
   */
  advance(merges: number): boolean {
    for (let i = 0; i < merges; i++) {
      if (this.#tokens.length >= this.#size) return false;
      const pair = this.#pairs.mostFrequent();
      if (pair === undefined || pair.count < this.#minFrequency) return false;
      const { left, right, words } = pair;
      const merged = this.#idOf(
        (this.#tokens[left] ?? "") + (this.#tokens[right] ?? "").slice(CONTINUATION_PREFIX.length),
      );
      for (const index of [...words]) this.#mergeIn(index, { left, right, merged });
    }
    return true;
  }

  /** The vocabulary as it stands. */
  describe(): TokenizerJson {
    return describeVocabulary(this.#tokens);
  }

  #addWords(counts: ReadonlyMap<string, number>): number {
    let unknown = 0;
    for (const [word, count] of counts) {
      const pieces: number[] = [];
      for (const character of word) {
        const prefix = pieces.length === 0 ? "" : CONTINUATION_PREFIX;
        pieces.push(this.#ids.get(prefix + character) ?? -1);
      }
      if (pieces.includes(-1)) {
        unknown += count;
        continue;
      }
      this.#countPairs(this.#words.push({ pieces, count }) - 1, count);
    }
    return unknown;
  }

  /** Takes the word's pairs into the table, or out of it again with a negative count. */
  #countPairs(index: number, count: number): void {
    let left: number | undefined;
    for (const right of this.#words[index]?.pieces ?? []) {
      if (left !== undefined) this.#pairs.add(left, right, { count, word: index });
      left = right;
    }
  }

  #mergeIn(index: number, merge: Merge): void {
    const word = this.#words[index];
    if (word === undefined) return;
    const pieces = mergePieces(word.pieces, merge);
    if (pieces.length === word.pieces.length) return; // it held the pair once, and does no longer
    this.#countPairs(index, -word.count);
    word.pieces = pieces;
    this.#countPairs(index, word.count);
  }

  /** The id of a token, which is new unless `###` is meant: a word of three marks, and a mark that continues a word. */
  #idOf(token: string): number {
    const known = this.#ids.get(token);
    if (known !== undefined) return known;
    const id = this.#tokens.push(token) - 1;
    this.#ids.set(token, id);
    return id;
  }
}

/** Trains a vocabulary to its end. As {@link WordPieceTraining}. */
export function trainWordPiece(
  counts: ReadonlyMap<string, number>,
  options: WordPieceOptions,
): TokenizerJson {
  const training = new WordPieceTraining(counts, options);
  while (training.advance(MAX_VOCABULARY)) {}
  return training.describe();
}

interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/** Replaces each pair by what it becomes, from the left. */
function mergePieces(pieces: readonly number[], { left, right, merged }: Merge): number[] {
  const result: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] ?? -1;
    const isPair = piece === left && pieces[i + 1] === right;
    result.push(isPair ? merged : piece);
    if (isPair) i += 1;
  }
  return result;
}

/** The base characters and the most frequent others, by code point. */
function chooseAlphabet(counts: ReadonlyMap<string, number>, limit: number): readonly string[] {
  const others = new Map<string, number>();
  const base = new Set(BASE_CHARACTERS);
  for (const [word, count] of counts) {
    for (const character of word) {
      // Half of a surrogate pair is no character of UTF-8: readers of a file with one refuse it.
      if (base.has(character) || /\p{Surrogate}/u.test(character)) continue;
      others.set(character, (others.get(character) ?? 0) + count);
    }
  }
  const frequent = [...others]
    .toSorted(([a, countA], [b, countB]) => countB - countA || byCodePoint(a, b))
    .slice(0, Math.max(0, limit - base.size))
    .map(([character]) => character);
  return [...base, ...frequent].toSorted(byCodePoint);
}

function requireRoom(size: number, needed: number): void {
  if (size > MAX_VOCABULARY) {
    throw new ConfigError(
      `Cannot train a vocabulary of ${size} tokens: at most ${MAX_VOCABULARY} are read`,
    );
  }
  if (size >= needed) return;
  throw new ConfigError(
    `Cannot train a vocabulary of ${size} tokens: ${SPECIALS.length} special tokens and ${(needed - SPECIALS.length) / 2} characters, each alone and as a continuation, take ${needed}; ask for more tokens, or for a smaller alphabet`,
  );
}
