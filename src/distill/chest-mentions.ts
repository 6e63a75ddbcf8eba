/** @file Which mentions are no findings of the chest: parts of the body, and words that mean something else by those around them. */
import type { Lexicon } from "../text/lexicon.ts";
import { NO_FINDINGS } from "./rules/entity-names.ts";
import { EXCLUSIONS, OF } from "./rules/exclusions.ts";
import type { Item } from "./tag-sentence.ts";

/** How many items behind `of` or `in` the place may stand. */
const REACH = 5;

/**
 * Does a lexicon speak of the chest, whose rules then hold: `heart` alone is no finding, an effusion of the knee no pleural one? It does
 * where it has labels, which are the chest's.
 */
export function isOfChest({ entities }: Lexicon): boolean {
  return entities.some(({ label }) => label !== null);
}

/** Is the entity at a position of a sentence about the chest no finding: a part of the body, a nodule of a rib, a fractured wire? */
export function isNoFinding(items: readonly Item[], at: number): boolean {
  const item = items[at];
  return item?.kind === "entity" && (NO_FINDINGS.has(item.mention.entity) || isExcluded(items, at));
}

function isExcluded(items: readonly Item[], at: number): boolean {
  const item = items[at];
  if (item?.kind !== "entity") return false;
  const { entity } = item.mention;
  const exclusion = EXCLUSIONS.find(({ entities }) => entities.has(entity));
  if (exclusion === undefined) return false;
  const excludes = (other: Item | undefined): boolean =>
    other?.text.split(" ").some((word) => exclusion.words.has(word)) ?? false;
  return (
    excludes(nounBefore(items, at)) ||
    placeAfter(items, at).some(excludes) ||
    (entity === "fracture" && items.some(excludes))
  );
}

/** The word directly before. */
function nounBefore(items: readonly Item[], at: number): Item | undefined {
  const before = items[at - 1];
  return before?.kind === "comma" || before?.kind === "cue" ? undefined : before;
}

/** What follows directly behind `of` or `in`. */
function placeAfter(items: readonly Item[], at: number): readonly Item[] {
  if (!OF.has(items[at + 1]?.text ?? "")) return [];
  const following = items.slice(at + 2, at + 2 + REACH);
  const end = following.findIndex((item) => item.kind === "comma" || item.kind === "cue");
  return end === -1 ? following : following.slice(0, end);
}
