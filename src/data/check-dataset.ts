/** @file Checks a dataset folder: counts what is there, and finds what would spoil a training or its evaluation. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ManifestError } from "../util/errors.ts";
import type { TextLine } from "../util/jsonl.ts";
import { digestFile, sha256 } from "../util/sha256.ts";
import { checkAnnotations, isAnnotated, readAnnotations } from "./check-annotations.ts";
import { checkSidecars, hasSidecar } from "./check-sidecars.ts";
import { parsedLine, readLines } from "./checked-lines.ts";
import type { Dataset } from "./dataset.ts";
import { openDataset } from "./dataset.ts";
import type { CheckedRecord, DatasetCounts } from "./dataset-auditor.ts";
import { DatasetAuditor } from "./dataset-auditor.ts";
import { DATASET_FILES } from "./dataset-files.ts";
import { assignSplit } from "./join.ts";
import { mapInOrder } from "./map-in-order.ts";
import type { DatasetProblem, ProblemLog } from "./problem-log.ts";
import type { DatasetRecord } from "./record.ts";
import { parseRecord } from "./record.ts";
import { readSplitTable, type SplitProvenance, type SplitTable } from "./split/split-file.ts";

/** What is checked, and how. */
export interface CheckDatasetOptions {
  readonly folder: string;
  /** Look whether the files of images and masks are there, and whether masks and boxes can be used? Yes by default. */
  readonly files?: boolean;
  /** Read every picture, and look for the same bytes in two splits? No by default: that takes as long as reading all files. */
  readonly readImages?: boolean;
  /** Told now and then how many records have been read. */
  readonly onProgress?: (records: number) => void;
  readonly signal?: AbortSignal;
}

/** What a check found. */
export interface DatasetCheck extends DatasetCounts {
  /** Records with a distilled context, and with a window. */
  readonly contexts: number;
  readonly windows: number;
  /** How `split.jsonl` came about, where there is one that fits. */
  readonly split?: SplitProvenance;
  readonly problems: readonly DatasetProblem[];
  /** Is none of the problems an error? */
  readonly ok: boolean;
}

const CONCURRENCY = 16;
const PROGRESS_RECORDS = 1000;

async function isFilled(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && found.size > 0,
    () => false,
  );
}

interface NumberedRecord {
  readonly record: DatasetRecord;
  readonly line: number;
}

async function checkFiles(
  dataset: Dataset,
  { record, line }: NumberedRecord,
  { files = true, readImages = false }: CheckDatasetOptions,
): Promise<CheckedRecord> {
  if (!files && !readImages) {
    const annotations = readAnnotations(record);
    return { record, line, hasImage: true, hasMasks: true, annotations };
  }
  const masks = Object.values(record.masks ?? {});
  const found = await Promise.all(masks.map((path) => isFilled(dataset.maskPath(path))));
  const { image } = record;
  const hasImage = image === undefined || (await isFilled(dataset.imagePath(image)));
  const isRead = readImages && image !== undefined && hasImage;
  return {
    record,
    line,
    hasImage,
    hasMasks: found.every((isThere) => isThere),
    annotations:
      isAnnotated(record) && image !== undefined && hasImage
        ? await checkAnnotations(dataset, record, new Set(masks.filter((_, i) => found[i])))
        : readAnnotations(record),
    digest: isRead ? await digestFile(dataset.imagePath(image)) : undefined,
  };
}

/** What `split.jsonl` says; a file that does not fit becomes a problem, and the records' own splits are looked at. */
async function readSplits(
  folder: string,
  { log, signal }: { readonly log: ProblemLog; readonly signal: AbortSignal | undefined },
): Promise<SplitTable | undefined> {
  try {
    return await readSplitTable(folder, signal);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    log.add("unusable-split", error.message);
    return undefined;
  }
}

/** The ids that a split and the records do not have in common. */
function checkSplitIds({ byId }: SplitTable, { ids, log }: DatasetAuditor): void {
  for (const id of byId.keys()) if (!ids.has(id)) log.add("unusable-split", `${id} is no record`);
  for (const id of ids) if (!byId.has(id)) log.add("unusable-split", `${id} has no line`);
}

/**
 * Checks a dataset folder from beginning to end; goes on after what is wrong, so that one run finds everything. Masks are
 * decoded, pictures are not.
 * @throws {ManifestError} when the folder is no dataset at all: it is missing, or its `dataset.json` is not valid
 */
export async function checkDataset(options: CheckDatasetOptions): Promise<DatasetCheck> {
  const { folder, onProgress, signal } = options;
  const dataset = await openDataset(folder);
  const auditor = new DatasetAuditor(dataset.manifest);
  const { log } = auditor;
  const path = join(folder, DATASET_FILES.records);
  const splits = await readSplits(folder, { log, signal });
  const parse = (line: TextLine): NumberedRecord => {
    const own = parseRecord(...parsedLine(line, path));
    const assignment = splits?.byId.get(own.id);
    const record = assignment === undefined ? own : assignSplit(own, assignment);
    return { record, line: line.line };
  };
  const hasSidecars = await hasSidecar(folder);
  const records = readLines(path, parse, { log, signal });
  const checked = mapInOrder(records, CONCURRENCY, (record) =>
    checkFiles(dataset, record, options),
  );
  let read = 0;
  const reportHashes = new Map<string, string>();
  for await (const found of checked) {
    auditor.add(found);
    const { id, report } = found.record;
    if (hasSidecars && report !== undefined) reportHashes.set(id, sha256(report));
    read += 1;
    if (read % PROGRESS_RECORDS === 0) onProgress?.(read);
  }
  onProgress?.(read);
  auditor.finish();
  if (splits !== undefined) checkSplitIds(splits, auditor);
  const { contexts, windows } = await checkSidecars({ folder, auditor, reportHashes, signal });
  const problems = log.problems();
  const ok = problems.every(({ severity }) => severity !== "error");
  const split = splits === undefined ? {} : { split: splits.provenance };
  return { ...auditor.counts(), contexts, windows, ...split, problems, ok };
}
