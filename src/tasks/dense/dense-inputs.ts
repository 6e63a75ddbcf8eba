/** @file What a dense run reads: dataset, splits, encoder, head; opened, checked, and described in words. */
import { type Dataset, openDataset } from "../../data/dataset.ts";
import type { DatasetIndex } from "../../data/dataset-index.ts";
import { createLoader, type Loader, type LoaderOptions } from "../../data/loader.ts";
import type { DatasetRecord, Privacy, Split } from "../../data/record.ts";
import { type LeakReport, requireNoLeak } from "../../data/split/find-leaks.ts";
import type { Normalization } from "../../model/grey-image.ts";
import { Disposables } from "../../util/disposables.ts";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import type { InputEvents, TaskOpening } from "../finetune/downstream-task.ts";
import { type EncoderSource, encoderSource } from "../finetune/encoder-source.ts";
import { fitUpdate } from "../finetune/fit-update.ts";
import { normalizationOf } from "../finetune/normalization-of.ts";
import { noteLeaks } from "../finetune/note-leaks.ts";
import { type Course, courseOf } from "../micro-batches.ts";
import { balancedIds, classesOf, type DenseRecords, readDenseRecords } from "./dense-records.ts";
import type { DenseConfig, DenseFields, DenseHead, DenseTask, DenseView } from "./dense-task.ts";

/** One split as a run uses it. */
export interface DenseSplit {
  readonly index: DatasetIndex;
  readonly records: DenseRecords;
}

