/** @file Which sentences of a model's own may stand in a context: those that say nothing but the findings that were kept. */
import type { EntityMention } from "../../text/lexicon.ts";
import type { FindingChecker } from "../check-finding.ts";
import type { Finding } from "../record.ts";
import { NO_FINDINGS } from "../rules/entity-names.ts";

/** What free sentences are checked with. */
export interface FreeSentenceCheck {
  /** The mentions of the lexicon in a text. */
  readonly find: (text: string) => readonly EntityMention[];
  /** The findings of a text by the rules. */
  readonly read: (text: string) => readonly Finding[];
  /** The check of the report's findings. */
  readonly check: FindingChecker;
}

/**
 * May a sentence stand? By the rules it must say at least one finding, and each that it says must be one that was kept of the
 * sentence that it is about, with the same status and no detail that the report does not have; every entity in it must be one of
 * those, or a part of the body.
 */
export function isSupported(
  sentence: string,
  kept: readonly Finding[],
  { find, read, check }: FreeSentenceCheck,
): boolean {
  const said = read(sentence);
  const entities = new Set(said.map(({ entity }) => entity));
  return (
    said.length > 0 &&
    said.every((finding) => kept.some((one) => isSame(finding, one, check))) &&
    find(sentence).every(({ entity }) => entities.has(entity) || NO_FINDINGS.has(entity))
  );
}

function isSame(said: Finding, kept: Finding, check: FindingChecker): boolean {
  const agrees = said.entity === kept.entity && said.status === kept.status;
  return agrees && check({ ...said, evidence: kept.evidence }) === undefined;
}
