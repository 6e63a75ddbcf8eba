/** @file Which sentences of a model's own may stand in a context: those that say nothing but the findings that were kept. */
import type { EntityMention } from "../../text/lexicon.ts";
import type { FindingChecker } from "../check-finding.ts";
import type { Finding } from "../record.ts";
import { NO_FINDINGS } from "../rules/entity-names.ts";
import { ADJECTIVES } from "../rules/modifiers.ts";
import { wordsOf } from "../words.ts";

/** What free sentences are checked with. */
export interface FreeSentenceCheck {
  /** The mentions of the lexicon in a text. */
  readonly find: (text: string) => readonly EntityMention[];
  /** The findings of a text by the rules. */
  readonly read: (text: string) => readonly Finding[];
  /** The check of the report's findings. */
  readonly check: FindingChecker;
}

/** What a model's sentence is about. */
export interface FreeSentenceSource {
  /** The report's sentence. */
  readonly text: string;
  /** The findings that were kept of it. */
  readonly kept: readonly Finding[];
}

/**
 * The kept findings that a model's sentence bears; none where it may not stand. By the rules it must say at least one finding, and
 * each that it says must be one that was kept of the report's sentence, with the same status and no detail that the report does not
 * have; every entity in it must be one of those, or a part of the body; and each other number or word of content must stand in the
 * report's sentence.
 */
export function findingsBorne(
  sentence: string,
  { text, kept }: FreeSentenceSource,
  { find, read, check }: FreeSentenceCheck,
): readonly Finding[] {
  const said = read(sentence);
  const entities = new Set(said.map(({ entity }) => entity));
  const mentions = find(sentence);
  const stands =
    said.every((finding) => kept.some((one) => isSame(finding, one, check))) &&
    mentions.every(({ entity }) => entities.has(entity) || NO_FINDINGS.has(entity)) &&
    addsNoWord(
      sentence,
      text,
      mentions.filter(({ entity }) => entities.has(entity)),
    );
  return stands ? kept.filter((one) => said.some((finding) => isSame(finding, one, check))) : [];
}

function isSame(said: Finding, kept: Finding, check: FindingChecker): boolean {
  const agrees = said.entity === kept.entity && said.status === kept.status;
  return agrees && check({ ...said, evidence: kept.evidence }) === undefined;
}

/** Words that say nothing of their own. What denial and doubt they carry, the rules have judged. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  "a an the and or nor but of in on at to by for with without no not is are was were be been has have had there this that these those it its as from which may might could possible possibly perhaps probably likely evidence seen present absent sign signs".split(
    " ",
  ),
);

/** Does every word stand in the report's sentence, but names of entities that were kept, and small words? */
function addsNoWord(sentence: string, text: string, names: readonly EntityMention[]): boolean {
  const known = new Set(wordsOf(text).map((word) => adjectiveOf(word.text)));
  return wordsOf(sentence).every(
    (word) =>
      !/[\p{L}\p{N}_]/u.test(word.text) ||
      FUNCTION_WORDS.has(word.text) ||
      known.has(adjectiveOf(word.text)) ||
      names.some(({ start, end }) => start <= word.start && word.end <= end),
  );
}

function adjectiveOf(word: string): string {
  return ADJECTIVES.get(word) ?? word;
}
