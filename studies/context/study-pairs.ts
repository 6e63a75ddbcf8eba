/** @file The pairs of the study of contexts: reports distilled by the rules, a vocabulary of their own, and folders to score words on. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { datasetCorpus } from "../../src/data/corpus.ts";
import { type Dataset, openDataset } from "../../src/data/dataset.ts";
import { DATASET_FILES } from "../../src/data/dataset-files.ts";
import type { JoinedRecord } from "../../src/data/dataset-index.ts";
import type { DatasetRecord } from "../../src/data/record.ts";
import { trainTokenizer } from "../../src/data/train-tokenizer.ts";
import { writeDataset } from "../../src/data/write-dataset.ts";
import { createFindingCheck } from "../../src/distill/check-finding.ts";
import { hashRules, rulesProvider } from "../../src/distill/rules-provider.ts";
import { distillReports } from "../../src/tasks/distill/distill-reports.ts";
import { datasetReports } from "../../src/tasks/distill/report-source.ts";
import { CHEST_LEXICON } from "../../src/text/lexicons/chest.ts";
import { RandomStream } from "../../src/util/random.ts";
import { digestFile, sha256 } from "../../src/util/sha256.ts";
import { type Roughness, roughReport } from "./rough-report.ts";

/** How reports are spoilt before they are distilled. */
export interface ReportNoise extends Roughness {
  /** How often a film of split `train` has the report of another one. */
  readonly foreignReports: number;
  readonly seed: number;
}

/** Where the pairs come from, and what is made of them. */
export interface PairsOptions {
  /** A dataset folder. */
  readonly source: string;
  /** The folder to make the new ones in; what stands there of the same source, noise, vocabulary and rules is used. */
  readonly cache: string;
  readonly noise: ReportNoise | undefined;
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
  readonly signal: AbortSignal;
}

/** The pairs, made once for all runs. */
export interface StudyPairs {
  /** The dataset folder to train on and to probe. */
  readonly dataset: string;
  readonly tokenizer: string;
  /**
   * A dataset folder whose split `val` is every pair that is not trained on; its `swapped` counterpart has each film replaced by
   * that of the next record.
   */
  readonly own: string;
  readonly swapped: string;
  /** Of records and contexts. */
  readonly digest: string;
}

/** Makes the folders that are not there. */
export async function studyPairs(options: PairsOptions): Promise<StudyPairs> {
  const { vocabulary, signal } = options;
  const cache = join(options.cache, await nameOf(options));
  await mkdir(cache, { recursive: true });
  const dataset = join(cache, "pairs");
  if (!existsSync(dataset)) await makePairs(dataset, options);
  const tokenizer = join(cache, "tokenizer.json");
  if (!existsSync(tokenizer)) {
    await trainTokenizer({
      corpus: await datasetCorpus(dataset),
      size: vocabulary,
      out: tokenizer,
      signal,
    });
  }
  const [own, swapped] = [join(cache, "own"), join(cache, "swapped")];
  if (!existsSync(own)) await makeScored(own, dataset, { isSwapped: false });
  if (!existsSync(swapped)) await makeScored(swapped, dataset, { isSwapped: true });
  const digests = await Promise.all(
    [DATASET_FILES.records, DATASET_FILES.context].map((name) => digestFile(join(dataset, name))),
  );
  return {
    ...{ dataset, tokenizer, own, swapped },
    digest: digests.map((digest) => digest.slice(0, 6)).join(""),
  };
}

/** A name for what the folders follow from. */
async function nameOf({ source, noise, vocabulary }: PairsOptions): Promise<string> {
  const from = await digestFile(join(source, DATASET_FILES.records));
  const made = JSON.stringify([from, noise ?? null, vocabulary, hashRules(CHEST_LEXICON)]);
  return `pairs-${sha256(made).slice(0, 12)}`;
}

async function makePairs(folder: string, { source, noise, signal }: PairsOptions): Promise<void> {
  const from = await openDataset(source);
  const records = await recordsOf(from);
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await writeDataset({
    ...{ out: unfinished, signal, manifest: manifestOf(from) },
    records: noise === undefined ? records : roughRecords(records, noise),
  });
  await distillReports({
    source: await datasetReports(unfinished),
    provider: rulesProvider(),
    check: createFindingCheck(CHEST_LEXICON),
    out: join(unfinished, DATASET_FILES.context),
    ...{ force: false, signal, note: () => undefined },
    now: () => new Date(0), // the digest of the contexts must not depend on the day
  });
  await rename(unfinished, folder);
}

const manifestOf = ({ manifest, imageRoot }: Dataset): Dataset["manifest"] => ({
  ...manifest,
  imageRoot,
});

/** The records of a dataset with their splits, without what stands beside them. */
async function recordsOf(dataset: Dataset): Promise<readonly DatasetRecord[]> {
  const records: DatasetRecord[] = [];
  for await (const record of dataset.records()) records.push(alone(record));
  return records;
}

function alone({ context: _, window: __, fraction: ___, ...record }: JoinedRecord): DatasetRecord {
  return record;
}

function roughRecords(
  records: readonly DatasetRecord[],
  { seed, foreignReports, ...roughness }: ReportNoise,
): readonly DatasetRecord[] {
  const stream = new RandomStream({ seed, name: "study/rough-reports" });
  const reports = records.map(({ report = "" }) => roughReport(report, roughness, stream));
  return records.map((record, i) => {
    const isForeign = record.split === "train" && stream.uniform() < foreignReports;
    const report = reports[isForeign ? stream.integer(reports.length) : i] ?? "";
    return { ...record, report };
  });
}

/** Training records that a scored folder needs to be opened at all: a batch of them. */
const BATCH = 8;

async function makeScored(
  folder: string,
  dataset: string,
  { isSwapped }: { readonly isSwapped: boolean },
): Promise<void> {
  const from = await openDataset(dataset);
  const records = (await recordsOf(from)).filter(
    ({ image, report = "" }) => image !== undefined && report.trim() !== "",
  );
  const trained = records.filter(({ split }) => split === "train").slice(0, BATCH);
  const scored = records.filter(({ split }) => split === "val" || split === "test");
  const shown = scored.map(({ image }, i) => {
    const other = isSwapped ? scored[(i + 1) % scored.length]?.image : image;
    return other === undefined ? {} : { image: other };
  });
  await writeDataset({
    out: folder,
    manifest: manifestOf(from),
    records: [
      ...trained,
      ...scored.map((record, i) => ({ ...record, ...shown[i], split: "val" as const })),
    ],
  });
}
