/** @file Counts what an import does with each row. */
import type { DatasetRecord, DatasetTask } from "./record.ts";
import type { TableColumns } from "./table-record.ts";

/** What an import did. Every row was imported or is counted as skipped for one reason. */
export interface ImportSummary {
  readonly rows: number;
  readonly imported: number;
  readonly skipped: {
    /** Did not meet a filter. */
    readonly filtered: number;
    /** Name no image, or one that is not there. */
    readonly missingImage: number;
    /** Have neither an image nor a report. */
    readonly blank: number;
  };
  /** The first lines that were skipped for a missing image. */
  readonly missingImageLines: readonly number[];
  readonly withReport: number;
  /** Imported rows whose report is missing or blank, where a report column was named. */
  readonly emptyReports: number;
  /** Distinct patients. */
  readonly patients: number;
  /** Imported rows that name no patient, where a patient column was named. */
  readonly withoutPatient: number;
}

/** A row after mapping: the record, or why there is none. */
export type RowOutcome =
  | { readonly kind: "record"; readonly line: number; readonly record: DatasetRecord }
  | { readonly kind: "filtered" | "blank" }
  | { readonly kind: "missingImage"; readonly line: number };

const TASKS: readonly DatasetTask[] = ["pretrain", "classify", "segment", "detect"];
const MAX_EXAMPLES = 10;

/** Counts what happens to the rows, and what the records allow. */
export class ImportCounter {
  #rows = 0;
  #imported = 0;
  #filtered = 0;
  #blank = 0;
  #missingImage = 0;
  #withReport = 0;
  #withoutPatient = 0;
  readonly #missingLines: number[] = [];
  readonly #patients = new Set<string>();
  readonly #classes = new Set<string>();
  readonly #objects = new Set<string>();
  readonly #tasks = new Set<DatasetTask>();

  /** Counts a row. */
  count(outcome: RowOutcome): void {
    this.#rows += 1;
    switch (outcome.kind) {
      case "record":
        this.#countRecord(outcome.record);
        break;
      case "missingImage":
        this.#missingImage += 1;
        if (this.#missingLines.length < MAX_EXAMPLES) this.#missingLines.push(outcome.line);
        break;
      case "filtered":
        this.#filtered += 1;
        break;
      case "blank":
        this.#blank += 1;
        break;
      default:
        outcome satisfies never;
    }
  }

  #countRecord(record: DatasetRecord): void {
    this.#imported += 1;
    if (record.report !== undefined) this.#withReport += 1;
    if (record.patient === undefined) this.#withoutPatient += 1;
    else this.#patients.add(record.patient);
    if (record.class !== undefined) this.#classes.add(record.class);
    for (const name of Object.keys(record.masks ?? {})) this.#objects.add(name);
    for (const { label } of record.boxes ?? []) this.#objects.add(label);
    if (record.image === undefined) return;
    if (record.report !== undefined) this.#tasks.add("pretrain");
    if (record.labels !== undefined || record.class !== undefined) this.#tasks.add("classify");
    if (record.masks !== undefined) this.#tasks.add("segment");
    if (record.boxes !== undefined) this.#tasks.add("detect");
  }

  /** How many rows were counted. */
  get rows(): number {
    return this.#rows;
  }

  /** The classes that were met, in alphabetical order. */
  get classes(): readonly string[] {
    return [...this.#classes].sort();
  }

  /** What masks and boxes were met of, in alphabetical order. */
  get objects(): readonly string[] {
    return [...this.#objects].sort();
  }

  /** What the records can be used for. */
  get tasks(): readonly DatasetTask[] {
    return TASKS.filter((task) => this.#tasks.has(task));
  }

  /** The counts so far. */
  summary({ reportColumns, patientColumn }: TableColumns): ImportSummary {
    const hasReports = (reportColumns ?? []).length > 0;
    return {
      rows: this.#rows,
      imported: this.#imported,
      skipped: {
        filtered: this.#filtered,
        missingImage: this.#missingImage,
        blank: this.#blank,
      },
      missingImageLines: this.#missingLines,
      withReport: this.#withReport,
      emptyReports: hasReports ? this.#imported - this.#withReport : 0,
      patients: this.#patients.size,
      withoutPatient: patientColumn === undefined ? 0 : this.#withoutPatient,
    };
  }
}
