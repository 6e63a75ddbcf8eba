/** @file Does a dataset say anything of the classes that a model marks? */
import type { Dataset } from "../../data/dataset.ts";
import { ManifestError } from "../../util/errors.ts";
import type { DenseConfig, DenseFields, DenseTask } from "./dense-task.ts";

/** What is looked for, and by whom. */
export interface ScoredClassesOptions<Config extends DenseConfig, F extends DenseFields> {
  readonly task: Pick<DenseTask<Config, F>, "markedClasses" | "marks">;
  readonly config: Config;
  /** Those that the model marks. */
  readonly classes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * In words, classes of a model that another dataset than its own says nothing of: it does not list them, and no record marks or labels
 * them. Whatever a detector finds of one is then taken for a false alarm.
 * @throws {ManifestError} when it says nothing of any of them, naming those that it has
 */
export async function describeUnsaidClasses<Config extends DenseConfig, F extends DenseFields>(
  { folder, manifest, records }: Pick<Dataset, "folder" | "manifest" | "records">,
  { task, config, classes, signal }: ScoredClassesOptions<Config, F>,
): Promise<readonly string[]> {
  const said = new Set(manifest.classes);
  for await (const record of records(signal)) {
    for (const name of task.markedClasses(record, config)) said.add(name);
    for (const name of Object.keys(record.labels ?? {})) said.add(name);
  }
  const unsaid = classes.filter((name) => !said.has(name));
  if (unsaid.length === 0) return [];
  if (unsaid.length < classes.length) {
    return [
      `the dataset says nothing of ${unsaid.join(", ")}: figures of it, and of all classes together, mean little`,
    ];
  }
  const found = said.size === 0 ? "none" : [...said].toSorted().join(", ");
  throw new ManifestError(
    `Cannot evaluate on "${folder}": it says nothing of what the model marks, ${classes.join(", ")}; the classes of its labels and ${task.marks} are ${found}`,
  );
}
