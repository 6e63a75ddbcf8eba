/** @file The lines that a synthetic film gives in a dataset: its record and its distilled context. */
import { RandomStream } from "../../util/random.ts";
import type { ContextRecord, DatasetRecord, Split } from "../record.ts";
import type { Phantom } from "./phantom.ts";
import { type WrittenReport, writeReport } from "./report/write-report.ts";

/** A film of a set: which, and the seed of the set. */
export interface FilmKey {
  readonly seed: number;
  readonly index: number;
}

/** A film's report: a pure function of its key and what the film shows. */
export function reportOf({ seed, index }: FilmKey, phantom: Phantom): WrittenReport {
  return writeReport(phantom, new RandomStream({ seed, name: "phantom/report", step: index }));
}

/** Films are dealt to the splits in tens: eight to train, one to val, one to test. */
const DEAL = 10;

/** The split of a film. Every ten films in a row hold eight of train, one of val and one of test, in random order. */
export function splitOf({ seed, index }: FilmKey): Split {
  const step = Math.floor(index / DEAL);
  const order = new RandomStream({ seed, name: "phantom/split", step }).permutation(DEAL);
  const place = order[index % DEAL];
  if (place === 0) return "val";
  return place === 1 ? "test" : "train";
}

/** The number that names a film's files. */
export function fileStem({ index }: FilmKey): string {
  return String(index).padStart(6, "0");
}

/** A film's id: unlike any other film's of any seed. */
export function filmId(key: FilmKey): string {
  return `phantom-${key.seed}-${fileStem(key)}`;
}

/** Where a film's pictures are, relative to the image root. */
export interface FilmPaths {
  readonly image: string;
  readonly masks: Readonly<Record<string, string>>;
}

/** A line of `records.jsonl`. Every film is of another patient. */
export function recordOf(
  key: FilmKey,
  { phantom, report, paths }: { phantom: Phantom; report: string; paths: FilmPaths },
): DatasetRecord {
  const { patient, labels, boxes, findings } = phantom;
  return {
    id: filmId(key),
    image: paths.image,
    split: splitOf(key),
    patient: `patient-${key.seed}-${fileStem(key)}`,
    view: patient.projection,
    report,
    labels,
    masks: paths.masks,
    boxes,
    meta: { sex: patient.sex, findings },
  };
}

/** A line of `context.jsonl`. */
export function contextOf(key: FilmKey, { context, facts }: WrittenReport): ContextRecord {
  return { id: filmId(key), context, findings: facts, provider: "synthetic" };
}
