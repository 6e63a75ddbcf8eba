/** @file What a classification run reads: dataset, labels, splits and encoder; opened, checked, and described in words. */
import { type ClassificationFields, classificationJob } from "../../data/classification-job.ts";
import { type Dataset, openDataset } from "../../data/dataset.ts";
import type { DatasetIndex } from "../../data/dataset-index.ts";
import type { LabelOptions } from "../../data/labels.ts";
import { createLoader, type Loader, type LoaderOptions } from "../../data/loader.ts";
import type { Privacy, Split } from "../../data/record.ts";
import { type LeakReport, requireNoLeak } from "../../data/split/find-leaks.ts";
import type { Normalization } from "../../model/grey-image.ts";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import type { ClassifierConfig } from "../../model/heads/classifier.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { Disposables } from "../../util/disposables.ts";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import type { InputEvents } from "../finetune/downstream-task.ts";
import { type EncoderSource, encoderSource } from "../finetune/encoder-source.ts";
import { fitUpdate } from "../finetune/fit-update.ts";
import { normalizationOf } from "../finetune/normalization-of.ts";
import { noteLeaks } from "../finetune/note-leaks.ts";
import { type ClassifyMethod, classifyMethod } from "../method-options.ts";
import { type Course, courseOf } from "../micro-batches.ts";
import { type LabelledRecords, readLabelled, taskOf } from "./labelled-records.ts";

/** One split as a run uses it. */
export interface OpenSplit {
  readonly index: DatasetIndex;
  readonly records: LabelledRecords;
  /** Whole pictures in the order of the index, always the same. */
  readonly whole: Loader<ClassificationFields>;
}

/** Everything that a run reads. */
export interface ClassifyInputs extends AsyncDisposable {
  /** The configuration as it is computed: an update takes no more records than there are to learn from. */
  readonly config: ClassifyConfig;
  readonly classes: readonly string[];
  readonly task: ClassificationTask;
  readonly method: ClassifyMethod;
  readonly source: EncoderSource;
  readonly model: ClassifierConfig;
  readonly normalization: Normalization;
  readonly train: OpenSplit;
  /** Undefined where the dataset has no records of the split `val`. */
  readonly val: OpenSplit | undefined;
  /** Crops of the training records, each epoch in its own order. */
  readonly crops: Loader<ClassificationFields>;
  readonly course: Course;
  /** SHA-256 by name, for the state of a checkpoint. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly privacy: Privacy;
  /** Bits of grey levels that the dataset says its 16-bit pictures use. */
  readonly bitDepth: number | undefined;
  readonly leaks: LeakReport;
}

/** What is opened beside what the configuration names. */
export interface OpeningOptions extends InputEvents {
  /** The weights that say what the encoder is, null where it is drawn; those of the configuration if absent. */
  readonly encoder?: string | null;
}

/**
 * Opens what a run reads.
 * @throws {ConfigError | ManifestError | WeightsError} when something is missing, damaged or does not fit
 */
