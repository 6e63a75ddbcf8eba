/** @file Where one thought of a sentence ends and the next begins: how far back a predicate reaches, and what has one of its own. */
import type { Judgement } from "./judge-entities.ts";
import type { Cue } from "./rules/cues.ts";
import { ASSERTIVE } from "./rules/modifiers.ts";
import { type Item, modifierOf } from "./tag-sentence.ts";

/** Is it a tube, a line or another device? It is rarely said to be there or not together with what ails the patient. */
export function isDevice(item: Item | undefined): boolean {
  return item?.kind === "entity" && item.mention.label === "Support_Devices";
}

/** Cues that say something of what stands before them. */
const PREDICATES: ReadonlySet<Cue> = new Set([
  "doubtBefore",
  "doubtEither",
  "denyBefore",
  "denyEither",
  "mindBefore",
]);

/** Verbs that only say that something is seen: `no edema, effusion identified` denies both. */
const PERCEIVED =
  /(?:^| )(?:seen|noted|identified|visualized|visualised|evident|demonstrated|appreciated|detected|present|observed)$/;

/**
 * Does a thought with a subject and a predicate of its own begin at an item: `…, right effusion has increased`, `…, opacity persists`?
 * A list that goes on and then is said to be seen or not has none.
 */
export function hasOwnPredicate(items: readonly Item[], from: number): boolean {
  let hasSubject = false;
  for (const [i, item] of items.entries()) {
    if (i < from) continue;
    if (item.kind === "comma") return false;
    if (item.kind === "entity") hasSubject = true;
    const modifier = modifierOf(item);
    if (hasSubject && modifier?.of === "change") return true;
    if (item.kind !== "cue" || item.cue === "and") continue;
    return (
      hasSubject && (PREDICATES.has(item.cue) || (item.cue === "verb" && !isPerceived(items, i)))
    );
  }
  return false;
}

function isPerceived(items: readonly Item[], i: number): boolean {
  const isSeen = (item: Item | undefined): boolean =>
    item?.kind === "cue" && item.cue === "verb" && PERCEIVED.test(item.text);
  return isSeen(items[i]) || isSeen(items[i + 1]);
}

/**
 * Judges the subject of a predicate such as `is not seen`: what stands before it, back to another verb or thought. Over a comma it
 * reaches only in a list: `effusion, edema or pneumothorax is not seen`, not `effusion, pneumothorax is not seen`. What was denied
 * before stays so.
 */
export function judgeSubject(
  items: readonly Item[],
  at: number,
  status: Judgement,
  judged: Judgement[],
): void {
  let nearest: Item | undefined;
  let list = false;
  let overComma = false;
  for (let i = at - 1; i >= 0; i--) {
    const item = items[i];
    if (item === undefined) return;
    if (item.kind === "entity") {
      if (nearest !== undefined && isDevice(item) !== isDevice(nearest)) return;
      if (overComma && isAsserted(items, i)) return;
      nearest = item;
      const isOpen = judged[i] === "present" || (judged[i] !== "absent" && status !== "absent");
      if (isOpen) judged[i] = status;
    }
    if (item.kind === "comma" && nearest !== undefined) {
      if (!list || opensClause(items, i)) return;
      overComma = true;
    }
    if (item.kind !== "cue") continue;
    if (item.cue === "and" || item.cue === "or" || item.cue === "versus") {
      list ||= nearest !== undefined;
    } else if (endsSubject(item.cue, nearest !== undefined)) return;
  }
}

/** A comma and `and` behind one thing, not behind several: `there is edema, and pneumothorax is not seen`. */
function opensClause(items: readonly Item[], comma: number): boolean {
  const next = items[comma + 1];
  if (next?.kind !== "cue" || next.cue !== "and") return false;
  const before = items.slice(0, comma).findLast(({ kind }) => kind === "comma" || kind === "cue");
  return before?.kind !== "comma";
}

/** Does the noun phrase that an entity ends begin with a word for what is there, such as `stable` or `small`? */
function isAsserted(items: readonly Item[], entity: number): boolean {
  for (let i = entity - 1; i >= 0; i--) {
    const item = items[i];
    if (item === undefined || item.kind === "comma" || item.kind === "cue") return false;
    if (ASSERTIVE.has(item.text.split(" ")[0] ?? "")) return true;
  }
  return false;
}

function endsSubject(cue: string, hit: boolean): boolean {
  if (cue === "verb" || cue === "break") return hit; // an auxiliary, or a `but`, of the predicate itself has met nothing yet
  return true;
}
