/** @file What a sentence says of the size of heart and mediastinum: `heart size is normal` denies cardiomegaly. */
import type { Judgement } from "./judge-entities.ts";
import type { FindingStatus } from "./record.ts";
import { SIZE_STATUS, type SizeFinding, STRUCTURES } from "./rules/structures.ts";
import type { Item } from "./tag-sentence.ts";

/** A finding that a size is, with the items that say so. */
export interface SizeJudgement extends SizeFinding {
  readonly status: FindingStatus;
  /** The structure and what is said of it, by their positions among the items. */
  readonly structure: number;
  readonly size: number;
}

/** The findings that the sizes of a sentence are; `judged` says which sizes are denied or in doubt. */
export function judgeSizes(
  items: readonly Item[],
  judged: readonly Judgement[],
): readonly SizeJudgement[] {
  const found: SizeJudgement[] = [];
  let from = 0;
  let last: readonly number[] = [];
  for (const [i, item] of items.entries()) {
    if (endsThought(items, i)) from = i + 1;
    if (item.kind !== "size") continue;
    const { size } = item;
    if (isOther(items[i + 1])) continue; // `enlarged lymph nodes`
    const isPredicate = size !== "big" || standsAsPredicate(items, i);
    if (!isPredicate && !describesStructure(items, i)) continue;
    const before = opensNoun(items, i) ? [] : structuresIn(items, from, i);
    const structures = before.length > 0 ? before : structuresIn(items, i + 1, endOfNoun(items, i));
    if (structures.length > 0) [from, last] = [i + 1, structures];
    const isAlternative = structures.length === 0 && followsOr(items, i);
    const status = isAlternative
      ? "uncertain"
      : statusOf(SIZE_STATUS[size], judged[i], items[i - 1]);
    if (status === undefined) continue;
    for (const structure of isAlternative ? last : structures) {
      for (const finding of findingsOf(items[structure], size === "normal")) {
        found.push({ ...finding, status, structure, size: i });
      }
    }
  }
  return found;
}

function findingsOf(item: Item | undefined, isNormal: boolean): readonly SizeFinding[] {
  if (item?.kind !== "entity") return [];
  const structure = STRUCTURES.get(item.mention.entity);
  return (isNormal ? structure?.normal : structure?.enlarged) ?? [];
}

/** A size of its own, under the denial or doubt that reaches it: `not enlarged` is absent, `not normal` says nothing certain. */
function statusOf(
  own: FindingStatus,
  judgement: Judgement | undefined,
  before: Item | undefined,
): FindingStatus | undefined {
  if (judgement === "unsaid") return undefined;
  const isDenied = before?.kind === "cue" && before.cue === "deny";
  if (own === "absent") return isDenied ? undefined : "absent";
  return judgement === "absent" || judgement === "uncertain" ? judgement : own;
}

/** `upper limits of normal or mildly enlarged`. */
function followsOr(items: readonly Item[], i: number): boolean {
  const or = items.slice(0, i).findLast(({ kind }) => kind !== "modifier");
  return or?.kind === "cue" && (or.cue === "or" || or.cue === "versus");
}

/** Structures in a stretch that are the subject themselves, not a description of the entity that follows (`mediastinal mass`). */
function structuresIn(items: readonly Item[], from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let i = from; i < to; i++) {
    const item = items[i];
    if (item?.kind !== "entity" || !STRUCTURES.has(item.mention.entity)) continue;
    if (isAdjective(item.text) && describesOther(items[i + 1])) continue;
    found.push(i);
  }
  return found;
}

const ADJECTIVES: ReadonlySet<string> = new Set(["cardiac", "mediastinal", "cardiomediastinal"]);

function isAdjective(text: string): boolean {
  return ADJECTIVES.has(text);
}

/** Nouns that an adjective such as `cardiac` makes a structure with. */
const SHAPES: ReadonlySet<string> = new Set(
  "silhouette contour hilar width size configuration structures border borders margins xxxx shadow shadows appearance".split(
    " ",
  ),
);

/** Is what follows an entity that is no structure? */
function isOther(next: Item | undefined): boolean {
  if (next?.kind !== "entity") return false;
  const { entity } = next.mention;
  return !SHAPES.has(entity) && !STRUCTURES.has(entity);
}

function describesOther(next: Item | undefined): boolean {
  if (next === undefined || next.kind === "comma" || next.kind === "cue") return false;
  if (next.kind === "entity") return isOther(next);
  return !(next.kind === "size" || SHAPES.has(next.text) || next.kind === "modifier");
}

/** `heart is large`, `heart size large`: a verb or the word `size` stands before, adverbs apart. */
function standsAsPredicate(items: readonly Item[], i: number): boolean {
  let at = i - 1;
  while (items[at]?.kind === "modifier" || items[at]?.text === "somewhat") at -= 1;
  const before = items[at];
  if (before?.kind === "cue") return before.cue === "verb";
  return before?.kind === "entity" && STRUCTURES.has(before.mention.entity);
}

/** `prominent mediastinum`. */
function describesStructure(items: readonly Item[], i: number): boolean {
  if (items[i]?.text !== "prominent") return false;
  const next = items[i + 1];
  return next?.kind === "entity" && next.mention.entity === "mediastinum";
}

/** Does the size begin a noun phrase of its own: `stable heart, normal mediastinum`? */
function opensNoun(items: readonly Item[], i: number): boolean {
  const before = items[i - 1];
  const opens = before?.kind === "comma" || (before?.kind === "cue" && before.cue === "and");
  const next = items[i + 1];
  return opens && next?.kind === "entity" && STRUCTURES.has(next.mention.entity);
}

/** Where the nouns end that a size stands before: at a verb, another size, a denial or the thought's end. */
function endOfNoun(items: readonly Item[], i: number): number {
  for (let at = i + 1; at < items.length; at++) {
    const item = items[at];
    if (item?.kind === "size") return at;
    if (item?.kind === "cue" && item.cue !== "and" && item.cue !== "or") return at;
  }
  return items.length;
}

/** A break, or a comma or `and` behind a predicate or a stability: what follows has a subject of its own. */
function endsThought(items: readonly Item[], i: number): boolean {
  const item = items[i];
  if (item?.kind === "cue" && (item.cue === "break" || item.cue === "deny")) {
    return item.text !== "otherwise" && item.text !== "not";
  }
  if (item?.kind !== "comma") return false;
  for (let at = i - 1; at >= 0; at--) {
    const before = items[at];
    if (before?.kind === "comma") return false;
    if (before?.kind === "cue" && before.cue === "verb") return !normalFollows(items, i);
    if (before?.kind === "modifier" && before.modifier.of === "change")
      return !normalFollows(items, i);
  }
  return false;
}

/** `is stable, within normal limits`: the comma divides two predicates of one subject. */
function normalFollows(items: readonly Item[], i: number): boolean {
  const next = items[i + 1];
  return next?.kind === "size" && !opensNoun(items, i + 1);
}
