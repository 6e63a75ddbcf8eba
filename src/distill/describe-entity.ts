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
  if (!found.has("side") && !found.has("location")) {
    for (const { modifier, position } of subjectPlace(items, at)) {
      if (add(found, modifier)) first = Math.min(first, position);
    }
  }
  return { description: descriptionOf(found), first };
}

/** A modifier, and at which item it stands. */
interface Placed {
  readonly modifier: Modifier;
  readonly position: number;
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
function* before(items: readonly Item[], at: number): Iterable<Placed> {
  for (let i = at - 1; i >= Math.max(0, at - REACH); i--) {
    const item = items[i];
    const modifier = modifierOf(item);
    if (item === undefined || item.kind === "entity") return;
    if (item.kind === "size" && modifier === undefined) return;
    if (item.kind === "comma" && !(isBetweenModifiers(items, i) && opensThought(items, i))) return;
    if (item.kind === "word" && endsNoun(items, i)) return;
    if (item.kind === "cue" && !joinsModifiers(items, i)) return;
    if (modifier !== undefined) yield { modifier, position: i };
  }
}

/** Verbs by which a place has an entity: `the left upper lobe shows consolidation`. */
const SHOWS: ReadonlySet<string> = new Set(
  "show shows demonstrate demonstrates reveal reveals has have".split(" "),
);

/** Locations that are none of an entity by themselves: `lateral view`, `osseous structures`, both lungs. */
const NO_PLACES: ReadonlySet<string> = new Set(
  "lateral anterior posterior skeletal bony osseous bone lung lungs chest thoracic pulmonary".split(
    " ",
  ),
);

/** Side and place of the subject whose verb stands in front of an entity; nothing where the subject is an entity itself. */
function subjectPlace(items: readonly Item[], at: number): readonly Placed[] {
  const verb = items.slice(0, at).findLastIndex(({ kind }) => kind === "cue" || kind === "entity");
  if (verb < 0 || at - verb > REACH || !SHOWS.has(items[verb]?.text ?? "")) return [];
  const placed: Placed[] = [];
  for (let i = verb - 1; i >= Math.max(0, verb - REACH); i--) {
    const item = items[i];
    if (item?.kind === "entity") return [];
    if (item?.kind === "comma" || item?.kind === "cue") break;
    const modifier = modifierOf(item);
    const isPlace = modifier?.of === "location" && !NO_PLACES.has(modifier.value);
    if (modifier !== undefined && (modifier.of === "side" || isPlace))
      placed.push({ modifier, position: i });
  }
  return placed;
}

/** Do the modifiers in front of a comma begin a thought, and belong to no entity before them: `small, left`, not `nodule of the apex, left`? */
function opensThought(items: readonly Item[], comma: number): boolean {
  const start = items.slice(0, comma).findLast((item) => modifierOf(item) === undefined);
  const isNumber = start?.kind === "word" && /^\d+$/.test(start.text); // of a list
  return start === undefined || isNumber || start.kind === "comma" || start.kind === "cue";
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
  for (const [i, item] of items.slice(0, at + 1 + REACH).entries()) {
    if (i <= at) continue;
    const modifier = modifierOf(item);
    if (item.kind === "entity" || (item.kind === "size" && modifier === undefined)) return;
    if (item.kind === "cue") {
      if (item.cue !== "verb") return;
      verb = true;
    }
    if (item.kind === "comma") {
      if (entityNext(items, i)) return; // `consolidation, small effusion`
      verb = true; // `effusion, unchanged`
    }
    if (item.kind === "word" && PREPOSITIONS.has(item.text)) [place, verb] = [true, false];
    if (modifier === undefined) continue;
    const { of } = modifier;
    if (of === "change" ? verb || !place : of === "severity" ? verb && !place : place)
      yield modifier;
  }
}

/** Does an entity follow before the next comma or cue? Then what stands between is its own. */
function entityNext(items: readonly Item[], from: number): boolean {
  const next = items
    .slice(from + 1)
    .find(({ kind }) => kind === "entity" || kind === "comma" || kind === "cue");
  return next?.kind === "entity";
}
