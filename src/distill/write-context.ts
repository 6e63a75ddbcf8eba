/** @file The short sentences of a distilled context, made from findings by fixed wording, so that every provider writes the same language. */
import { mergeStatuses } from "./merge-statuses.ts";
import type { Finding, FindingStatus } from "./record.ts";
import { COUNTABLE, ENTITY_NAMES, FINDING_NAMES } from "./rules/entity-names.ts";

/** How a sentence begins. The words of denial are those that the re-balancing of the loss diminishes. */
const OPENINGS: Readonly<Record<FindingStatus, string>> = {
  present: "there is",
  absent: "there is no evidence of",
  uncertain: "there may be",
};

/**
 * The context of findings: a sentence for each, in their order, each once. What is denied in one place and said to be there in
 * another is there. Changes since another picture stay out of it: this picture does not show them.
 */
export function writeContext(findings: readonly Finding[]): string {
  const statusOf = new Map<string, FindingStatus>();
  for (const { entity, status } of findings) {
    const before = statusOf.get(entity);
    statusOf.set(entity, before === undefined ? status : mergeStatuses(before, status));
  }
  const kept = findings.filter(({ entity, status }) => statusOf.get(entity) === status);
  const bySentence = new Map<string, Finding>();
  for (const finding of kept) {
    const sentence = sentenceOf(finding);
    if (!bySentence.has(sentence)) bySentence.set(sentence, finding);
  }
  return withoutLessTelling([...bySentence.values()])
    .map(sentenceOf)
    .join(" ");
}

/** Leaves out findings that another says too, and more. */
function withoutLessTelling(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((one, i) => !findings.some((other, j) => j !== i && saysMore(other, one)));
}

const DETAILS = ["side", "location", "severity"] as const;

/** Of what is there, more details say more; of what is denied, fewer do: `no large effusion` leaves a small one. */
function saysMore(other: Finding, one: Finding): boolean {
  if (other.entity !== one.entity || other.status !== one.status) return false;
  const [fewer, more] = one.status === "absent" ? [other, one] : [one, other];
  return (
    DETAILS.every((key) => fewer[key] === undefined || fewer[key] === more[key]) &&
    DETAILS.some((key) => fewer[key] === undefined && more[key] !== undefined)
  );
}

function sentenceOf(finding: Finding): string {
  const { entity, label, status, severity, side, location } = finding;
  const named = label === null ? undefined : FINDING_NAMES[label]?.get(entity);
  const name = named ?? ENTITY_NAMES.get(entity) ?? entity;
  // `bilateral bibasilar` would say it twice.
  const sideWord = side === "bilateral" && location?.startsWith("bi") ? undefined : side;
  const words = [severity, sideWord, location, name];
  const phrase = words.filter((word) => word !== undefined).join(" ");
  const noun = COUNTABLE.has(name) && status !== "absent" ? withArticle(phrase) : phrase;
  return `${OPENINGS[status]} ${noun}.`;
}

function withArticle(phrase: string): string {
  return `${/^[aeiou]/.test(phrase) ? "an" : "a"} ${phrase}`;
}
