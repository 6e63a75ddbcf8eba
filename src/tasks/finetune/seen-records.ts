/** @file Are records that shall judge a classifier among those that it was trained on, or chosen by? */
import type { Dataset } from "../../data/dataset.ts";
import type { Split } from "../../data/record.ts";
import { lonelyGroup } from "../../metrics/predictions.ts";
import { ManifestError } from "../../util/errors.ts";
import { contentDigest, nameDigest, type RecordDigests, type TrainedOn } from "./trained-on.ts";

/** What is looked for. */
export interface SeenOptions {
  readonly split: Split;
  readonly trainedOn: TrainedOn;
  /** Is it the dataset that the run was trained on, so that equal names are the same patients? */
  readonly isOwn: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Records of a split that a run has seen in one that it was trained on or chosen by. */
export interface SeenRecords {
  /** Of the split, with an image. */
  readonly records: number;
  /** Whose patient the run has seen. */
  readonly seen: number;
  /** Of how many patients those are (records, where their patient is not known). */
  readonly patients: number;
  /** In another dataset patients of the same names may be others; not if one of its records is equal to one that was seen. */
  readonly isSure: boolean;
}

/** Splits that a record may not have been in when it is scored as one of another; its own it was in as it should be. */
function mayNotHaveSeen({ split, trainedOn, isOwn }: SeenOptions): readonly RecordDigests[] {
  const { train, val } = trainedOn;
  if (!isOwn || split === "test") return [train, val];
  return split === "val" ? [train] : [];
}

/**
 * Finds the records of a split that a run has seen.
 * @throws {ManifestError} when the dataset's records cannot be read
 */
export async function findSeen(dataset: Dataset, options: SeenOptions): Promise<SeenRecords> {
  const { split, isOwn, signal } = options;
  const others = mayNotHaveSeen(options);
  const patients = new Set<string>();
  const found = { records: 0, seen: 0, equal: 0 };
  for await (const record of dataset.records(signal)) {
    if (record.split !== split || record.image === undefined) continue;
    found.records++;
    const group = nameDigest(record.patient ?? lonelyGroup(record.id));
    const content = contentDigest(record);
    const isEqual = others.some(({ contents }) => contents.has(content));
    if (isEqual) found.equal++;
    if (!isEqual && !others.some(({ groups }) => groups.has(group))) continue;
    found.seen++;
    patients.add(group);
  }
  const { records, seen, equal } = found;
  return { records, seen, patients: patients.size, isSure: isOwn || equal > 0 };
}

/** `12 of the 24 records of the split test, of 9 patients, are of patients that the model was trained on or chosen by` */
export function describeSeen({ records, seen, patients }: SeenRecords, split: Split): string {
  return `${seen} of the ${records} records of the split ${split} (patients: ${patients}) are of patients that the model was trained on or chosen by`;
}

/**
 * Refuses to judge a run by what it has seen, unless somebody takes the responsibility.
 * @returns what was found
 * @throws {ManifestError} saying how many, and what to do
 */
export async function requireUnseen(
  dataset: Dataset,
  { allowLeak, ...options }: SeenOptions & { readonly allowLeak: boolean },
): Promise<SeenRecords> {
  const found = await findSeen(dataset, options);
  if (allowLeak || found.seen === 0 || !found.isSure) return found;
  throw new ManifestError(
    `Cannot evaluate on "${dataset.folder}": ${describeSeen(found, options.split)}, because it was split otherwise then; train again on the splits as they are, or use --allow-leak, which is written into every result`,
  );
}
