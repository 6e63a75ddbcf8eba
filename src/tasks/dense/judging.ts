/** @file How the models of a dense task are judged: what is kept of each record, which figures follow, what is drawn. */
import type { z } from "zod";
import type { Dataset } from "../../data/dataset.ts";
import type { JoinedRecord } from "../../data/dataset-index.ts";
import type { OverlayOptions } from "../../image/overlay.ts";
import type { PixelSize } from "../../image/raster.ts";
import type { DenseFigures } from "../../metrics/dense-report.ts";
import type { ModelFormat, PictureDescription } from "../finetune/model-description.ts";
import type { DenseConfig, DenseFields, DenseHead, DenseTask } from "./dense-task.ts";
import type { RunBatch } from "./run-split.ts";

/** What is known of records beside what a model says of them. */
export interface JudgedRecords<Line> {
  readonly ids: readonly string[];
  readonly groups: readonly string[];
  readonly classes: readonly string[];
  /** By record. */
  readonly lines: readonly Line[];
}

/** How figures are made. */
export interface FigureOptions {
  /** A lesion that covers less than this share of its picture is small. */
  readonly smallBelow: number;
}

/** What may be chosen where a model is judged. */
export interface JudgingChoices {
  /** Of a detector: boxes below it are no detections; the model's own if absent. */
  readonly minObjectness?: number | undefined;
}

/** A batch that was run. */
export type Judged<F extends DenseFields> = Omit<RunBatch<F>, "index">;

/** A model that can be judged. */
export interface OpenJudging<Config, F extends DenseFields, Line> {
  readonly head: DenseHead<F>;
  /** Side of its image, in pixels. */
  readonly imageSize: number;
  readonly classes: readonly string[];
  /** What is kept of each row that counts, in their order. */
  readonly linesOf: (run: Judged<F>) => readonly Line[];
  /** What is drawn over the picture of a row. */
  readonly overlay: (
    run: Judged<F>,
    row: number,
    of: DrawnCase<Config, Line>,
  ) => Promise<OverlayOptions>;
}

/** One picture to draw over. */
export interface DrawnCase<Config, Line> {
  readonly config: Config;
  readonly record: JoinedRecord;
  readonly dataset: Pick<Dataset, "imageRoot" | "maskRoot">;
  /** Of the picture's file. */
  readonly size: PixelSize;
  readonly line: Line;
}

/** A kind of dense model, with what its figures are made of. `Line` is plain JSON. */
export interface DenseJudging<
  Config extends DenseConfig,
  F extends DenseFields,
  Description extends PictureDescription,
  Line,
  Name extends string,
> {
  /** Of the figures' file. */
  readonly kind: "segment" | "detect";
  readonly task: DenseTask<Config, F>;
  readonly format: ModelFormat<Description>;
  readonly open: (
    description: Description,
    choices: JudgingChoices,
  ) => OpenJudging<Config, F, Line>;
  readonly lineSchema: z.ZodType<Line>;
  /** Do two models' lines of a record say the same of what is there? Else their figures are of different questions. */
  readonly sameTruth: (first: Line, second: Line) => boolean;
  readonly figures: (records: JudgedRecords<Line>, options: FigureOptions) => DenseFigures<Name>;
  /** What `caseScore` is called. */
  readonly caseScoreName: string;
  /** How good a prediction of one picture is, from 0 to 1: by which cases to draw are chosen. */
  readonly caseScore: (line: Line, classes: readonly string[]) => number;
}
