/** @file The linear probe: how well the labels of a dataset can be read, linearly, from frozen features of its pictures. */
import type { Split } from "../../data/record.ts";
import type { SixteenBit } from "../../image/sixteen-bit.ts";
import { aurocOf, meanOfClasses } from "../../metrics/auroc.ts";
import {
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
} from "../../metrics/bootstrap.ts";
import { countLabels, type LabelCounts } from "../../metrics/known-labels.ts";
import { eachOnce, type SampleStatistic } from "../../metrics/ranking.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type { FeatureExtractor } from "./features.ts";
import { type LabelledRecords, listProbeRecords, type ProbeRecords } from "./probe-records.ts";
import { type ClassScores, fitReadOut } from "./read-out.ts";

/** What is probed, and how. */
export interface ProbeOptions {
  /** A dataset folder with labels, or the one class of each record. */
  readonly dataset: string;
  readonly extract: FeatureExtractor;
  /** The splits whose records are scored, none of them seen in training. Default `["test"]`. */
  readonly scoredOn?: readonly Exclude<Split, "train">[];
  /** What becomes of 16-bit pictures; see `SixteenBit`. */
  readonly sixteenBit?: SixteenBit;
  /** Draws the held-out part and the resamples. Default 0. */
  readonly seed?: number;
  /** Resamples of an interval. Default 2000. */
  readonly resamples?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many of all pictures have been read. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** An area under the ROC curve; `null` where it is undefined. Plain JSON. */
export interface ScoredAuroc {
  readonly auroc: number | null;
  /** 95 % of the bootstrap over the scored patients; the training is taken as given. */
  readonly interval: Interval | null;
}

/** A class's result, with what it rests on. */
export interface ClassResult extends ScoredAuroc {
  readonly trained: LabelCounts;
  readonly scored: LabelCounts;
}

/** What a probe found. */
export interface ProbeResult {
  readonly scoredOn: readonly Split[];
  readonly records: { readonly trained: number; readonly scored: number };
  /** Features a picture. */
  readonly width: number;
  /** The penalty that was chosen: λ of `RidgePath`. */
  readonly penalty: number;
  /** In the order of the dataset's classes. */
  readonly classes: Readonly<Record<string, ClassResult>>;
  /** Over the classes that have an AUROC; `classes` is how many those are. */
  readonly mean: ScoredAuroc & { readonly classes: number };
}

/**
 * Fits a read-out on the records of split `train` and scores it on others. A record counts for a class when its label is known:
 * present or absent, not uncertain and not missing.
 *
 * @throws {ManifestError} when the dataset has no classes, no records in a split, or no class both present and absent in `train`
 * @throws {DecodeError | WeightsError} when a picture or the model cannot be used
 */
export async function linearProbe(options: ProbeOptions): Promise<ProbeResult> {
  const { scoredOn = ["test"], seed = 0, resamples } = options;
  const records = await listProbeRecords(options.dataset, scoredOn, options.signal);
  const { train, scored } = records;
  const features = await extractBoth(records, options);
  const readOut = fitReadOut({ ...train, features: features.train }, { seed });
  const scores = readOut.score(features.scored);
  return {
    scoredOn,
    records: { trained: train.files.length, scored: scored.files.length },
    width: features.train.shape[1] ?? 0,
    penalty: readOut.penalty,
    ...judge(scores, records, { seed, ...(resamples !== undefined && { resamples }) }),
  };
}

/** Features of either side, its pictures counted as one work. */
async function extractBoth(
  { dataset, train, scored }: ProbeRecords,
  { extract, sixteenBit = "range", signal, onProgress }: ProbeOptions,
): Promise<{ readonly train: NdArray<"f32">; readonly scored: NdArray<"f32"> }> {
  const total = train.files.length + scored.files.length;
  const decode = { sixteenBit, bitDepth: dataset.manifest.bitDepth };
  const read = ({ files }: LabelledRecords, before: number): Promise<NdArray<"f32">> =>
    extract(files, { decode, signal, onProgress: (done) => onProgress?.(before + done, total) });
  return { train: await read(train, 0), scored: await read(scored, train.files.length) };
}

/** AUROC and interval of every class and of their mean, on the same resamples of the patients. */
function judge(
  scores: ClassScores,
  { train, scored }: ProbeRecords,
  drawing: Pick<BootstrapOptions, "seed" | "resamples">,
): Pick<ProbeResult, "classes" | "mean"> {
  const { patients } = scored;
  const all = eachOnce(patients.length);
  const options = { ...drawing, name: "probe", groups: patients };
  const scoreOf = (statistic: SampleStatistic): ScoredAuroc => {
    const auroc = statistic(all);
    if (auroc === undefined) return { auroc: null, interval: null };
    return { auroc, interval: bootstrapInterval(patients.length, statistic, options) ?? null };
  };
  const classes: Record<string, ClassResult> = {};
  const defined: SampleStatistic[] = [];
  for (const [name, labels] of scored.labels) {
    const found = scores.get(name);
    const statistic = found === undefined ? () => undefined : aurocOf(found, labels);
    if (statistic(all) !== undefined) defined.push(statistic);
    const trained = countLabels(train.labels.get(name) ?? labels);
    classes[name] = { ...scoreOf(statistic), trained, scored: countLabels(labels) };
  }
  // In a resample, over the classes that have a value there.
  const mean = scoreOf((counts) => meanOfClasses(defined.map((statistic) => statistic(counts))));
  return { classes, mean: { ...mean, classes: defined.length } };
}
