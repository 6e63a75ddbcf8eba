/** @file The offline provider: finds what a report says of each entity by rules over its words. */
import { createEntityFinder } from "../text/find-entities.ts";
import type { EntityMention, Lexicon } from "../text/lexicon.ts";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";
import type { SentenceSpan } from "../text/split-sentences.ts";
import { sha256 } from "../util/sha256.ts";
import { isNoFinding, isOfChest } from "./chest-mentions.ts";
import { type Description, describeEntity } from "./describe-entity.ts";
import { isForeign } from "./is-foreign.ts";
import { judgeItems } from "./judge-entities.ts";
import { judgeSizes } from "./judge-sizes.ts";
import type { DistillProvider } from "./provider.ts";
import type { Finding } from "./record.ts";
import * as cues from "./rules/cues.ts";
import * as names from "./rules/entity-names.ts";
import * as exclusions from "./rules/exclusions.ts";
import * as headings from "./rules/headings.ts";
import * as languages from "./rules/languages.ts";
import * as modifiers from "./rules/modifiers.ts";
import * as structures from "./rules/structures.ts";
import { sentencesOfPicture } from "./sections.ts";
import { type Item, tagSentence } from "./tag-sentence.ts";

/** Counts changes of the rules that are not in their tables. */
export const RULES_VERSION = 4;

/** The provider of the rules, for reports in English. */
export function rulesProvider(lexicon: Lexicon = CHEST_LEXICON): DistillProvider {
  const read = createRulesReader(lexicon);
  return {
    name: "rules",
    model: lexicon.name,
    promptHash: hashRules(lexicon),
    concurrency: 1,
    distill: async (report) => ({ findings: read(report) }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * Reads the findings of reports by rules: a pure function of the report, and of mentions that someone else proposes, by their
 * places in it. A proposal yields where the lexicon has an entity there; the rules judge it as they judge their own. In a report in
 * another language than English they find nothing: its denials would be read as findings.
 */
export function createRulesReader(
  lexicon: Lexicon,
): (report: string, proposed?: readonly EntityMention[]) => readonly Finding[] {
  const find = createEntityFinder(lexicon);
  const ofChest = isOfChest(lexicon);
  return (report, proposed = []) => {
    if (isForeign(report)) return [];
    return sentencesOfPicture(report).flatMap((span) =>
      readSentence(report, span, {
        ofChest,
        find: (sentence) => withProposed(find(sentence), mentionsWithin(proposed, span)),
      }),
    );
  };
}

/** The mentions of a sentence, counted from its start. */
function mentionsWithin(
  mentions: readonly EntityMention[],
  { start, end }: SentenceSpan,
): readonly EntityMention[] {
  return mentions
    .filter((mention) => start <= mention.start && mention.end <= end)
    .map((mention) => ({ ...mention, start: mention.start - start, end: mention.end - start }));
}

/** Mentions in order, none over another; those that stand first in the call win. */
function withProposed(
  found: readonly EntityMention[],
  proposed: readonly EntityMention[],
): readonly EntityMention[] {
  const kept = [...found];
  for (const mention of proposed) {
    if (!kept.some(({ start, end }) => start < mention.end && mention.start < end)) {
      kept.push(mention);
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}

function readSentence(
  report: string,
  { start, end }: SentenceSpan,
  {
    find,
    ofChest,
  }: {
    readonly find: (text: string) => readonly EntityMention[];
    /** Do the chest's rules hold for what can be a finding? */
    readonly ofChest: boolean;
  },
): readonly Finding[] {
  const sentence = report.slice(start, end);
  const mentions = find(sentence).map((mention) => ({
    ...mention,
    start: start + mention.start,
    end: start + mention.end,
  }));
  if (mentions.length === 0) return [];
  const items = tagSentence(sentence, start, mentions);
  const judged = judgeItems(items);
  const sizes = judgeSizes(items, judged).map(({ entity, label, status, structure, size }) => ({
    entity,
    label,
    status,
    ...sizeDetails(items, size, status),
    evidence: spanOf(items, Math.min(structure, size), Math.max(structure, size)),
  }));
  const named = items.flatMap((item, i): Finding[] => {
    const status = judged[i];
    if (item.kind !== "entity" || status === undefined || status === "unsaid") return [];
    const { entity, label } = item.mention;
    if (ofChest && isNoFinding(items, i)) return [];
    const { description, first } = describeEntity(items, i);
    return [
      {
        entity,
        label,
        status,
        ...described(status, description),
        evidence: spanOf(items, first, i),
      },
    ];
  });
  return [...named, ...sizes].sort((a, b) => a.evidence[0] - b.evidence[0]);
}

/** What is denied has no change: `no new infiltrate`. */
function described(status: Finding["status"], { change, ...rest }: Description): Description {
  return status === "absent" || change === undefined ? rest : { ...rest, change };
}

/** `mildly enlarged`: the adverb before a size. */
function sizeDetails(
  items: readonly Item[],
  size: number,
  status: Finding["status"],
): Pick<Finding, "severity"> {
  const before = items[size - 1];
  if (status !== "present" || before?.kind !== "modifier") return {};
  return before.modifier.of === "severity" ? { severity: before.modifier.value } : {};
}

function spanOf(items: readonly Item[], first: number, last: number): readonly [number, number] {
  return [items[first]?.start ?? 0, items[last]?.end ?? 0];
}

/** SHA-256 of everything that the rules go by. */
export function hashRules(lexicon: Lexicon): string {
  const tables = [cues, names, exclusions, headings, languages, modifiers, structures].map(
    (table) =>
      JSON.stringify(table, (_key, value: unknown) =>
        value instanceof Map || value instanceof Set ? [...value] : value,
      ),
  );
  return sha256(JSON.stringify([RULES_VERSION, lexicon, ...tables]));
}