/** Everything that a run reads. */
export interface DenseInputs<Config extends DenseConfig, F extends DenseFields>
  extends AsyncDisposable {
  /** The configuration as it is computed: an update takes no more records than there are to learn from. */
  readonly config: Config;
  readonly classes: readonly string[];
  readonly source: EncoderSource;
  readonly normalization: Normalization;
  readonly head: DenseHead<F>;
  readonly train: DenseSplit;
  /** Undefined where the split `val` has no record that is known. */
  readonly val: (DenseSplit & { readonly whole: Loader<F> }) | undefined;
  /** Views of the training records, each epoch in its own order. */
  readonly views: Loader<F>;
  readonly course: Course;
  /** SHA-256 by name, for the state of a checkpoint. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly privacy: Privacy;
  readonly bitDepth: number | undefined;
  readonly leaks: LeakReport;
}

/** What is opened beside what the configuration names. */
export type DenseOpening = Pick<TaskOpening, "encoder" | "goesOnFrom"> & InputEvents;

interface Opening<Config extends DenseConfig, F extends DenseFields> extends InputEvents {
  readonly task: DenseTask<Config, F>;
  readonly config: Config;
  readonly dataset: Dataset;
  readonly classes: readonly string[];
  /** The side of a view. */
  readonly size: number;
}

/**
 * Opens what a run reads.
 * @throws {ConfigError | ManifestError | WeightsError} when something is missing, damaged or does not fit
 */
export async function openDenseInputs<Config extends DenseConfig, F extends DenseFields>(
  task: DenseTask<Config, F>,
  given: Config,
  { encoder, goesOnFrom, ...events }: DenseOpening,
): Promise<DenseInputs<Config, F>> {
  const { note, signal } = events;
  const folder = given.run.data;
  if (folder === null) {
    throw new ConfigError(`Cannot ${task.verb} without a dataset folder: give it with --data`);
  }
  const dataset = await openDataset(folder);
  const source = await encoderSource(encoder, given.model);
  const leaks = await requireNoLeak(dataset, { allowLeak: given.run.allowLeak, signal });
  const classes = await classesOf(task, dataset, { config: given, signal });
  const size = source.architecture.imageSize;
  await using stack = new Disposables();
  const opening = { task, config: given, dataset, classes, size, ...events };
  const train = await openTraining(stack, opening);
  const val = await openSplit(stack, opening, "val");
  const config = fitUpdate(given, train.records.ids.length, note);
  const fitted = { ...opening, config };
  const views = stack.use(createLoader<F>(loaderOptions(train, fitted, "training")));
  const whole =
    val && stack.use(createLoader<F>({ ...loaderOptions(val, fitted, "evaluation"), ...IN_ORDER }));
  const normalization = normalizationOf(config.model, source, dataset);
  const head = await task.head({
    ...{ config, classes, dataset, normalization, leaks: leaks.leaks, note, signal },
    ...{ architecture: source.architecture, train: train.index, goesOnFrom },
  });
  noteRecords(opening, { train, val });
  noteLeaks(leaks, note);
  const hashes = { dataset: await dataset.identity(signal) };
  const owned = stack.keep(); // nothing may throw from here on
  return {
    ...{ config, classes, source, normalization, head, train, views, leaks, hashes },
    val: val && whole && { ...val, whole },
    course: courseOf(views.batchesPerEpoch, config.train.accumulate),
    privacy: dataset.manifest.privacy,
    bitDepth: dataset.manifest.bitDepth,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

const IN_ORDER = { order: "sequential", lastBatch: "keep" } as const;

/** The records to learn from; of those in which nothing is marked no more than of the others, where that is asked. */
async function openTraining<Config extends DenseConfig, F extends DenseFields>(
  stack: Disposables,
  opening: Opening<Config, F>,
): Promise<DenseSplit> {
  const { task, config, dataset } = opening;
  const all = await openSplit(stack, opening, "train");
  if (all === undefined) throw noTrainingRecords(opening);
  if (!all.records.positive.includes(true)) {
    throw new ManifestError(
      `Cannot ${task.verb} "${dataset.folder}": nothing is marked in the ${all.records.ids.length} records to learn from`,
    );
  }
  const chosen = task.balances(config) ? balancedIds(all.records, config.train.seed) : undefined;
  if (chosen === undefined) return all;
  opening.note(
    `${chosen.size} of ${all.records.ids.length} records to learn from: as many without a mark as with one`,
  );
  return (await openSplit(stack, opening, "train", chosen)) ?? all;
}

async function openSplit<Config extends DenseConfig, F extends DenseFields>(
  stack: Disposables,
  { task, config, dataset, classes, signal }: Opening<Config, F>,
  split: Split,
  among?: ReadonlySet<string>,
): Promise<DenseSplit | undefined> {
  const { labels: percent } = config.data;
  const index = stack.use(
    await dataset.index(
      {
        ...{ splits: [split], hasImage: true, mayBeEmpty: true },
        ...(split === "train" && percent < 100 && { fraction: percent }),
        where: {
          holds: (record) =>
            (among?.has(record.id) ?? true) && task.isKnown(record, classes, config),
          what: `${task.marks} that are known`,
        },
      },
      signal,
    ),
  );
  if (index.size === 0) return undefined;
  const marksOf = (record: DatasetRecord): readonly string[] =>
    classes.filter((name) => task.isPositive(record, [name], config));
  return { index, records: await readDenseRecords(index, marksOf, signal) };
}

function loaderOptions<Config extends DenseConfig, F extends DenseFields>(
  { index }: Pick<DenseSplit, "index">,
  { task, config, dataset, classes, size, note }: Opening<Config, F>,
  view: DenseView,
): LoaderOptions {
  const { train, data } = config;
  const { bitDepth } = dataset.manifest;
  const decode = { ...task.decode(config), bitDepth };
  return {
    ...{ size: index.size, batchSize: train.batch, seed: train.seed },
    ...{ workers: data.workers, prefetch: data.prefetch, onBadRecord: data.onBadRecord },
    identify: async (record) => (await index.read(record)).id,
    onRestart: note,
    job: task.job({ config, dataset, index, classes, size, decode, view }),
  };
}

/** Says what a person should know of the records before trusting figures of them. */
function noteRecords<Config extends DenseConfig, F extends DenseFields>(
  { task, classes, note }: Opening<Config, F>,
  { train, val }: { readonly train: DenseSplit; readonly val: DenseSplit | undefined },
): void {
  const described = ({ records: { ids, positive } }: DenseSplit): string =>
    `${ids.length} records (${positive.filter(Boolean).length} with something marked)`;
  note(
    `${classes.join(", ")}: ${described(train)} to learn from, ${val === undefined ? "none" : described(val)} to validate on`,
  );
  const unmarked = classes.filter((name) => !train.records.marked.has(name));
  if (unmarked.length > 0) {
    note(
      `warning: no record to learn from marks ${unmarked.join(", ")}: the model cannot learn to find it; choose others with --classes, or split the dataset anew`,
    );
  }
  if (val === undefined) {
    note(
      `warning: no records of the split val with ${task.marks}: models are not compared, and the last one is kept`,
    );
  } else if (!val.records.positive.includes(true)) {
    note(
      "warning: nothing is marked in the split val: it cannot tell which model finds what there is",
    );
  }
}

function noTrainingRecords<Config extends DenseConfig, F extends DenseFields>({
  task,
  config: { data },
  dataset: { folder },
}: Opening<Config, F>): ManifestError {
  const part = data.labels < 100 ? ` within ${data.labels} % of labels` : "";
  return new ManifestError(
    `Cannot ${task.verb} "${folder}": it has no records of the split train with an image and known ${task.marks}${part}; make splits with "ecamp data split"`,
  );
}
