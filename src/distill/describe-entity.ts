/** @file What a sentence says of an entity besides its being there: side, place, severity, change. */
import type { Change, Side } from "./record.ts";
import { type Item, type Modifier, modifierOf } from "./tag-sentence.ts";

/** What describes an entity; what is not said is left out. */
export interface Description {
  readonly side?: Side;
  readonly location?: string;
  readonly severity?: string;
  readonly change?: Change;
}

/** How many items away a description is looked for. */
const REACH = 8;

/** Words after which a place follows. */
const PREPOSITIONS: ReadonlySet<string> = new Set(
  "in at within of over overlying near along on projecting involving throughout to about adjacent".split(
    " ",
  ),
);

/** Describes the entity at a position among the items, and says from which item to which that is said. */
export function describeEntity(
  items: readonly Item[],
  at: number,
): { readonly description: Description; readonly first: number } {
  const found = new Map<Modifier["of"], Modifier>();
  let first = at;
  for (const { modifier, position } of before(items, at)) {
    if (add(found, modifier)) first = Math.min(first, position);
  }
  for (const modifier of after(items, at)) add(found, modifier);
  return { description: descriptionOf(found), first };
}

/** Keeps a modifier unless there is one of its kind. */
function add(found: Map<Modifier["of"], Modifier>, modifier: Modifier): boolean {
  if (found.has(modifier.of)) return false;
  found.set(modifier.of, modifier);
  return true;
}

function descriptionOf(found: ReadonlyMap<Modifier["of"], Modifier>): Description {
  const side = found.get("side");
  const location = found.get("location");
  const severity = found.get("severity");
  const change = found.get("change");
  const both = location?.of === "location" ? location.side : undefined;
  return {
    ...(side?.of === "side" ? { side: side.value } : both !== undefined && { side: both }),
    ...(location?.of === "location" && { location: location.value }),
    ...(severity?.of === "severity" && { severity: severity.value }),
    ...(change?.of === "change" && { change: change.value }),
  };
}

/** The modifiers of the noun phrase that the entity ends, from the nearest on. */
function* before(
  items: readonly Item[],
  at: number,
): Iterable<{ readonly modifier: Modifier; readonly position: number }> {
  for (let i = at - 1; i >= Math.max(0, at - REACH); i--) {
    const item = items[i];
    const modifier = modifierOf(item);
    if (item === undefined || item.kind === "entity") return;
    if (item.kind === "size" && modifier === undefined) return;
    if (item.kind === "comma" && !isBetweenModifiers(items, i)) return;
    if (item.kind === "word" && endsNoun(items, i)) return;
    if (item.kind === "cue" && !joinsModifiers(items, i)) return;
    if (modifier !== undefined) yield { modifier, position: i };
  }
}

function isBetweenModifiers(items: readonly Item[], i: number): boolean {
  return modifierOf(items[i - 1]) !== undefined && modifierOf(items[i + 1]) !== undefined;
}

/** Amounts that `of` joins to their entity: `small amount of atelectasis`. */
const AMOUNTS: ReadonlySet<string> = new Set(
  "amount amounts area areas focus foci degree component volume appearance number".split(" "),
);

/** Words before which the entity's own description cannot stand. */
const NOUN_ENDS: ReadonlySet<string> = new Set(
  "to on in at from by for near over overlying above below through into view views represent representing represents compatible due related".split(
    " ",
  ),
);

function endsNoun(items: readonly Item[], i: number): boolean {
  const text = items[i]?.text ?? "";
  if (text === "of") return !AMOUNTS.has(items[i - 1]?.text ?? "");
  return NOUN_ENDS.has(text);
}

/** `and` between adjectives, and a doubt among them: `small, possible left effusion`. */
function joinsModifiers(items: readonly Item[], i: number): boolean {
  const item = items[i];
  if (item?.kind !== "cue") return false;
  if (item.cue === "doubtEither") return true;
  return item.cue === "and" && isBetweenModifiers(items, i);
}

/** What follows: places behind a preposition, severity and change behind a verb. */
function* after(items: readonly Item[], at: number): Iterable<Modifier> {
  let place = false;
  let verb = false;
  for (const item of items.slice(at + 1, at + 1 + REACH)) {
    const modifier = modifierOf(item);
    if (item.kind === "entity" || (item.kind === "size" && modifier === undefined)) return;
    if (item.kind === "cue") {
      if (item.cue !== "verb") return;
      verb = true;
    }
    if (item.kind === "comma") verb = true; // `effusion, unchanged`
    if (item.kind === "word" && PREPOSITIONS.has(item.text)) [place, verb] = [true, false];
    if (modifier === undefined) continue;
    const { of } = modifier;
    if (of === "change" ? verb || !place : of === "severity" ? verb && !place : place)
      yield modifier;
  }
}
