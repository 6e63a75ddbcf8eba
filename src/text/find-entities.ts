/** @file The entities of a text: every form of a lexicon that stands in it. */
import { codePointUnits } from "./code-points.ts";
import { entityTrie, textWords } from "./entity-trie.ts";
import type { EntityMention, Lexicon } from "./lexicon.ts";
import { sourceOf } from "./normalize-text.ts";
import type { Word } from "./split-words.ts";

/**
 * Finds the entities of a text, from left to right, at each place the longest; they do not overlap.
 *
 * Words are compared without letter case and accents, whole ones only; a hyphen, a dash or a slash between words counts as a
 * space, other punctuation parts them. A text in another language has no entities and is no error.
 *
 * @example
 * findEntities("Small left-sided pleural effusions.", CHEST_LEXICON); // effusion, at [17, 34)
 */
export function findEntities(text: string, lexicon: Lexicon): readonly EntityMention[] {
  const trie = entityTrie(lexicon);
  const found = Array.from(textWords(text));
  const words = found.map((word) => word.text);
  const unitOf = codePointUnits(text);
  const mentions: EntityMention[] = [];
  for (let i = 0; i < words.length; ) {
    const match = trie.longestAt(words, i);
    const [first, last] = [found[i], found[(match?.end ?? 0) - 1]];
    if (match === undefined || first === undefined || last === undefined) {
      i += 1;
      continue;
    }
    const { entity, label } = match.entity;
    mentions.push({ entity, label, start: unitOf(startOf(first)), end: unitOf(endOf(last)) });
    i = match.end;
  }
  return mentions;
}

/** {@link findEntities} with its index built beforehand. */
export function createEntityFinder(lexicon: Lexicon): (text: string) => readonly EntityMention[] {
  entityTrie(lexicon);
  return (text) => findEntities(text, lexicon);
}

const startOf = ({ within, unit }: Word): number => sourceOf(within, unit);
const endOf = ({ within, unit, text }: Word): number =>
  sourceOf(within, unit + text.length - 1) + 1;
