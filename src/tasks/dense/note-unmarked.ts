/** @file Says which classes of a dense run no record that it learns from marks: their outputs will mean nothing. */
import type { InputEvents } from "../finetune/downstream-task.ts";
import type { DenseInputs } from "./dense-inputs.ts";
import type { DenseConfig, DenseFields, DenseTask } from "./dense-task.ts";

/** Notes the classes, if there are any. A class may be marked in other splits alone, or not within a part of the labels. */
export async function noteUnmarked<Config extends DenseConfig, F extends DenseFields>(
  {
    task,
    inputs: { train, classes, config },
  }: {
    readonly task: DenseTask<Config, F>;
    readonly inputs: DenseInputs<Config, F>;
  },
  { note, signal }: InputEvents,
): Promise<void> {
  const missing = new Set(classes);
  for (let position = 0; position < train.index.size && missing.size > 0; position++) {
    signal?.throwIfAborted();
    const record = await train.index.read(position);
    for (const name of missing) if (task.isPositive(record, [name], config)) missing.delete(name);
  }
  if (missing.size === 0) return;
  note(
    `warning: no record to learn from marks ${[...missing].join(", ")}: the model cannot learn to find it; choose others with --classes, or split the dataset anew`,
  );
}
