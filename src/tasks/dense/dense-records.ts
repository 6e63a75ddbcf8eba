/** @file The records of a dense task: which classes are marked, where it is known what there is, who they are. */
import type { Dataset } from "../../data/dataset.ts";
import type { DatasetIndex } from "../../data/dataset-index.ts";
import type { DatasetRecord } from "../../data/record.ts";
import { lonelyGroup } from "../../metrics/predictions.ts";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import { RandomStream } from "../../util/random.ts";
import { suggestion } from "../../util/suggest.ts";
import { contentDigest, type KnownRecords } from "../finetune/trained-on.ts";
import type { DenseConfig, DenseFields, DenseTask } from "./dense-task.ts";

/** Who the records of a split are, and in which of them something is marked. */
export interface DenseRecords extends KnownRecords {
  /** By position. */
  readonly positive: readonly boolean[];
  /** The classes of which something is marked somewhere. */
  readonly marked: ReadonlySet<string>;
}

/**
 * The classes of a run: those that it names, or all that records mark, in the dataset's order where it names them.
 * @throws {ManifestError} when no record marks any
 * @throws {ConfigError} when a class is named that no record marks
 */
export async function classesOf<Config extends DenseConfig, F extends DenseFields>(
  task: DenseTask<Config, F>,
  dataset: Dataset,
  { config, signal }: { readonly config: Config; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const marked = new Set<string>();
  let records = 0;
  let advice: string | undefined;
  for await (const record of dataset.records(signal)) {
    records++;
    for (const name of task.markedClasses(record, config)) marked.add(name);
    advice ??= task.otherMarks?.(record, config);
  }
  if (marked.size === 0) {
    throw new ManifestError(
      `Cannot ${task.verb} "${dataset.folder}": none of its ${records} records has ${task.marks}; ${advice ?? 'import them with it, see "ecamp data import --help"'}`,
    );
  }
  const named = dataset.manifest.classes.filter((name) => marked.has(name));
  const others = [...marked].filter((name) => !named.includes(name)).toSorted();
  const all = [...named, ...others];
  for (const name of config.data.classes ?? []) {
    if (marked.has(name)) continue;
    throw new ConfigError(
      `Cannot ${task.verb} "${name}" (data.classes): no record of "${dataset.folder}" has ${task.marks} of it${suggestion(name, all)}`,
    );
  }
  return config.data.classes ?? all;
}

/**
 * Reads who is in an index, in its order.
 * @param marksOf the classes that a record marks something of
 */
export async function readDenseRecords(
  index: DatasetIndex,
  marksOf: (record: DatasetRecord) => readonly string[],
  signal?: AbortSignal,
): Promise<DenseRecords> {
  const found = { ids: [] as string[], groups: [] as string[], contents: [] as string[] };
  const positive: boolean[] = [];
  const marked = new Set<string>();
  for (let position = 0; position < index.size; position++) {
    signal?.throwIfAborted();
    const record = await index.read(position);
    found.ids.push(record.id);
    found.groups.push(record.patient ?? lonelyGroup(record.id));
    found.contents.push(contentDigest(record));
    const marks = marksOf(record);
    positive.push(marks.length > 0);
    for (const name of marks) marked.add(name);
  }
  return { ...found, positive, marked };
}

/**
 * The ids of all records in which something is marked, and of as many others, drawn by the seed (SPEC 4.2); undefined where there are
 * no more of the others anyway.
 */
export function balancedIds(
  { ids, positive }: Pick<DenseRecords, "ids" | "positive">,
  seed: number,
): ReadonlySet<string> | undefined {
  const [found, others] = [true, false].map((side) =>
    ids.filter((_, position) => positive[position] === side),
  );
  if (found === undefined || others === undefined || others.length <= found.length)
    return undefined;
  const order = new RandomStream({ seed, name: "negatives", step: 0 }).permutation(others.length);
  const drawn = Array.from(order.subarray(0, found.length), (at) => others[at] ?? "");
  return new Set([...found, ...drawn]);
}
