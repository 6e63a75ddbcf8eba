/** @file Counts what an import of lists does with their lines. */
import type { Split } from "../record.ts";
import { SPLITS } from "../split/assign-splits.ts";
import { SplitTally } from "../split/split-tally.ts";
import type { ListedRecord } from "./list-record.ts";

/** What an import of lists did. */
export interface ListImportSummary {
  readonly imported: Readonly<Record<Split, number>>;
  /** Lines that repeat one of the same list. */
  readonly repeated: number;
  /** Lines whose picture is not there. */
  readonly missingImage: number;
  /** Pictures that stand in more than one list; each list has its record. */
  readonly inSeveralLists: number;
  readonly patients: number;
  /** Records of which no patient is known. */
  readonly withoutPatient: number;
}

/** Counts what happens to the lines. */
export class ListCounter {
  readonly imported: Record<Split, number> = { train: 0, val: 0, test: 0 };
  repeated = 0;
  missingImage = 0;
  #withoutPatient = 0;
  readonly #patients = new Set<string>();
  readonly #images = new SplitTally();

  /** How many records there are. */
  get records(): number {
    return SPLITS.reduce((sum, split) => sum + this.imported[split], 0);
  }

  /**
   * Counts a record.
   * @returns its id: the picture's path, followed by the split where another list has the picture already
   */
  add({ image, split }: ListedRecord, patient: string | undefined): string {
    this.imported[split] += 1;
    if (patient === undefined) this.#withoutPatient += 1;
    else this.#patients.add(patient);
    const before = this.#images.size;
    this.#images.add(image, split);
    return this.#images.size > before ? image : `${image} (${split})`;
  }

  /** What was counted. */
  summary(): ListImportSummary {
    return {
      imported: { ...this.imported },
      repeated: this.repeated,
      missingImage: this.missingImage,
      inSeveralLists: this.#images.shared().length,
      patients: this.#patients.size,
      withoutPatient: this.#withoutPatient,
    };
  }
}
