/** @file What a span that a model names is in the lexicon: an entity that can be a finding, a size that is one, or nothing. */
import type { EntityMention } from "../../text/lexicon.ts";
import type { SentenceSpan } from "../../text/split-sentences.ts";
import { isNoFinding } from "../chest-mentions.ts";
import { judgeItems } from "../judge-entities.ts";
import { judgeSizes } from "../judge-sizes.ts";
import type { Finding, FindingStatus } from "../record.ts";
import { tagSentence } from "../tag-sentence.ts";

/** Something in a sentence that can be a finding. */
export interface SentenceEntity {
  readonly entity: string;
  readonly label: Finding["label"];
  /** Where the sentence says it. */
  readonly place: SentenceSpan;
  /** For a size, what its words say: nobody else has to judge `normal` and `enlarged`. */
  readonly status?: FindingStatus;
}

/** What a sentence names: what can be a finding, and what cannot stand for one. */
export interface SentenceEntities {
  readonly findings: readonly SentenceEntity[];
  /** Parts of the body, and words that mean something else here. */
  readonly others: readonly SentenceSpan[];
}

/** Reads what a sentence names; `mentions` are those of the lexicon in it, `ofChest` says whether it is the chest's (`isOfChest`). */
export function sentenceEntities(
  sentence: string,
  mentions: readonly EntityMention[],
  ofChest: boolean,
): SentenceEntities {
  const items = tagSentence(sentence, 0, mentions);
  const findings: SentenceEntity[] = [];
  const others: SentenceSpan[] = [];
  for (const [i, item] of items.entries()) {
    if (item.kind !== "entity") continue;
    const place = { start: item.start, end: item.end };
    const { entity, label } = item.mention;
    if (ofChest && isNoFinding(items, i)) others.push(place);
    else findings.push({ entity, label, place });
  }
  for (const { entity, label, status, structure, size } of judgeSizes(items, judgeItems(items))) {
    const [first, last] = [items[Math.min(structure, size)], items[Math.max(structure, size)]];
    if (first === undefined || last === undefined) continue;
    findings.push({ entity, label, status, place: { start: first.start, end: last.end } });
  }
  return { findings, others };
}

/** Do two spans share a character? */
export function overlap(one: SentenceSpan, other: SentenceSpan): boolean {
  return one.start < other.end && other.start < one.end;
}
