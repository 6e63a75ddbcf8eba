/** @file The forms of a lexicon over words: which of them stands at a place of a list of words. */
import type { Lexicon, LexiconEntity } from "./lexicon.ts";
import { createWordSplitter, type Word } from "./split-words.ts";

/** Entities by their forms. */
export interface EntityTrie {
  /**
   * The longest form at a place, if there is one. Words that only join others, such as a hyphen, are passed over within a form.
   * @param words as `textWords` finds them
   */
  longestAt(words: readonly string[], at: number): TrieMatch | undefined;
}

/** A form that stands among words. */
export interface TrieMatch {
  readonly entity: LexiconEntity;
  /** Behind its last word. */
  readonly end: number;
}

interface Node {
  readonly next: Map<string, Node>;
  entity?: LexiconEntity;
}

/** Words as every vocabulary of this project tells them apart, in lower case and without accents. */
export const textWords: (text: string) => Iterable<Word> = createWordSplitter({
  addedTokens: [],
  normalizers: ["Lowercase", "NFKD", "StripAccents"],
  preTokenizers: ["Whitespace", "Digits"],
});

const JOINS = /^[\p{Pd}/]+$/u;

/** Is a word a hyphen or slash, which count as a space between words? */
export function joinsWords(word: string): boolean {
  return JOINS.test(word);
}

/** The words of a form: two forms with the same ones are the same form. */
export function wordsOfForm(form: string): readonly string[] {
  return Array.from(textWords(form), ({ text }) => text).filter((word) => !joinsWords(word));
}

const TRIES = new WeakMap<Lexicon, EntityTrie>();

/** The trie of a lexicon, built once. A form without words matches nothing; of one that two entities have, the first counts. */
export function entityTrie(lexicon: Lexicon): EntityTrie {
  const known = TRIES.get(lexicon);
  if (known !== undefined) return known;
  const root: Node = { next: new Map() };
  for (const entity of lexicon.entities) {
    for (const form of entity.forms) {
      const node = wordsOfForm(form).reduce(childOf, root);
      if (node !== root) node.entity ??= entity;
    }
  }
  const trie: EntityTrie = { longestAt: (words, at) => longestAt(root, words, at) };
  TRIES.set(lexicon, trie);
  return trie;
}

function childOf(node: Node, word: string): Node {
  const child = node.next.get(word) ?? { next: new Map() };
  node.next.set(word, child);
  return child;
}

function longestAt(root: Node, words: readonly string[], at: number): TrieMatch | undefined {
  let node = root;
  let found: TrieMatch | undefined;
  for (let i = at; i < words.length; i++) {
    const word = words[i] ?? "";
    const next = node.next.get(word);
    if (next === undefined) {
      if (node !== root && joinsWords(word)) continue;
      break;
    }
    node = next;
    if (node.entity !== undefined) found = { entity: node.entity, end: i + 1 };
  }
  return found;
}
