/** @file Which records of a dataset are wanted. */
import type { PlacedRecord } from "./join.ts";
import type { DatasetRecord, Split } from "./record.ts";

/** Which records are wanted; every condition that is given must hold. */
export interface RecordFilter {
  /** Of one of these splits; `none` stands for records without one. */
  readonly splits?: readonly (Split | "none")[];
  /** Of the training records, those of this percentage of the labels or less, by `split.jsonl`; other splits stay whole. */
  readonly fraction?: number;
  /** With a report that is not blank. */
  readonly hasReport?: boolean;
  /** That name an image. */
  readonly hasImage?: boolean;
  /** Of which this holds, and what it is called, such as `a mask of a class`. */
  readonly where?: { readonly holds: (record: DatasetRecord) => boolean; readonly what: string };
  /** Is an index of no records an answer, rather than an error? */
  readonly mayBeEmpty?: boolean;
  /** Must a context that says of which report it was written be one of the report as it is? No by default. */
  readonly checkContexts?: boolean;
  /** Is `window.jsonl` left unread, because it is about to be replaced? No by default. */
  readonly withoutWindows?: boolean;
}

/** Does a record meet every condition of a filter? */
export function matchesFilter(
  { record, assignment }: Pick<PlacedRecord, "record" | "assignment">,
  { splits, fraction, hasReport, hasImage, where }: RecordFilter,
): boolean {
  if (splits !== undefined && !splits.includes(record.split ?? "none")) return false;
  if (fraction !== undefined && (assignment?.fraction ?? 0) > fraction) return false;
  if (hasReport !== undefined && hasReport !== ((record.report ?? "").trim() !== "")) return false;
  if (hasImage !== undefined && hasImage !== (record.image !== undefined)) return false;
  return where?.holds(record) ?? true;
}

/** The conditions of a filter, for messages. */
export function describeFilter({
  splits,
  fraction,
  hasReport,
  hasImage,
  where,
}: RecordFilter): string {
  const conditions = [
    splits !== undefined && `split ${splits.join(" or ")}`,
    fraction !== undefined && `a place in ${fraction} % of the labels`,
    hasReport !== undefined && `${hasReport ? "a" : "no"} report`,
    hasImage !== undefined && `${hasImage ? "an" : "no"} image`,
    where?.what,
  ].filter((condition) => typeof condition === "string");
  return conditions.join(", ");
}
