/** @file What `split.jsonl` says of chosen records, in a byte a record. */
import type { SplitAssignment } from "./split/assign-splits.ts";

/** A byte a record, each a position in a list of what there is. */
export interface AssignmentTable {
  readonly codes: Uint8Array;
  readonly values: readonly SplitAssignment[];
}

/** Collects what `split.jsonl` says of the chosen records. */
export class AssignmentTableBuilder {
  readonly #codes: number[] = [];
  /** Equal assignments of a file are one object. */
  readonly #positions = new Map<SplitAssignment, number>();

  /** Adds what is said of the next record. */
  add(assignment: SplitAssignment | undefined): void {
    if (assignment === undefined) return;
    const code = this.#positions.get(assignment) ?? this.#positions.size;
    this.#positions.set(assignment, code);
    this.#codes.push(code);
  }

  /** The table, on shared memory; undefined where nothing was added. */
  finish(): AssignmentTable | undefined {
    if (this.#codes.length === 0) return undefined;
    const codes = new Uint8Array(new SharedArrayBuffer(this.#codes.length));
    codes.set(this.#codes);
    return { codes, values: [...this.#positions.keys()] };
  }
}
