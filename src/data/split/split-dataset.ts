/** @file Splits a dataset folder: reads its records, deals out the patients, writes `split.jsonl` beside them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../util/atomic-file.ts";
import { ConfigError } from "../../util/errors.ts";
import { digestFile } from "../../util/sha256.ts";
import { openDataset } from "../dataset.ts";
import { DATASET_FILES, exists, fileMode } from "../dataset-files.ts";
import { readOwnRecords } from "../join.ts";
import type { DatasetRecord, Privacy } from "../record.ts";
import { assignSplits, type SplitPlan, type SplittableRecord } from "./assign-splits.ts";
import {
  MAX_FRACTIONS,
  readSplitProvenance,
  renderSplit,
  type SplitProvenance,
  splitPath,
} from "./split-file.ts";
import { type SplitSummary, summarizeSplit } from "./split-summary.ts";

/** What is split, and how. */
export interface SplitDatasetOptions extends SplitPlan {
  readonly folder: string;
  /** Write over another split? No by default. */
  readonly replace?: boolean;
  /** The date and time to note, as the caller's clock has it. */
  readonly created: Date;
  /** Told now and then how many records have been read. */
  readonly onProgress?: (records: number) => void;
  readonly signal?: AbortSignal;
}

/** What became of a dataset's split. */
export interface SplitResult extends SplitSummary {
  /** The file that holds it. */
  readonly file: string;
  /** Was the same split there already? Then nothing was written. */
  readonly unchanged: boolean;
}

/** Far beyond any number of records; the sum of three is finite. */
const MAX_SHARE = 1e9;
const PROGRESS_RECORDS = 1000;

function refuse(reason: string): never {
  throw new ConfigError(`Cannot split a dataset: ${reason}`);
}

/**
 * Checks a plan and puts its percentages in order, 100 among them.
 * @throws {ConfigError} when a share or percentage is not one
 */
function checkPlan({ seed, ratio, fractions, keep }: SplitPlan): SplitPlan {
  const shares = Object.values(ratio);
  if (!shares.every((share) => share >= 0 && share <= MAX_SHARE)) {
    refuse(
      `the ratio is ${shares.join(",")}, expected three numbers from 0 to ${MAX_SHARE}, such as 70,10,20`,
    );
  }
  if (ratio.train === 0) refuse("the ratio leaves nothing to train on, expected a share above 0");
  const wrong = fractions.find((fraction) => !(fraction > 0 && fraction <= 100));
  if (wrong !== undefined) {
    refuse(`a fraction is ${wrong}, expected percentages above 0 and up to 100, such as 1,10,100`);
  }
  const ordered = [...new Set([...fractions, 100])].sort((a, b) => a - b);
  if (ordered.length > MAX_FRACTIONS) {
    refuse(`there are ${ordered.length} fractions, expected at most ${MAX_FRACTIONS}`);
  }
  return { seed, ratio, fractions: ordered, keep };
}

/** Gives classes their positions: those that the dataset declares, then others as they are met. */
class ClassPositions {
  readonly #positions: Map<string, number>;

  constructor(declared: readonly string[]) {
    this.#positions = new Map(declared.map((name, position) => [name, position]));
  }

