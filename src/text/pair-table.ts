/** @file Pairs of neighbouring pieces with their counts, and the most frequent of them at hand. */
import { MAX_VOCABULARY } from "./tokenizer-file.ts";

/** Two pieces that stand next to each other in some words, the left one first. */
export interface Pair {
  readonly left: number;
  readonly right: number;
  /** How often they do so. */
  readonly count: number;
  /** The words that hold it, or held it once. */
  readonly words: ReadonlySet<number>;
}

interface CountedPair extends Pair {
  count: number;
  readonly words: Set<number>;
  /** The highest count at which it stands in the queue; 0 when it does not. */
  queued: number;
}

interface Entry {
  readonly pair: CountedPair;
  readonly count: number;
}

/**
 * Counts of pairs that rise and fall, with a priority queue over them. A pair whose count fell keeps its place in the queue
 * until it is at the front: only there is it put back to where it belongs.
 */
export class PairTable {
  readonly #pairs = new Map<number, CountedPair>();
  readonly #risen = new Set<CountedPair>();
  readonly #queue: Entry[] = [];

  /** Counts a pair of the word `word`; a negative `count` takes it back. */
  add(left: number, right: number, { count, word }: { count: number; word: number }): void {
    const key = left * MAX_VOCABULARY + right; // ids are below MAX_VOCABULARY, so keys are exact
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { left, right, count: 0, words: new Set(), queued: 0 };
      this.#pairs.set(key, pair);
    }
    pair.count += count;
    if (pair.count <= 0) this.#pairs.delete(key);
    if (count <= 0) return;
    pair.words.add(word);
    this.#risen.add(pair);
  }

  /** The most frequent pair; among equally frequent ones that of the smallest left id, then of the smallest right id. */
  mostFrequent(): Pair | undefined {
    for (const pair of this.#risen) this.#enqueue(pair);
    this.#risen.clear();
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const { pair, count } = first;
      if (pair.count === count) return pair;
      this.#dropFirst();
      if (pair.queued !== count) continue; // it stands further up already
      pair.queued = 0;
      this.#enqueue(pair);
    }
    return undefined;
  }

  #enqueue(pair: CountedPair): void {
    if (pair.count <= pair.queued) return;
    pair.queued = pair.count;
    const queue = this.#queue;
    const entry = { pair, count: pair.count };
    let at = queue.push(entry) - 1;
    for (let up = (at - 1) >> 1; at > 0; up = (at - 1) >> 1) {
      const parent = queue[up];
      if (parent === undefined || !isBefore(entry, parent)) break;
      queue[at] = parent;
      at = up;
    }
    queue[at] = entry;
  }

  /** Takes the first entry away and lets the last sink from its place. */
  #dropFirst(): void {
    const queue = this.#queue;
    const last = queue.pop();
    if (last === undefined || queue.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [queue[2 * at + 1], queue[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      queue[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    queue[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.pair.left !== b.pair.left) return a.pair.left < b.pair.left;
  return a.pair.right < b.pair.right;
}
