/** @file A model's answer about a sentence as findings of the report: entities of the lexicon, each with its place in the text. */
import type { EntityMention } from "../../text/lexicon.ts";
import type { SentenceSpan } from "../../text/split-sentences.ts";
import type { Finding, Side } from "../record.ts";
import { ADJECTIVES } from "../rules/modifiers.ts";
import { placeOf, wordsOf } from "../words.ts";
import type { NamedFinding } from "./parse-answer.ts";
import { overlap, type SentenceEntities, type SentenceEntity } from "./sentence-entities.ts";
import { isMark } from "./sentence-spans.ts";

/** A sentence of a report, and what it names. */
export interface ReadSentence {
  readonly text: string;
  /** Where it stands in the report. */
  readonly start: number;
  readonly entities: SentenceEntities;
  /** The mentions of the lexicon in a text. */
  readonly find: (text: string) => readonly EntityMention[];
}

/** No place: the check of findings says that the report does not have it. */
const NOWHERE = [0, 0] as const;

/**
 * The findings of an answer, unchecked. What the lexicon does not have, or the sentence does not say, is left in for the check
 * to count; parts of the body are left out, and of a mention only the first finding is taken.
 */
export function readFindings(
  named: readonly NamedFinding[],
  sentence: ReadSentence,
): readonly Finding[] {
  const seen = new Set<string>();
  return named
    .flatMap((finding) => findingsOf(finding, sentence))
    .filter(({ entity, evidence }) => {
      const key = `${entity} ${evidence.join(" ")}`;
      return !seen.has(key) && seen.add(key);
    });
}

function findingsOf(
  named: NamedFinding,
  { text, start, entities, find }: ReadSentence,
): readonly Finding[] {
  const { status } = named;
  const place = placeOf(named.entity, text);
  const unknown = { entity: named.entity.toLowerCase(), label: null, status };
  if (place === undefined) {
    const { entity, label } = find(named.entity)[0] ?? unknown;
    return [{ entity, label, status, evidence: NOWHERE }];
  }
  const found = meantBy(place, entities);
  const evidence = evidenceAt(place, start);
  if (found === undefined) return [{ ...unknown, evidence }];
  return found.map((each) => ({
    entity: each.entity,
    label: each.label,
    status: each.status ?? status,
    ...(each.status === "absent"
      ? {}
      : detailsOf(named, isPlaceBeside(named.location, text, each))),
    evidence: evidenceAt(each.place, start),
  }));
}

/** What a span names; undefined where the lexicon has nothing there. Entities go before sizes that reach over them. */
function meantBy(
  place: SentenceSpan,
  { findings, others }: SentenceEntities,
): readonly SentenceEntity[] | undefined {
  const met = findings.filter((each) => overlap(each.place, place));
  const entities = met.filter(({ status }) => status === undefined);
  if (entities.length > 0) return entities;
  if (met.length > 0) return met;
  return others.some((other) => overlap(other, place)) ? [] : undefined;
}

function evidenceAt({ start, end }: SentenceSpan, offset: number): readonly [number, number] {
  return [offset + start, offset + end];
}

/** A span that holds the entity itself is no place of it, though the schema lets a model say so. */
function isPlaceBeside(location: string, text: string, { place }: SentenceEntity): boolean {
  const found = placeOf(location, text);
  return found === undefined || !overlap(found, place);
}

const SIDE_WORDS: Readonly<Record<string, Side>> = {
  left: "left",
  right: "right",
  bilateral: "bilateral",
};

/** Side, place and severity as a record has them; a side within the place is taken out of it. */
function detailsOf(
  { side, location, severity }: NamedFinding,
  hasPlace: boolean,
): Pick<Finding, "side" | "location" | "severity"> {
  const words = hasPlace ? wordsOf(location).map(({ text }) => text) : [];
  const inside = words.map((word) => SIDE_WORDS[word]).find((found) => found !== undefined);
  const place = words.filter((word) => SIDE_WORDS[word] === undefined && !isMark(word)).join(" ");
  const said = SIDE_WORDS[side.toLowerCase()] ?? inside;
  const grade = severity.trim().toLowerCase();
  return {
    ...(said !== undefined && { side: said }),
    ...(place !== "" && { location: place }),
    ...(grade !== "" && { severity: ADJECTIVES.get(grade) ?? grade }),
  };
}
