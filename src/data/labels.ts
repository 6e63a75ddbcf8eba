/** @file What a record says of the classes of its dataset, as numbers: present, absent, unknown. */
import { ManifestError } from "../util/errors.ts";
import type { DatasetRecord } from "./record.ts";

/** What becomes of a label that says "uncertain": nothing is known, or it counts as absent or as present. */
export type Uncertain = "ignore" | "zeros" | "ones";

/** Of a label's three values, −1 means unknown. */
export const UNKNOWN = -1;

/** How labels are read. */
export interface LabelOptions {
  /** The classes, in the order of a model's outputs. */
  readonly classes: readonly string[];
  /** Any number of them in a record, or exactly one. */
  readonly task: "multi-label" | "single-label";
  readonly uncertain: Uncertain;
  /** What names the classes, for messages; `dataset.json` by default. */
  readonly namedBy?: string;
}

const MEANING: Readonly<Record<Uncertain, number>> = { ignore: UNKNOWN, zeros: 0, ones: 1 };

/**
 * A record's label for every class: 1 present, 0 absent, −1 unknown. A record with one class says of every class whether it is
 * present; with a task of one class a record without it knows none.
 * @throws {ManifestError} when the record's one class is not among the classes
 */
export function labelsOf(
  { labels, class: only }: Pick<DatasetRecord, "labels" | "class">,
  { classes, task, uncertain, namedBy = "dataset.json" }: LabelOptions,
): readonly number[] {
  if (only !== undefined && !classes.includes(only)) {
    throw new ManifestError(
      `its class is "${only}", expected one of the ${classes.length} that ${namedBy} names (${classes.slice(0, 5).join(", ")}${classes.length > 5 ? " …" : ""})`,
    );
  }
  return classes.map((name) => {
    const label = task === "multi-label" ? labels?.[name] : undefined;
    if (label !== undefined) return label === -1 ? MEANING[uncertain] : label;
    if (only === undefined) return UNKNOWN;
    return only === name ? 1 : 0;
  });
}
