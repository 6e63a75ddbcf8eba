/** @file The short sentences of a distilled context, made from findings by fixed wording, so that every provider writes the same language. */
import { mergeStatuses } from "./merge-statuses.ts";
import type { Finding, FindingStatus } from "./record.ts";
import { COUNTABLE, ENTITY_NAMES } from "./rules/entity-names.ts";

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
  const sentences = new Set(withoutLessDetailed(kept).map(sentenceOf));
  return [...sentences].join(" ");
}

/** Leaves out findings that another says too, with more detail. */
function withoutLessDetailed(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((one, i) => !findings.some((other, j) => j !== i && saysMore(other, one)));
}

const DETAILS = ["side", "location", "severity"] as const;

function saysMore(other: Finding, one: Finding): boolean {
  if (other.entity !== one.entity || one.status !== other.status) return false;
  const agrees = DETAILS.every((key) => one[key] === undefined || one[key] === other[key]);
  // A denial with a detail says less than one without: `no large effusion`.
  const [more, less] = one.status === "absent" ? [one, other] : [other, one];
  return (
    (one.status === "absent"
      ? DETAILS.every((key) => other[key] === undefined || other[key] === one[key])
      : agrees) && DETAILS.some((key) => more[key] !== undefined && less[key] === undefined)
  );
}

function sentenceOf(finding: Finding): string {
  const { entity, status, severity, side, location } = finding;
  const name = ENTITY_NAMES.get(entity) ?? entity;
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
