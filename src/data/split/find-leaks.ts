/** @file Who stands in two splits of a dataset: a model that has seen a patient recognises him rather than his disease. */
import { stat } from "node:fs/promises";
import { ManifestError } from "../../util/errors.ts";
import { digestFile } from "../../util/sha256.ts";
import type { Dataset } from "../dataset.ts";
import { mapInOrder } from "../map-in-order.ts";
import type { DatasetRecord, Split } from "../record.ts";
import { ContentTally, type SharedThing, SplitTally } from "./split-tally.ts";

/** How much two splits share. */
export interface SharedBetween {
  readonly splits: readonly [Split, Split];
  readonly patients: number;
  /** Pictures by their paths. */
  readonly images: number;
  /** Pictures of the same bytes under different paths; 0 where the files were not read. */
  readonly copies: number;
}

/** A few of what is shared, by name. */
export interface LeakExamples {
  readonly patients: readonly string[];
  readonly images: readonly string[];
  readonly copies: readonly string[];
}

/** What was found. Plain JSON. */
export interface LeakReport {
  readonly leaks: boolean;
  /** Pairs of splits that share something. */
  readonly shared: readonly SharedBetween[];
  /** Records of a split that name no patient: what they share cannot be known. */
  readonly withoutPatient: number;
  /** Were the pictures' bytes compared? */
  readonly readImages: boolean;
  /** Of a public set; ids of a private one do not leave it. */
  readonly examples?: LeakExamples;
}

/** How leaks are looked for. */
export interface FindLeaksOptions {
  /** Read every picture, and find those with the same bytes? No by default: it takes as long as reading all files does. */
  readonly readImages?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const PAIRS: readonly (readonly [Split, Split])[] = [
  ["train", "val"],
  ["train", "test"],
  ["val", "test"],
];
const MAX_EXAMPLES = 10;
/** Files that are read at once. */
const CONCURRENCY = 8;

function countBetween(things: readonly SharedThing[], [a, b]: readonly [Split, Split]): number {
  return things.filter(({ splits }) => splits.includes(a) && splits.includes(b)).length;
}

/** The digest of a picture; undefined where it is not there, which is for `ecamp data check` to say. */
async function digestIfThere(path: string): Promise<string | undefined> {
  const isThere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isThere ? digestFile(path) : undefined;
}

/** The records, each with the digest of its picture where pictures are read. */
function digested(
  dataset: Dataset,
  { readImages = false, signal }: FindLeaksOptions,
): AsyncGenerator<{ readonly record: DatasetRecord; readonly digest: string | undefined }> {
  return mapInOrder(dataset.records(signal), readImages ? CONCURRENCY : 1, async (record) => {
    const { image, split } = record;
    const isRead = readImages && image !== undefined && split !== undefined;
    const digest = isRead ? await digestIfThere(dataset.imagePath(image)) : undefined;
    return { record, digest };
  });
}

/**
 * Finds the patients and pictures that stand in two splits.
 * @throws {ManifestError} when the dataset's records cannot be read
 */
export async function findLeaks(
  dataset: Dataset,
  options: FindLeaksOptions = {},
): Promise<LeakReport> {
  const patients = new SplitTally();
  const images = new SplitTally();
  const copies = new ContentTally();
  let withoutPatient = 0;
  for await (const { record, digest } of digested(dataset, options)) {
    const { split, patient, image } = record;
    if (split === undefined) continue;
    if (patient === undefined) withoutPatient++;
    else patients.add(patient, split);
    if (image !== undefined) images.add(image, split);
    if (image !== undefined && digest !== undefined) copies.add(image, digest, split);
  }
  const found = { patients: patients.shared(), images: images.shared(), copies: copies.shared() };
  const shared = PAIRS.map((pair) => ({
    splits: pair,
    patients: countBetween(found.patients, pair),
    images: countBetween(found.images, pair),
    copies: countBetween(found.copies, pair),
  })).filter((pair) => pair.patients + pair.images + pair.copies > 0);
  const named = (things: readonly SharedThing[]): readonly string[] =>
    things.slice(0, MAX_EXAMPLES).map(({ name }) => name);
  return {
    leaks: shared.length > 0,
    shared,
    withoutPatient,
    readImages: options.readImages ?? false,
    ...(dataset.manifest.privacy === "public" && {
      examples: {
        patients: named(found.patients),
        images: named(found.images),
        copies: named(found.copies),
      },
    }),
  };
}

/** `9 patients and 0 images stand in both train and val`, for each pair of splits that shares something. */
export function describeLeaks({ shared, readImages }: LeakReport): readonly string[] {
  return shared.map(({ splits: [a, b], patients, images, copies }) => {
    const things = [
      `${patients} ${patients === 1 ? "patient" : "patients"}`,
      `${images} ${images === 1 ? "image" : "images"}`,
      ...(readImages ? [`${copies} ${copies === 1 ? "copy" : "copies"} under other names`] : []),
    ];
    const list = `${things.slice(0, -1).join(", ")} and ${things.at(-1)}`;
    return `${list} stand in both ${a} and ${b}`;
  });
}

/**
 * Refuses splits that share patients or pictures, unless somebody takes the responsibility.
 * @throws {ManifestError} saying how many, and what to do
 */
export async function requireNoLeak(
  dataset: Dataset,
  {
    allowLeak,
    ...options
  }: FindLeaksOptions & {
    /** Use the splits nevertheless? The report then says so in every result. */
    readonly allowLeak: boolean;
  },
): Promise<LeakReport> {
  const report = await findLeaks(dataset, options);
  if (!report.leaks || allowLeak) return report;
  throw new ManifestError(
    `Cannot use the splits of "${dataset.folder}": ${describeLeaks(report).join("; ")}; split it by patient with "ecamp data split", or use --allow-leak, which is written into every result`,
  );
}