export async function openClassifyInputs(
  given: ClassifyConfig,
  { encoder = given.run.weights, ...events }: OpeningOptions,
): Promise<ClassifyInputs> {
  const { run, data, model: options } = given;
  if (run.data === null) {
    throw new ConfigError("Cannot classify without a dataset folder: give it with --data");
  }
  const dataset = await openDataset(run.data);
  const task = data.task === "auto" ? await taskOf(dataset, events.signal) : data.task;
  const { classes } = dataset.manifest;
  const labels: LabelOptions = { classes, task, uncertain: data.uncertain };
  const method = classifyMethod(given.fidelity);
  const source = await encoderSource(encoder, options);
  const model: ClassifierConfig = { ...source.architecture, classes: classes.length };
  const leaks = await requireNoLeak(dataset, {
    ...{ allowLeak: run.allowLeak, signal: events.signal },
  });
  await using stack = new Disposables();
  const opening = { config: given, dataset, labels, method, size: model.imageSize, ...events };
  const train = await openSplit(stack, "train", opening);
  if (train === undefined) throw noTrainingRecords(given, run.data);
  if (train.records.counts.every(({ present, absent }) => present + absent === 0)) {
    throw noLabels(train.records.ids.length, task, run.data);
  }
  const val = await openSplit(stack, "val", opening);
  const config = fitUpdate(given, train.records.ids.length, events.note);
  const crops = stack.use(
    createLoader<ClassificationFields>(cropLoader(train, { ...opening, config })),
  );
  const course = courseOf(crops.batchesPerEpoch, config.train.accumulate);
  noteLabels({ classes, task, train: train.records, val: val?.records }, events.note);
  noteLeaks(leaks, events.note);
  const normalization = normalizationOf(config.model, source, dataset);
  const hashes = { dataset: await dataset.identity(events.signal) };
  const owned = stack.keep(); // nothing may throw from here on
  return {
    ...{ config, classes, task, method, source, model, train, val, crops, course, leaks },
    ...{ normalization, hashes },
    privacy: dataset.manifest.privacy,
    bitDepth: dataset.manifest.bitDepth,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

interface Opening extends InputEvents {
  readonly config: ClassifyConfig;
  readonly dataset: Dataset;
  readonly labels: LabelOptions;
  readonly method: ClassifyMethod;
  /** The side of a view. */
  readonly size: number;
}

async function openSplit(
  stack: Disposables,
  split: Split,
  opening: Opening,
): Promise<OpenSplit | undefined> {
  const { dataset, config, labels, signal } = opening;
  const { labels: percent } = config.data;
  const index = stack.use(
    await dataset.index(
      {
        ...{ splits: [split], hasImage: true, mayBeEmpty: true },
        ...(split === "train" && percent < 100 && { fraction: percent }),
      },
      signal,
    ),
  );
  if (index.size === 0) return undefined;
  const records = await readLabelled(index, labels, signal);
  const whole = stack.use(createLoader<ClassificationFields>(wholeLoader(index, opening)));
  return { index, records, whole };
}

function wholeLoader(index: DatasetIndex, opening: Opening): LoaderOptions {
  const { config, size } = opening;
  return {
    ...loaderOptions(index, opening),
    ...{ order: "sequential", lastBatch: "keep" },
    job: classificationJob({
      ...jobOptions(index, opening),
      view: { kind: "evaluation", size, shorterSide: shorterSideOf(size, config.data.cropPart) },
    }),
  };
}

/** The shorter side of a picture of which the middle `size` pixels are cut out. */
export const shorterSideOf = (size: number, cropPart: number): number =>
  Math.floor(size / cropPart);

function cropLoader({ index }: Pick<OpenSplit, "index">, opening: Opening): LoaderOptions {
  const { config, size } = opening;
  const { cropScale: scale, cropRatio: ratio, flip } = config.data;
  return {
    ...loaderOptions(index, opening),
    job: classificationJob({
      ...jobOptions(index, opening),
      view: { kind: "training", size, scale, ratio, flip, interpolation: "bilinear" },
    }),
  };
}

function loaderOptions(
  index: DatasetIndex,
  { config: { train, data }, note }: Opening,
): Omit<LoaderOptions, "job"> {
  return {
    size: index.size,
    batchSize: train.batch,
    seed: train.seed,
    workers: data.workers,
    prefetch: data.prefetch,
    onBadRecord: data.onBadRecord,
    identify: async (record) => (await index.read(record)).id,
    onRestart: note,
  };
}

function jobOptions(index: DatasetIndex, { config, dataset, labels, method }: Opening) {
  const { bitDepth } = dataset.manifest;
  return {
    ...{ index: index.handle, imageRoot: dataset.imageRoot, seed: config.train.seed, labels },
    decode: { ...method.decode, bitDepth },
  };
}

/** Says what a person should know of the labels before trusting figures of them. */
function noteLabels(
  {
    classes,
    task,
    train,
    val,
  }: {
    readonly classes: readonly string[];
    readonly task: ClassificationTask;
    readonly train: LabelledRecords;
    readonly val: LabelledRecords | undefined;
  },
  note: (text: string) => void,
): void {
  const named = (chosen: (k: number) => boolean): string =>
    classes.filter((_, k) => chosen(k)).join(", ");
  note(
    `${task}, ${classes.length} classes; ${train.ids.length} records to learn from, ${val?.ids.length ?? 0} to validate on`,
  );
  const absent = named((k) => train.counts[k]?.present === 0);
  if (absent !== "") note(`warning: no record to learn from has ${absent}`);
  const unknown = train.counts.reduce((sum, count) => sum + count.unknown, 0);
  if (unknown > 0) {
    note(
      `${unknown} of ${train.labels.length} labels to learn from are unknown and count for nothing; ${train.unlabelled} records have none at all`,
    );
  }
  if (val === undefined) {
    note("warning: no records of the split val: models are not compared, and the last one is kept");
    return;
  }
  const constant = named((k) => val.counts[k]?.present === 0 || val.counts[k]?.absent === 0);
  if (constant !== "") {
    note(`warning: the split val does not have both presence and absence of ${constant}`);
  }
}

function noLabels(records: number, task: ClassificationTask, folder: string): ManifestError {
  const key = task === "multi-label" ? "labels" : "class";
  return new ManifestError(
    `Cannot classify "${folder}": none of the ${records} records to learn from has a label that is known, and a ${task} run reads "${key}"; import the set with its label columns, or set data.task to the other kind`,
  );
}

function noTrainingRecords({ data }: ClassifyConfig, folder: string): ManifestError {
  const part = data.labels < 100 ? ` within ${data.labels} % of labels` : "";
  return new ManifestError(
    `Cannot classify "${folder}": it has no records of the split train with an image${part}; make splits with "ecamp data split"`,
  );
}
