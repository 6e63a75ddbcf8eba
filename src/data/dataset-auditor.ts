/** @file Looks at a dataset's records one after the other: counts them, and remembers what only the whole shows. */
import { createHash } from "node:crypto";
import { AnnotationTally } from "./annotation-tally.ts";
import type { CheckedAnnotations } from "./check-annotations.ts";
import { type ProblemKind, ProblemLog } from "./problem-log.ts";
import type { DatasetManifest, DatasetRecord, Split } from "./record.ts";
import { ContentTally, type SharedThing, SplitTally } from "./split/split-tally.ts";

/** What a dataset has, in numbers. */
export interface DatasetCounts {
  /** Valid records. */
  readonly records: number;
  readonly splits: Readonly<Record<Split | "none", number>>;
  readonly withImage: number;
  /** Records with a report that is not blank. */
  readonly withReport: number;
  /** How many of these reports differ. */
  readonly distinctReports: number;
  /** Distinct patients. */
  readonly patients: number;
}

/** A valid record, and which of its files are not there. */
export interface CheckedRecord {
  readonly record: DatasetRecord;
  /** Its line in the file. */
  readonly line: number;
  readonly hasImage: boolean;
  readonly hasMasks: boolean;
  /** What its masks and boxes show, and what is wrong with them. */
  readonly annotations: CheckedAnnotations;
  /** The digest of its picture's bytes, where they were read. */
  readonly digest?: string | undefined;
}

/** `name (test, train)`. */
function describeShared({ name, splits }: SharedThing): string {
  return `${name} (${splits.toSorted().join(", ")})`;
}

/** Looks at one record after the other. */
export class DatasetAuditor {
  /** What was found so far. */
  readonly log: ProblemLog = new ProblemLog();
  /** The ids of all records so far. */
  readonly ids: Set<string> = new Set();
  readonly #declared: ReadonlySet<string>;
  readonly #annotations: AnnotationTally;
  readonly #splits = { train: 0, val: 0, test: 0, none: 0 };
  readonly #patients = new SplitTally();
  readonly #images = new SplitTally();
  readonly #copies = new ContentTally();
  readonly #repeated = new Set<string>();
  readonly #seenImages = new Set<string>();
  readonly #undeclared = new Set<string>();
  readonly #reports = new Set<string>();
  readonly #withoutSplit: string[] = [];
  readonly #withoutPatient: string[] = [];
  #withImage = 0;
  #withReport = 0;

  constructor({ classes, task }: Pick<DatasetManifest, "classes" | "task">) {
    this.#declared = new Set(classes);
    this.#annotations = new AnnotationTally(task, classes);
  }

  /** Looks at a record. */
  add({ record, line, hasImage, hasMasks, digest, annotations }: CheckedRecord): void {
    const { id, split, patient, report } = record;
    if (this.ids.has(id)) this.log.add("duplicate-id", `${id} (line ${line})`);
    this.ids.add(id);
    this.#splits[split ?? "none"] += 1;
    if (split === undefined) this.#withoutSplit.push(id);
    else if (patient === undefined) this.#withoutPatient.push(id);
    if (patient !== undefined) this.#patients.add(patient, split);
    if (!hasImage) this.log.add("missing-image", id);
    if (!hasMasks) this.log.add("missing-mask", id);
    if (report !== undefined) this.#addReport(id, report);
    if (record.image !== undefined) {
      this.#addImage(record.image, split);
      if (digest !== undefined) this.#copies.add(record.image, digest, split);
    }
    this.#addClasses(record);
    for (const { kind, example } of annotations.findings) this.log.add(kind, example);
    this.#annotations.add(record, annotations.shown);
  }

  #addReport(id: string, report: string): void {
    if (report.trim() === "") {
      this.log.add("empty-report", id);
      return;
    }
    this.#withReport += 1;
    // Digests: a million reports would not fit in memory.
    this.#reports.add(createHash("sha256").update(report.trim()).digest("base64"));
  }

  #addImage(image: string, split: Split | undefined): void {
    this.#withImage += 1;
    this.#images.add(image, split);
    if (this.#seenImages.has(image)) this.#repeated.add(image);
    this.#seenImages.add(image);
  }

  #addClasses(record: DatasetRecord): void {
    if (this.#declared.size === 0) return;
    const named = [...Object.keys(record.labels ?? {}), record.class].filter(
      (name) => name !== undefined,
    );
    for (const name of named) if (!this.#declared.has(name)) this.#undeclared.add(name);
  }

  /** Notes what only the whole shows. */
  finish(): void {
    const { log } = this;
    const note = (kind: ProblemKind, things: readonly SharedThing[]): void => {
      for (const thing of things) log.add(kind, describeShared(thing));
    };
    note("patient-in-two-splits", this.#patients.shared());
    note("image-in-two-splits", this.#images.shared());
    note("copy-in-two-splits", this.#copies.shared());
    for (const image of this.#repeated) log.add("repeated-image", image);
    for (const name of this.#undeclared) log.add("undeclared-class", name);
    this.#annotations.finish(log);
    for (const id of this.#withoutPatient) log.add("no-patient", id);
    const isSplit = this.#withoutSplit.length < this.#count();
    if (isSplit) for (const id of this.#withoutSplit) log.add("no-split", id);
  }

  #count(): number {
    return Object.values(this.#splits).reduce((sum, count) => sum + count, 0);
  }

  /** What there was, in numbers. */
  counts(): DatasetCounts {
    return {
      records: this.#count(),
      splits: { ...this.#splits },
      withImage: this.#withImage,
      withReport: this.#withReport,
      distinctReports: this.#reports.size,
      patients: this.#patients.size,
    };
  }
}
