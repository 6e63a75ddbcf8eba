/** @file A sentence as a row of items that the rules read: entities, cues, modifiers, sizes, marks and other words. */
import type { EntityMention } from "../text/lexicon.ts";
import type { Change, Side } from "./record.ts";
import {
  CHANGE_DENIALS,
  CHANGE_FILLERS,
  CHANGES,
  CUES,
  type Cue,
  NO_DENIALS,
} from "./rules/cues.ts";
import {
  ADJECTIVES,
  BOTH_SIDES,
  CHANGE_WORDS,
  LOCATIONS,
  SEVERITIES,
  SIDES,
} from "./rules/modifiers.ts";
import { SIZES, type Size } from "./rules/structures.ts";
import { PhraseTable, phrasesByKey, phrasesOf, type Word, wordsOf } from "./words.ts";

/** What describes an entity. */
export type Modifier =
  | { readonly of: "side"; readonly value: Side }
  | { readonly of: "location"; readonly value: string; readonly side?: Side }
  | { readonly of: "severity"; readonly value: string }
  | { readonly of: "change"; readonly value: Change };

/** What an item is. */
export type Meaning =
  | { readonly kind: "entity"; readonly mention: EntityMention }
  | { readonly kind: "cue"; readonly cue: Cue }
  /** Some words of size describe an entity as well: `the heart is large`, `a large effusion`. */
  | { readonly kind: "size"; readonly size: Size; readonly modifier: Modifier | undefined }
  | { readonly kind: "modifier"; readonly modifier: Modifier }
  | { readonly kind: "comma" }
  | { readonly kind: "word" };

/** One item, with the words that it is made of. */
export type Item = Meaning & {
  /** The words, in lower case. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

const CUE_TABLE = new PhraseTable(phrasesByKey(CUES));
const NO_DENIAL_TABLE = new PhraseTable(phrasesOf(NO_DENIALS).map((phrase) => [phrase, true]));
const SIZE_TABLE = new PhraseTable(phrasesByKey(SIZES));
const MODIFIER_TABLE = new PhraseTable<Modifier>([
  ...phrasesByKey(SIDES).map(([phrase, value]) => [phrase, { of: "side", value }] as const),
  ...phrasesOf(LOCATIONS).map((phrase) => [phrase, { of: "location", value: phrase }] as const),
  ...phrasesOf(BOTH_SIDES).map(
    (phrase) => [phrase, { of: "location", value: phrase, side: "bilateral" }] as const,
  ),
  ...phrasesOf(SEVERITIES).map(
    (phrase) => [phrase, { of: "severity", value: ADJECTIVES.get(phrase) ?? phrase }] as const,
  ),
  ...phrasesByKey(CHANGE_WORDS).map(
    ([phrase, value]) => [phrase, { of: "change", value }] as const,
  ),
]);

/** What an item says of an entity that it describes. */
export function modifierOf(item: Item | undefined): Modifier | undefined {
  return item?.kind === "modifier" || item?.kind === "size" ? item.modifier : undefined;
}

/** Marks that end a thought as `but` does. */
const BREAKS: ReadonlySet<string> = new Set([";", ":"]);
const COMMAS: ReadonlySet<string> = new Set([",", "(", ")"]);

/** Reads a sentence, which stands at `offset` of the text that its mentions count from. */
export function tagSentence(
  sentence: string,
  offset: number,
  mentions: readonly EntityMention[],
): readonly Item[] {
  const words = wordsOf(sentence, offset);
  const items: Item[] = [];
  let next = 0;
  for (let i = 0; i < words.length; ) {
    const start = words[i]?.start ?? 0;
    while ((mentions[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    const mention = mentions[next];
    const inside = mention !== undefined && mention.start <= start;
    const [meaning, length] = inside
      ? ([{ kind: "entity", mention }, wordsUntil(words, i, mention.end)] as const)
      : meaningAt(words, i, mention?.start ?? Number.POSITIVE_INFINITY);
    items.push({ ...meaning, ...extentOf(words, i, length) });
    i += length;
  }
  return items;
}

function extentOf(
  words: readonly Word[],
  first: number,
  length: number,
): { readonly text: string; readonly start: number; readonly end: number } {
  const those = words.slice(first, first + length);
  return {
    text: those.map(({ text }) => text).join(" "),
    start: those[0]?.start ?? 0,
    end: those[those.length - 1]?.end ?? 0,
  };
}

function wordsUntil(words: readonly Word[], first: number, end: number): number {
  let length = 1;
  while ((words[first + length]?.start ?? Number.POSITIVE_INFINITY) < end) length += 1;
  return length;
}

const WORD: Meaning = { kind: "word" };

/** What stands at a word that is in no entity, and how many words that is. No phrase reaches into the entity that starts at `limit`. */
function meaningAt(
  words: readonly Word[],
  i: number,
  limit: number,
): readonly [meaning: Meaning, length: number] {
  const text = words[i]?.text ?? "";
  if (COMMAS.has(text)) return [{ kind: "comma" }, 1];
  if (text === "?") return [question(words, i), 1];
  if (BREAKS.has(text)) return [{ kind: "cue", cue: "break" }, 1];
  const change = deniedChange(words, i);
  if (change !== undefined) return [{ kind: "modifier", modifier: UNCHANGED }, change];
  const none = NO_DENIAL_TABLE.at(words, i, limit);
  if (none !== undefined) return [WORD, none.length];
  const modifier = MODIFIER_TABLE.at(words, i, limit);
  const found = [
    meant(CUE_TABLE.at(words, i, limit), (cue) => ({ kind: "cue", cue })),
    meant(SIZE_TABLE.at(words, i, limit), (size) => ({
      kind: "size",
      size,
      modifier: modifier?.value,
    })),
    meant(modifier, (value) => ({ kind: "modifier", modifier: value })),
  ]
    .filter((candidate) => candidate !== undefined)
    .sort(([, a], [, b]) => b - a); // stable: cues first among equals
  return found[0] ?? [WORD, 1];
}

function meant<T>(
  match: { readonly value: T; readonly length: number } | undefined,
  of: (value: T) => Meaning,
): readonly [Meaning, number] | undefined {
  return match && [of(match.value), match.length];
}

/**
 * `pneumonia?` asks about what stands before it, `? pneumonia` and `?pneumonia` about what follows; within a word it is a letter that
 * was lost.
 */
function question(words: readonly Word[], i: number): Meaning {
  const [before, at, after] = [words[i - 1], words[i], words[i + 1]];
  const touchesBefore = before?.end === at?.start;
  const touchesAfter = after !== undefined && after.start === at?.end;
  if (
    touchesBefore &&
    (COMMAS.has(before?.text ?? "") || (touchesAfter && !COMMAS.has(after.text)))
  )
    return WORD;
  return { kind: "cue", cue: touchesBefore || after === undefined ? "doubtBefore" : "doubtEither" };
}

const UNCHANGED: Modifier = { of: "change", value: "unchanged" };

/** The words of `no significant interval change in`, or undefined where no change is denied. */
function deniedChange(words: readonly Word[], first: number): number | undefined {
  if (!CHANGE_DENIALS.has(words[first]?.text ?? "")) return undefined;
  let i = first + 1;
  while (CHANGE_FILLERS.has(words[i]?.text ?? "")) i += 1;
  return CHANGES.has(words[i]?.text ?? "") ? i + 1 - first : undefined;
}
