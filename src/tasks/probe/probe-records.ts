/** @file The labelled records of a dataset that a probe trains on and is scored on. */
import { type Dataset, openDataset } from "../../data/dataset.ts";
import type { DatasetRecord, Split } from "../../data/record.ts";
import { countLabels, type KnownLabels } from "../../metrics/known-labels.ts";
import { ManifestError } from "../../util/errors.ts";

/** Records of some splits, in file order. */
export interface LabelledRecords {
  /** Paths of the pictures. */
  readonly files: readonly string[];
  /** Of which patient each is; a record that names none is a patient of its own. */
  readonly patients: readonly string[];
  /** By class, in the dataset's order. */
  readonly labels: ReadonlyMap<string, KnownLabels>;
}

/** The two sides of a probe. */
export interface ProbeRecords {
  readonly dataset: Dataset;
  readonly train: LabelledRecords;
  readonly scored: LabelledRecords;
}

/**
 * Lists a dataset's records with pictures: those of split `train`, and those to be scored.
 * @throws {ManifestError} when it has no classes, no records in a split, or no class both present and absent in `train`
 */
export async function listProbeRecords(
  folder: string,
  scoredOn: readonly Split[],
  signal?: AbortSignal,
): Promise<ProbeRecords> {
  const dataset = await openDataset(folder);
  if (dataset.manifest.classes.length === 0) {
    throw new ManifestError(
      `Cannot probe "${folder}": its dataset.json names no classes, expected those whose labels are to be read`,
    );
  }
  const train = await listRecords(dataset, ["train"], signal);
  const scored = await listRecords(dataset, scoredOn, signal);
  requireTrainable(folder, train);
  requirePatientsApart(folder, train, scored);
  return { dataset, train, scored };
}

async function listRecords(
  dataset: Dataset,
  splits: readonly Split[],
  signal: AbortSignal | undefined,
): Promise<LabelledRecords> {
  await using index = await dataset.index({ splits, hasImage: true }, signal);
  const { classes } = dataset.manifest;
  const files: string[] = [];
  const patients: string[] = [];
  const labels = new Map(classes.map((name) => [name, new Int8Array(index.size)]));
  for (let position = 0; position < index.size; position++) {
    const record = await index.read(position);
    files.push(dataset.imagePath(record.image ?? ""));
    patients.push(record.patient ?? `record ${record.id}`);
    for (const [name, values] of labels) values[position] = labelOf(record, name);
  }
  return { files, patients, labels };
}

/** A record's one class says of every class whether it is present. */
function labelOf({ labels, class: only }: DatasetRecord, name: string): 1 | 0 | -1 {
  const label = labels?.[name];
  if (label !== undefined) return label;
  if (only === undefined) return -1;
  return only === name ? 1 : 0;
}

/** A patient on both sides would be recognised rather than diagnosed. */
function requirePatientsApart(
  folder: string,
  train: LabelledRecords,
  scored: LabelledRecords,
): void {
  const known = new Set(train.patients);
  const shared = new Set(scored.patients.filter((patient) => known.has(patient)));
  if (shared.size === 0) return;
  throw new ManifestError(
    `Cannot probe "${folder}": ${shared.size} patients stand in the split train and among the records that are scored; split the dataset by patient`,
  );
}

function requireTrainable(folder: string, { labels, files }: LabelledRecords): void {
  const counts = [...labels.values()].map((values) => countLabels(values));
  if (counts.some(({ positives, negatives }) => positives > 0 && negatives > 0)) return;
  throw new ManifestError(
    `Cannot probe "${folder}": none of its ${labels.size} classes is both present and absent among the ${files.length} records of split train`,
  );
}
