/** @file One status for a finding that a report mentions several times. */
import type { FindingLabel } from "../text/lexicon.ts";
import type { Finding, FindingStatus } from "./record.ts";

const RANK: Readonly<Record<FindingStatus, number>> = { absent: 0, uncertain: 1, present: 2 };

/** Present wins over uncertain, uncertain over absent. */
export function mergeStatuses(one: FindingStatus, other: FindingStatus): FindingStatus {
  return RANK[one] >= RANK[other] ? one : other;
}

/** The status of each label that the findings name. */
export function labelStatuses(
  findings: readonly Pick<Finding, "label" | "status">[],
): ReadonlyMap<FindingLabel, FindingStatus> {
  const statuses = new Map<FindingLabel, FindingStatus>();
  for (const { label, status } of findings) {
    if (label === null) continue;
    const before = statuses.get(label);
    statuses.set(label, before === undefined ? status : mergeStatuses(before, status));
  }
  return statuses;
}
