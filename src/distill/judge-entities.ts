/** @file Which entities of a sentence are there, are not, or may be: how far a denial or a doubt reaches. */

import type { FindingStatus } from "./record.ts";
import { CHANGE_DENIALS, type Cue } from "./rules/cues.ts";
import { ASSERTIVE } from "./rules/modifiers.ts";
import { STRUCTURES } from "./rules/structures.ts";
import type { Item } from "./tag-sentence.ts";
import { hasOwnPredicate, isDevice, judgeSubject } from "./thoughts.ts";

/** What a sentence says of one of its items; `unsaid` where it only thinks of it (`history of pneumonia`). */
export type Judgement = FindingStatus | "unsaid";

type Reach = Exclude<Judgement, "present"> | "none";

/** What reaches over the items that are being read. */
interface Scope {
  reach: Reach;
  /** Has it met an entity? */
  hit: boolean;
  /** Did a verb follow the entity that it met? What comes after a comma is then a thought of its own. */
  verb: boolean;
  /** Is it an adjective, which ends with its noun? */
  narrow: boolean;
}

const NOTHING: Scope = { reach: "none", hit: false, verb: false, narrow: false };

/** Judges the items of a sentence, one by one; those that are neither entity nor size have a judgement that means nothing. */
export function judgeItems(items: readonly Item[]): readonly Judgement[] {
  const judged: Judgement[] = items.map(() => "present");
  let scope = { ...NOTHING };
  for (const [i, item] of items.entries()) {
    scope = nextScope(items, i, scope);
    if (scope.reach !== "none") judged[i] = scope.reach;
    if (item.kind === "entity") scope.hit = true;
    const verdict = verdictBefore(items, i);
    if (verdict !== undefined) judgeSubject(items, i, verdict, judged);
  }
  doubtAlternatives(items, judged);
  return judged;
}

/** The scope after an item has been met. */
function nextScope(items: readonly Item[], i: number, scope: Scope): Scope {
  const item = items[i];
  if (item === undefined) return scope;
  if (item.kind === "comma") return endsAtJoint(items, i, scope) ? { ...NOTHING } : scope;
  switch (cueOf(item)) {
    case "deny":
      return { ...NOTHING, reach: "absent" };
    case "doubt":
      return scope.reach === "absent" && !opensThought(items, i)
        ? scope
        : { ...NOTHING, reach: "uncertain" };
    case "mind":
      return scope.reach === "absent" ? scope : { ...NOTHING, reach: "unsaid", narrow: true };
    case "denyEither":
      return describesNext(items, i) ? { ...NOTHING, reach: "absent", narrow: true } : scope;
    case "doubtEither":
      if (!describesNext(items, i) && !entityFollows(items, i)) return scope;
      if (scope.reach === "absent" && !opensThought(items, i)) return scope;
      return { ...NOTHING, reach: "uncertain", narrow: true };
    case "break":
      return { ...NOTHING };
    case "and":
      return endsAtJoint(items, i, scope) ? { ...NOTHING } : scope;
    case "link":
      return scope.hit && (scope.reach === "absent" || scope.narrow) ? { ...NOTHING } : scope;
    case "verb":
      if (scope.narrow && scope.hit) return { ...NOTHING };
      return scope.hit ? { ...scope, verb: true } : scope;
    default:
      return scope;
  }
}

/** A cue; `borderline` is the size of a heart and a doubt at once. */
function cueOf(item: Item | undefined): Cue | undefined {
  if (item?.kind === "size" && item.size === "borderline") return "doubtEither";
  return item?.kind === "cue" ? item.cue : undefined;
}

/** Does a comma stand directly before, as in `no effusion, possible nodule`? */
function opensThought(items: readonly Item[], i: number): boolean {
  return items[i - 1]?.kind === "comma";
}

/** Does a comma or an `and` end the scope? */
function endsAtJoint(items: readonly Item[], i: number, scope: Scope): boolean {
  if (!scope.hit) return false;
  if (scope.verb || scope.reach === "unsaid") return true;
  if (listGoesOn(items, i)) return false;
  return (
    scope.narrow ||
    assertsNext(items, i) ||
    newSubjectNext(items, i) ||
    hasOwnPredicate(items, i + 1)
  );
}

