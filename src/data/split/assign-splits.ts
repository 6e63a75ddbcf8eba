/** @file Who goes where: splits by patient, and nested fractions of the labels of those who train. */
import { ManifestError } from "../../util/errors.ts";
import { RandomStream } from "../../util/random.ts";
import type { Split } from "../record.ts";
import { stratify } from "./stratify.ts";

/** The splits in their usual order. */
export const SPLITS: readonly Split[] = ["train", "val", "test"];

/** What the splitter has to know of a record. */
export interface SplittableRecord {
  readonly id: string;
  /** Records without one are patients of their own, save those of one picture. */
  readonly patient?: string | undefined;
  readonly image?: string | undefined;
  /** The split that the record has already. */
  readonly split?: Split | undefined;
  /** The classes that it shows, by their positions. */
  readonly positives: readonly number[];
}

/** How a dataset is to be split. */
export interface SplitPlan {
  readonly seed: number;
  /** What each split should get, in any unit. */
  readonly ratio: Readonly<Record<Split, number>>;
  /** Percentages of the training records, ascending; the last is 100. */
  readonly fractions: readonly number[];
  /** Splits whose records, where they have them already, stay. */
  readonly keep: readonly Split[];
}

/** Where a record goes. */
export interface SplitAssignment {
  /** Undefined when the record is left out: its patient stands in a split that is kept. */
  readonly split?: Split;
  /** For training: the smallest of the percentages that hold it. */
  readonly fraction?: number;
}

/** The records of one patient. */
interface PatientGroup {
  /** Positions of the records. */
  readonly members: number[];
  /** Does one of them stay where it is? Then the others cannot go anywhere else. */
  hasKept: boolean;
}

/** What every step works on. */
interface Splitting {
  readonly records: readonly SplittableRecord[];
  readonly classes: number;
  readonly plan: SplitPlan;
}

/** An id and a patient of the same name are two. */
function ownKey({ id, patient }: SplittableRecord): string {
  return patient === undefined ? `record ${id}` : `patient ${patient}`;
}

/**
 * Whose each record is, in order. A record without a patient goes with the others of its picture: two lists may have it, and in
 * two splits it would leak.
 */
export function groupKeys(records: readonly SplittableRecord[]): readonly string[] {
  const ofImage = new Map<string, string>();
  for (const record of records) {
    if (record.image === undefined) continue;
    const key = ownKey(record);
    const least = ofImage.get(record.image);
    // The least, so that nothing depends on the order of the records; a patient's is less than a record's.
    if (least === undefined || key < least) ofImage.set(record.image, key);
  }
  return records.map((record) => {
    const { patient, image } = record;
    if (patient !== undefined || image === undefined) return ownKey(record);
    return ofImage.get(image) ?? ownKey(record);
  });
}

/** Patients, in the order of their names, so that nothing depends on the order of the records. */
function groupByPatient({ records, plan }: Splitting): readonly PatientGroup[] {
  const groups = new Map<string, PatientGroup>();
  const keys = groupKeys(records);
  for (const [position, record] of records.entries()) {
    const key = keys[position] ?? ownKey(record);
    const group = groups.get(key) ?? { members: [], hasKept: false };
    groups.set(key, group);
    group.members.push(position);
    if (isKept(record, plan)) group.hasKept = true;
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function isKept({ split }: SplittableRecord, { keep }: SplitPlan): boolean {
  return split !== undefined && keep.includes(split);
}

/** Deals groups out by shares. */
function deal(
  groups: readonly PatientGroup[],
  { records, classes, plan }: Splitting,
  { name, shares }: { readonly name: string; readonly shares: readonly number[] },
): Int16Array {
  const positives = new Uint32Array(groups.length * classes);
  for (const [g, { members }] of groups.entries()) {
    for (const position of members) {
      for (const c of records[position]?.positives ?? []) {
        positives[g * classes + c] = (positives[g * classes + c] ?? 0) + 1;
      }
    }
  }
  const sizes = Uint32Array.from(groups, ({ members }) => members.length);
  const rng = new RandomStream({ seed: plan.seed, name });
  return stratify({ sizes, positives, classes, shares, rng });
}

/**
 * A record of the smallest fraction that would have none: the smallest patient of the next larger one moves down, the first by
 * name among equals. Otherwise 1 % of fifty records would be nobody.
 */
function fillSmallest(shells: Int16Array, groups: readonly PatientGroup[]): void {
  const smallest = shells.reduce((least, shell) => Math.min(least, shell), Number.MAX_SAFE_INTEGER);
  if (smallest === 0) return;
  let chosen: number | undefined;
  for (const [g, { members }] of groups.entries()) {
    if (shells[g] !== smallest) continue;
    const size = chosen === undefined ? Number.POSITIVE_INFINITY : groups[chosen]?.members.length;
    if (size === undefined || members.length < size) chosen = g;
  }
  if (chosen !== undefined) shells[chosen] = 0;
}

/** The smallest fraction of each group that trains: shells of a nest, each larger fraction being the sum of those inside. */
function fractionsOf(groups: readonly PatientGroup[], splitting: Splitting): readonly number[] {
  const { fractions } = splitting.plan;
  const shares = fractions.map((fraction, i) => fraction - (fractions[i - 1] ?? 0));
  const shells = deal(groups, splitting, { name: "split/fractions", shares });
  fillSmallest(shells, groups);
  return Array.from(shells, (shell) => fractions[shell] ?? 100);
}

/** The split of each group none of whose records is kept. */
function splitGroups(groups: readonly PatientGroup[], splitting: Splitting): readonly Split[] {
  const { ratio, keep } = splitting.plan;
  const shares = SPLITS.map((split) => (keep.includes(split) ? 0 : ratio[split]));
  if (groups.length === 0) return [];
  const parts = deal(groups, splitting, { name: "split", shares });
  return Array.from(parts, (part) => SPLITS[part] ?? "train");
}

/**
 * The assignment of each record, in order. All records of a patient go to one split, and to one shell of the fractions. Where a
 * split is kept, its records stay exactly as they are; what else there is of their patients is left out of every split,
 * because it would leak wherever it went. The result depends on ids, patients, labels and plan, not on the order of records.
 * @throws {ManifestError} when nothing is left to train on
 */
export function assignSplits(splitting: Splitting): readonly SplitAssignment[] {
  const { records, plan } = splitting;
  const groups = groupByPatient(splitting);
  const assignments: SplitAssignment[] = records.map((record) =>
    isKept(record, plan) && record.split !== undefined ? { split: record.split } : {},
  );
  const free = groups.filter(({ hasKept }) => !hasKept);
  const splits = splitGroups(free, splitting);
  const training = free.filter((_, g) => splits[g] === "train");
  if (training.length === 0) {
    throw new ManifestError(
      `Cannot split ${records.length} records of ${groups.length} patients: no patient is left for train; keep fewer splits, or give train a larger share`,
    );
  }
  const fractions = fractionsOf(training, splitting);
  for (const [g, { members }] of free.entries()) {
    const split = splits[g];
    if (split === undefined || split === "train") continue;
    for (const position of members) assignments[position] = { split };
  }
  for (const [g, { members }] of training.entries()) {
    const assignment = { split: "train", fraction: fractions[g] ?? 100 } as const;
    for (const position of members) assignments[position] = assignment;
  }
  return assignments;
}
