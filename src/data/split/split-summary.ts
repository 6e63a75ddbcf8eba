/** @file What a split amounts to: records, patients and classes of each part, and what is remarkable about them. */
import type { Split } from "../record.ts";
import {
  groupKeys,
  SPLITS,
  type SplitAssignment,
  type SplitPlan,
  type SplittableRecord,
} from "./assign-splits.ts";

/** A split, or a fraction of the training records. */
export interface SplitPart {
  readonly split: Split;
  /** A percentage below 100 of the training records; absent for a whole split. */
  readonly fraction?: number;
  readonly records: number;
  readonly patients: number;
  /** Records that show each class, in the order of the classes. */
  readonly positives: readonly number[];
}

/** What a split amounts to. Plain JSON. */
export interface SplitSummary {
  readonly records: number;
  readonly patients: number;
  /** Records that name no patient: each counts as one, or all of a picture together. */
  readonly withoutPatient: number;
  /** Records in no split, because their patient stands in one that is kept. */
  readonly leftOut: number;
  readonly classes: readonly string[];
  /** Fractions in ascending order, then the whole splits. */
  readonly parts: readonly SplitPart[];
  readonly warnings: readonly string[];
}

/** What a summary is made of. */
export interface SplitOutcome {
  readonly records: readonly SplittableRecord[];
  readonly classes: readonly string[];
  readonly plan: SplitPlan;
  /** Of each record, in order. */
  readonly assignments: readonly SplitAssignment[];
}

/** An outcome with whose each record is. */
interface GroupedOutcome extends SplitOutcome {
  readonly keys: readonly string[];
}

/** Counts the records of a part. */
function countPart(
  { records, classes, assignments, keys }: GroupedOutcome,
  { split, fraction }: Pick<SplitPart, "split" | "fraction">,
): SplitPart {
  const patients = new Set<string>();
  const positives = new Array<number>(classes.length).fill(0);
  let count = 0;
  for (const [i, record] of records.entries()) {
    const assigned = assignments[i];
    if (assigned?.split !== split) continue;
    if (fraction !== undefined && (assigned.fraction ?? 100) > fraction) continue;
    count += 1;
    patients.add(keys[i] ?? record.id);
    for (const c of record.positives) positives[c] = (positives[c] ?? 0) + 1;
  }
  return {
    split,
    ...(fraction !== undefined && { fraction }),
    records: count,
    patients: patients.size,
    positives,
  };
}

/** What a part is called in a table or warning, such as `train at 1 %`. */
export function partName({ split, fraction }: Pick<SplitPart, "split" | "fraction">): string {
  return fraction === undefined ? split : `${split} at ${fraction} %`;
}

function quote(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

/** Classes that a part lacks, of those that the dataset has. */
function warnOfClasses({ classes }: SplitOutcome, parts: readonly SplitPart[]): readonly string[] {
  const isShown = classes.map((_, c) =>
    parts.some(({ fraction, positives }) => fraction === undefined && (positives[c] ?? 0) > 0),
  );
  const never = classes.filter((_, c) => isShown[c] !== true);
  const warnings = never.length === 0 ? [] : [`no record of any split shows ${quote(never)}`];
  for (const part of parts) {
    if (part.records === 0) continue;
    const absent = classes.filter((_, c) => isShown[c] === true && part.positives[c] === 0);
    if (absent.length > 0) warnings.push(`no record of ${partName(part)} shows ${quote(absent)}`);
  }
  return warnings;
}

/** Patients who stand in two kept splits: nothing that is done to the others mends that. */
function sharedByKept({ keys, plan, assignments }: GroupedOutcome): number {
  if (plan.keep.length < 2) return 0;
  const splitOf = new Map<string, Split>();
  const shared = new Set<string>();
  for (const [i, key] of keys.entries()) {
    const split = assignments[i]?.split;
    if (split === undefined || !plan.keep.includes(split)) continue;
    const first = splitOf.get(key) ?? split;
    splitOf.set(key, first);
    if (first !== split) shared.add(key);
  }
  return shared.size;
}

function warningsOf(outcome: GroupedOutcome, parts: readonly SplitPart[]): readonly string[] {
  const { plan, assignments } = outcome;
  const leftOut = assignments.filter(({ split }) => split === undefined).length;
  const shared = sharedByKept(outcome);
  const empty = parts.filter(
    ({ split, records }) => records === 0 && (plan.ratio[split] > 0 || plan.keep.includes(split)),
  );
  return [
    ...empty.map((part) => `${partName(part)} has no record`),
    ...(leftOut > 0
      ? [
          `${leftOut} records are in no split, because their patients stand in ${plan.keep.join(" or ")}`,
        ]
      : []),
    ...(shared > 0 ? [`${shared} patients stand in both val and test, which are kept`] : []),
    ...warnOfClasses(outcome, parts),
  ];
}

/** Counts what went where. */
export function summarizeSplit(result: SplitOutcome): SplitSummary {
  const { records, classes, plan, assignments } = result;
  const keys = groupKeys(records);
  const outcome = { ...result, keys };
  const parts = [
    ...plan.fractions
      .filter((fraction) => fraction < 100)
      .map((fraction) => countPart(outcome, { split: "train", fraction })),
    ...SPLITS.map((split) => countPart(outcome, { split })),
  ];
  return {
    records: records.length,
    patients: new Set(keys).size,
    withoutPatient: records.filter(({ patient }) => patient === undefined).length,
    leftOut: assignments.filter(({ split }) => split === undefined).length,
    classes,
    parts,
    warnings: warningsOf(outcome, parts),
  };
}