  get names(): readonly string[] {
    return [...this.#positions.keys()];
  }

  /** The classes that a record shows: by a label, or by a mask or a box where no label speaks of the class. */
  shownBy({ labels = {}, class: only, masks = {}, boxes = [] }: DatasetRecord): readonly number[] {
    const shown = new Set(Object.keys(labels).filter((name) => labels[name] === 1));
    for (const name of [...Object.keys(masks), ...boxes.map(({ label }) => label)]) {
      if (labels[name] === undefined) shown.add(name);
    }
    if (only !== undefined) shown.add(only);
    return Array.from(shown, (name) => {
      const position = this.#positions.get(name) ?? this.#positions.size;
      this.#positions.set(name, position);
      return position;
    });
  }
}

interface ReadRecords {
  readonly records: readonly SplittableRecord[];
  readonly classes: readonly string[];
}

/** Puts the classes that the dataset does not declare in alphabetical order, whatever the order of the records. */
function orderClasses({ records, classes }: ReadRecords, declared: number): ReadRecords {
  const ordered = [...classes.slice(0, declared), ...classes.slice(declared).sort()];
  const moved = classes.map((name) => ordered.indexOf(name));
  return {
    classes: ordered,
    records: records.map((record) => ({
      ...record,
      positives: record.positives.map((c) => moved[c] ?? c),
    })),
  };
}

async function readRecords(
  { folder, onProgress, signal }: SplitDatasetOptions,
  declared: readonly string[],
): Promise<ReadRecords> {
  const positions = new ClassPositions(declared);
  const records: SplittableRecord[] = [];
  for await (const { record } of readOwnRecords(folder, signal)) {
    const { id, patient, image, split } = record;
    records.push({ id, patient, image, split, positives: positions.shownBy(record) });
    if (records.length % PROGRESS_RECORDS === 0) onProgress?.(records.length);
  }
  onProgress?.(records.length);
  return orderClasses({ records, classes: positions.names }, new Set(declared).size);
}

/** The text that stands there, and the moment it was made; undefined when there is none, or it cannot be understood. */
async function previousSplit(
  folder: string,
): Promise<{ readonly text: string; readonly created: string } | undefined> {
  const provenance = await readSplitProvenance(folder).catch(() => undefined);
  if (provenance === undefined) return undefined;
  return { text: await readFile(splitPath(folder), "utf8"), created: provenance.created };
}

/** Writes the split, unless the same one stands there: then it keeps its date, and the dataset its identity. */
async function writeSplit(
  options: SplitDatasetOptions & { readonly privacy: Privacy },
  render: (created: string) => Iterable<string>,
): Promise<Pick<SplitResult, "file" | "unchanged">> {
  const { folder, replace = false, created, privacy } = options;
  const file = splitPath(folder);
  const previous = await previousSplit(folder);
  if (previous !== undefined && [...render(previous.created)].join("") === previous.text) {
    return { file, unchanged: true };
  }
  if (!replace && (await exists(file))) {
    throw new ConfigError(
      `Cannot split dataset "${folder}": it has another ${DATASET_FILES.split}; write over it with --force`,
    );
  }
  await writeFileAtomically(file, render(created.toISOString()), { mode: fileMode(privacy) });
  return { file, unchanged: false };
}

/**
 * Splits a dataset by patient, stratified by its classes, with nested fractions of the labels, and writes `split.jsonl`. The
 * records themselves stay as they are.
 * @throws {ConfigError} when the plan makes no sense, or another split stands there and may not be replaced
 * @throws {ManifestError} when the dataset cannot be read, or nothing is left to train on
 */
export async function splitDataset(options: SplitDatasetOptions): Promise<SplitResult> {
  const { folder, signal } = options;
  const plan = checkPlan(options);
  const { privacy, classes: declared } = (await openDataset(folder)).manifest;
  const path = join(folder, DATASET_FILES.records);
  // Before they are read: should they change meanwhile, the split counts as made for other records.
  const digest = await digestFile(path, signal);
  const { records, classes } = await readRecords(options, declared);
  const assignments = assignSplits({ records, classes: classes.length, plan });
  const provenance: Omit<SplitProvenance, "created"> = {
    format: 1,
    method: "iterative-stratification",
    ...plan,
    records: digest,
  };
  const lines = records.map(({ id }, i) => ({ id, ...assignments[i] }));
  const written = await writeSplit({ ...options, privacy }, (date) =>
    renderSplit({ ...provenance, created: date }, lines),
  );
  return { ...written, ...summarizeSplit({ records, classes, plan, assignments }) };
}