/** Does an `or` or `nor` come before the thought ends? */
function listGoesOn(items: readonly Item[], from: number): boolean {
  for (const item of items.slice(from + 1)) {
    if (item.kind !== "cue") continue;
    if (item.cue === "or") return true;
    if (item.cue === "verb" || item.cue === "break" || item.cue === "deny") return false;
  }
  return false;
}

function assertsNext(items: readonly Item[], i: number): boolean {
  const following = items[i + 1];
  if (following === undefined) return false;
  if (following.kind === "cue" && following.cue === "and") return assertsNext(items, i + 1);
  return ASSERTIVE.has(following.text.split(" ")[0] ?? "");
}

/** Does a device or a structure come next, where something else was denied? `No pneumothorax, right chest tube in place`. */
function newSubjectNext(items: readonly Item[], i: number): boolean {
  const before = items.slice(0, i).findLast(({ kind }) => kind === "entity");
  const after = items.slice(i + 1).find(({ kind }) => kind === "entity");
  const isStructure = after?.kind === "entity" && STRUCTURES.has(after.mention.entity);
  return isStructure || (isDevice(after) && !isDevice(before));
}

/** Is the cue an adjective of the entity that follows? */
function describesNext(items: readonly Item[], i: number): boolean {
  for (const item of items.slice(i + 1)) {
    if (item.kind === "entity") return true;
    if (item.kind !== "modifier" && item.kind !== "word" && item.kind !== "size") return false;
  }
  return false;
}

/** Does an entity follow before the thought ends, as in `is likely due to atelectasis`? */
function entityFollows(items: readonly Item[], i: number): boolean {
  for (const item of items.slice(i + 1)) {
    if (item.kind === "entity") return true;
    if (item.kind === "comma") return false;
    if (item.kind === "cue" && (item.cue === "break" || item.cue === "and")) return false;
  }
  return false;
}

/** `is likely`, or a doubt that ends its thought, and no entity behind that it could be about. */
function isPredicate(items: readonly Item[], i: number): boolean {
  if (describesNext(items, i) || entityFollows(items, i)) return false;
  const next = items[i + 1];
  const isLast = next === undefined || next.kind === "comma" || cueOf(next) === "break";
  return isLast || cueOf(items[i - 1]) === "verb";
}

/** What a predicate such as `is not seen` says of the entities before it. */
function verdictBefore(items: readonly Item[], i: number): Judgement | undefined {
  switch (cueOf(items[i])) {
    case "mindBefore":
      return "unsaid";
    case "denyBefore":
      return "absent";
    case "doubtBefore":
      return "uncertain";
    case "denyEither":
      return describesNext(items, i) ? undefined : "absent";
    case "doubtEither":
      return isPredicate(items, i) ? "uncertain" : undefined;
    default:
      return undefined;
  }
}

/** How many items may stand between `or` and what it joins. */
const OR_REACH = 5;

/** `atelectasis or scarring` of what is there, `atelectasis versus infiltrate`: neither is certain. */
function doubtAlternatives(items: readonly Item[], judged: Judgement[]): void {
  for (const [i, item] of items.entries()) {
    if (item.kind !== "cue" || (item.cue !== "or" && item.cue !== "versus")) continue;
    const before = joined(items, i, -1);
    const after = joined(items, i, 1);
    const both = before !== undefined && after !== undefined;
    if (!both && item.cue === "or") continue;
    if (before !== undefined && isOfDeniedChange(items, before)) continue;
    for (const at of [before, after]) {
      if (at !== undefined && judged[at] === "present") judged[at] = "uncertain";
    }
  }
}

/** `no change in effusion or pneumothorax`: both are there. */
function isOfDeniedChange(items: readonly Item[], entity: number): boolean {
  const start = items.slice(0, entity).findLast(({ kind }) => kind !== "word");
  return start?.kind === "modifier" && CHANGE_DENIALS.has(start.text.split(" ")[0] ?? "");
}

/** The entity that `or` joins on one side. */
function joined(items: readonly Item[], at: number, step: 1 | -1): number | undefined {
  for (let i = at + step; Math.abs(i - at) <= OR_REACH; i += step) {
    const item = items[i];
    if (item === undefined) return undefined;
    if (item.kind === "entity") return i;
    if (item.kind === "cue" && item.cue !== "doubt" && item.cue !== "doubtEither") return undefined;
  }
  return undefined;
}
