/** @file Nothing that the report does not say: which findings are kept, whoever wrote them. */
import { createEntityFinder } from "../text/find-entities.ts";
import type { Lexicon } from "../text/lexicon.ts";
import type { SentenceSpan } from "../text/split-sentences.ts";
import type { Finding, Side } from "./record.ts";
import { CHANGES } from "./rules/cues.ts";
import { ADJECTIVES, BOTH_SIDES, CHANGE_WORDS, SEVERITIES, SIDES } from "./rules/modifiers.ts";
import { STRUCTURES } from "./rules/structures.ts";
import { sentencesOfPicture } from "./sections.ts";
import { phrasesOf, placeOf, wordsOf } from "./words.ts";

/** Why a finding is not kept. */
export type Rejection =
  | "unknown-entity"
  | "wrong-label"
  | "no-evidence"
  | "evidence-elsewhere"
  | "evidence-of-another"
  | "unsaid-detail";

/** What each means, for people. */
export const REJECTIONS: Readonly<Record<Rejection, string>> = {
  "unknown-entity": "of an entity that the lexicon does not have",
  "wrong-label": "under another label than its entity's",
  "no-evidence": "without evidence in the report",
  "evidence-elsewhere": "with evidence that is not about this picture",
  "evidence-of-another": "with evidence that does not name the entity",
  "unsaid-detail": "with a side, place, severity or change that their sentence does not have",
};

/** Judges the findings of one report; undefined is a finding that may be kept. */
export type FindingChecker = (finding: Finding) => Rejection | undefined;

/** How strict a check is. */
export interface FindingCheckOptions {
  /** May a finding be of an entity that the lexicon does not have, without a label, when its evidence is that very name? */
  readonly allowsNewEntities?: boolean;
}

/** Prepares the check for the entities of a lexicon. */
export function createFindingCheck(
  lexicon: Lexicon,
  { allowsNewEntities = false }: FindingCheckOptions = {},
): (report: string) => FindingChecker {
  const find = createEntityFinder(lexicon);
  const labels = labelsOf(lexicon);
  return (report) => {
    const sentences = sentencesOfPicture(report);
    return (finding) => {
      const { entity, label, evidence } = finding;
      const isNew = !labels.has(entity);
      if (isNew && !allowsNewEntities) return "unknown-entity";
      if ((labels.get(entity) ?? null) !== label) return "wrong-label";
      const [start, end] = evidence;
      const quote = report.slice(start, end);
      if (start >= end || end > report.length || quote.trim() === "") return "no-evidence";
      const around = spansAround(sentences, start, end);
      if (!coversEvidence(around, start, end)) return "evidence-elsewhere";
      const named = isNew
        ? placeOf(entity, quote) !== undefined
        : find(quote).some((mention) => names(mention.entity, entity));
      if (!named) return "evidence-of-another";
      const texts = around.map((span) => report.slice(span.start, span.end));
      return saysDetails(texts, finding) ? undefined : "unsaid-detail";
    };
  };
}

/** The sentences that share a character with a stretch; they stand in order, so the first is found by halves. */
function spansAround(
  sentences: readonly SentenceSpan[],
  start: number,
  end: number,
): readonly SentenceSpan[] {
  let [low, high] = [0, sentences.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sentences[middle]?.end ?? 0) > start) high = middle;
    else low = middle + 1;
  }
  const around: SentenceSpan[] = [];
  for (let i = low; i < sentences.length; i++) {
    const sentence = sentences[i];
    if (sentence === undefined || sentence.start >= end) break;
    around.push(sentence);
  }
  return around;
}

/** The label of every entity, those included that the size of a structure is. */
function labelsOf({ entities }: Lexicon): ReadonlyMap<string, Finding["label"]> {
  const labels = new Map(entities.map(({ entity, label }) => [entity, label]));
  const sizes = entities.flatMap(({ entity }) => sizeFindings(entity));
  for (const { entity, label } of sizes) labels.set(entity, label);
  return labels;
}

function sizeFindings(structure: string): readonly Pick<Finding, "entity" | "label">[] {
  const { normal = [], enlarged = [] } = STRUCTURES.get(structure) ?? {};
  return [...normal, ...enlarged];
}

/** Is a mention one of the entity, or of the structure whose size it is? */
function names(mentioned: string, entity: string): boolean {
  return mentioned === entity || sizeFindings(mentioned).some((size) => size.entity === entity);
}

function coversEvidence(sentences: readonly SentenceSpan[], start: number, end: number): boolean {
  const first = sentences[0];
  const last = sentences[sentences.length - 1];
  return first !== undefined && last !== undefined && first.start <= start && end <= last.end;
}

/** Does every detail stand in one of the sentences, in one piece? */
function saysDetails(
  sentences: readonly string[],
  { side, location, severity, change }: Finding,
): boolean {
  const says = (phrase: string): boolean =>
    sentences.some((sentence) => placeOf(phrase, sentence) !== undefined);
  return (
    (location === undefined || says(location) || sentences.some(saysAroundSide(location))) &&
    (severity === undefined || severityWords(severity).some(says)) &&
    (side === undefined || sideWords(side).some(says)) &&
    (change === undefined || changeWords(change).some(says))
  );
}

/** A side within a place is a detail of its own: `upper left lobe` says `upper lobe`. */
function saysAroundSide(location: string): (sentence: string) => boolean {
  return (sentence) => {
    const words = wordsOf(sentence).filter(({ text }) => !ONE_SIDE.has(text));
    return placeOf(location, words.map(({ text }) => text).join(" ")) !== undefined;
  };
}

const ONE_SIDE: ReadonlySet<string> = new Set(["left", "right", "bilateral"]);

const GRADES: ReadonlySet<string> = new Set(phrasesOf(SEVERITIES));

/** How a sentence may say a severity: `mild` is `mild` or `mildly`. What is none by the tables, no sentence says. */
function severityWords(severity: string): readonly string[] {
  const grade = wordsOf(severity)
    .map(({ text }) => text)
    .join(" "); // `moderate-sized` as the table spells it
  const adverbs = [...ADJECTIVES].filter(([, adjective]) => adjective === grade);
  return [grade, ...adverbs.map(([adverb]) => adverb)].filter((word) => GRADES.has(word));
}

function sideWords(side: Side): readonly string[] {
  return phrasesOf(side === "bilateral" ? `${SIDES.bilateral}, ${BOTH_SIDES}` : SIDES[side]);
}

function changeWords(change: NonNullable<Finding["change"]>): readonly string[] {
  return [...phrasesOf(CHANGE_WORDS[change]), ...(change === "unchanged" ? CHANGES : [])];
}
