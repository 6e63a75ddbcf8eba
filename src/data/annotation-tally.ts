/** @file Remembers of a set's masks and boxes what only the whole shows: splits without any, records of which nothing is known. */
import type { ProblemLog } from "./problem-log.ts";
import type { DatasetRecord, DatasetTask, Split } from "./record.ts";
import { SPLITS } from "./split/assign-splits.ts";

/** Looks at one record after the other. */
export class AnnotationTally {
  readonly #tasks: ReadonlySet<DatasetTask>;
  readonly #declared: ReadonlySet<string>;
  readonly #splits = new Map<Split, Set<string>>();
  readonly #objects = new Set<string>();
  readonly #unknown = { segment: [] as string[], detect: [] as string[] };

  constructor(tasks: readonly DatasetTask[], classes: readonly string[]) {
    this.#tasks = new Set(tasks);
    this.#declared = new Set(classes);
  }

  /** Looks at a record, and at the classes that its masks or boxes show something of. */
  add(
    { id, image, split, labels = {}, masks, boxes }: DatasetRecord,
    shown: readonly string[],
  ): void {
    for (const name of Object.keys(masks ?? {})) this.#objects.add(name);
    for (const { label } of boxes ?? []) this.#objects.add(label);
    if (split !== undefined) {
      const inSplit = this.#splits.get(split) ?? new Set();
      for (const name of shown) inSplit.add(name);
      this.#splits.set(split, inSplit);
    }
    if (image === undefined || Object.values(labels).includes(0)) return;
    if (boxes === undefined) this.#unknown.detect.push(id);
    if (boxes === undefined && masks === undefined) this.#unknown.segment.push(id);
  }

  /** Notes what only the whole shows; nothing in a set without masks and boxes. */
  finish(log: ProblemLog): void {
    if (this.#objects.size === 0) return;
    for (const name of this.#objects) {
      if (!this.#declared.has(name)) {
        log.add("undeclared-object", name);
        continue;
      }
      for (const split of SPLITS) {
        const inSplit = this.#splits.get(split);
        if (inSplit?.has(name) === false) log.add("split-without-object", `${split}: ${name}`);
      }
    }
    if (this.#tasks.has("detect")) {
      for (const id of this.#unknown.detect) log.add("unknown-boxes", id);
    }
    if (this.#tasks.has("segment")) {
      for (const id of this.#unknown.segment) log.add("unknown-masks", id);
    }
  }
}
