/** @file Whom a run has learnt from, and whom its models were compared on, as digests in its folder: splits may change after it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { fileMode } from "../../data/dataset-files.ts";
import type { DatasetRecord, Privacy } from "../../data/record.ts";
import { systemErrorCode, writeFileAtomically } from "../../util/atomic-file.ts";
import { describeError, ManifestError } from "../../util/errors.ts";
import { tryParseJson } from "../../util/jsonl.ts";

/** Digests of records. */
export interface RecordDigests {
  /** Of their patients, or of the records themselves where those are not known. */
  readonly groups: ReadonlySet<string>;
  /** Of what the records say: two datasets with patients of the same names do not have equal records. */
  readonly contents: ReadonlySet<string>;
}

/** What a run has seen. */
export interface TrainedOn {
  /** Identities of its dataset; several where it went on with a changed one. */
  readonly datasets: readonly string[];
  readonly train: RecordDigests;
  readonly val: RecordDigests;
}

const FILE = "trained-on.json";

/** 64 bits: among a million, two are equal by chance once in 37 million times. */
const DIGITS = 16;

/** A name as a digest; in the folder of a run no patient can be read. */
export const nameDigest = (name: string): string =>
  createHash("sha256").update(name).digest("hex").slice(0, DIGITS);

const sortedEntries = <T>(values: Readonly<Record<string, T>>): readonly [string, T][] =>
  Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** What a record says, as a digest; its split is not part of it. */
export function contentDigest({
  id,
  image,
  patient,
  labels = {},
  class: only,
  masks,
  boxes,
}: Pick<
  DatasetRecord,
  "id" | "image" | "patient" | "labels" | "class" | "masks" | "boxes"
>): string {
  const ordered = sortedEntries(labels);
  // Appended only where there are some: digests of records without them are those of earlier runs.
  const places =
    masks === undefined && boxes === undefined ? [] : [sortedEntries(masks ?? {}), boxes];
  return nameDigest(JSON.stringify([id, image, patient, ordered, only, ...places]));
}

/** Who the records of a split are. */
export interface KnownRecords {
  readonly ids: readonly string[];
  /** Of which patient each is; a record that names none is one of its own. */
  readonly groups: readonly string[];
  /** `contentDigest` of each. */
  readonly contents: readonly string[];
}

/** What is noted of a run. */
export interface RunRecords {
  readonly train: { readonly records: KnownRecords };
  readonly val: { readonly records: KnownRecords } | undefined;
  readonly hashes: Readonly<Record<string, string>>;
  readonly privacy: Privacy;
}

/**
 * Notes in a run's folder which records it uses, beside those that it has used before.
 * @throws {EcampError} when the file cannot be read or written
 */
export async function noteTrainedOn(
  out: string,
  { train, val, hashes, privacy }: RunRecords,
): Promise<void> {
  const before = await readTrainedOn(out);
  const digests = (part: "train" | "val", records: KnownRecords | undefined) => ({
    groups: merged(before?.[part].groups, records?.groups.map(nameDigest)),
    contents: merged(before?.[part].contents, records?.contents),
  });
  const text = JSON.stringify({
    format: 1,
    datasets: merged(before?.datasets, [hashes["dataset"] ?? ""]),
    train: digests("train", train.records),
    val: digests("val", val?.records),
  });
  await writeFileAtomically(join(out, FILE), `${text}\n`, { mode: fileMode(privacy) });
}

/** In an order that says nothing of that of the records. */
const merged = (before: Iterable<string> = [], more: Iterable<string> = []): readonly string[] =>
  [...new Set([...before, ...more])].sort();

const digestSet = z.array(z.string()).transform((digests) => new Set(digests));
const digestsSchema = z.object({ groups: digestSet, contents: digestSet });
const schema = z.object({
  format: z.literal(1),
  datasets: z.array(z.string()),
  train: digestsSchema,
  val: digestsSchema,
});

/**
 * What a run has seen; undefined where its folder does not say it, or it is a file.
 * @throws {ManifestError} when the file is damaged
 */
export async function readTrainedOn(run: string): Promise<TrainedOn | undefined> {
  const file = join(run, FILE);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw new ManifestError(`Cannot read "${file}": ${describeError(error)}`, { cause: error });
  });
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(tryParseJson(text)?.value);
  if (parsed.success) return parsed.data;
  throw new ManifestError(
    `Cannot read "${file}": it is not what "ecamp finetune" writes; which records the run was trained on cannot be known`,
  );
}
