/** @file The samples of classification: a record's picture, cropped or whole, grey, and what is known of its classes. */
import { join } from "node:path";
import { type DecodeOptions, decodeImage } from "../image/decode.ts";
import { type EvaluationViewOptions, evaluationView } from "../image/evaluation-view.ts";
import type { Raster } from "../image/raster.ts";
import { type TrainingViewOptions, trainingView } from "../image/training-view.ts";
import { ManifestError } from "../util/errors.ts";
import { RandomStream } from "../util/random.ts";
import type { Field, SampleJob, SampleRequest, SampleViews } from "./batch-job.ts";
import { DatasetIndex, type DatasetIndexHandle, type JoinedRecord } from "./dataset-index.ts";
import { type LabelOptions, labelsOf } from "./labels.ts";
import { siblingModule } from "./sibling-module.ts";
import type { JobReference } from "./worker-task.ts";

/** A view that is drawn anew in every epoch, or one that is always the same. */
export type ClassificationView =
  | ({ readonly kind: "training" } & TrainingViewOptions & { readonly size: number })
  | ({ readonly kind: "evaluation" } & EvaluationViewOptions);

/** What a worker needs to make the samples of classification: plain data. */
export interface ClassificationJobOptions {
  /** The records, by their index's handle. */
  readonly index: DatasetIndexHandle;
  /** The folder that image paths start from. */
  readonly imageRoot: string;
  readonly seed: number;
  readonly labels: LabelOptions;
  readonly view: ClassificationView;
  readonly decode?: DecodeOptions;
}

/** The arrays of a classification batch. S is the view's side, C the number of classes. */
export type ClassificationFields = {
  /** [S, S]: grey levels. */
  readonly image: Field<"u8">;
  /** [C]: 1 present, 0 absent, −1 unknown. */
  readonly labels: Field<"i32">;
};

/** What the loader is told, so that its workers make samples of classification. */
export function classificationJob(options: ClassificationJobOptions): JobReference {
  return { module: siblingModule("classification-job", import.meta.url).href, options };
}

class ClassificationJob implements SampleJob<ClassificationFields> {
  readonly fields: ClassificationFields;
  readonly #options: ClassificationJobOptions;
  readonly #index: DatasetIndex;

  constructor(options: ClassificationJobOptions) {
    const { view, labels } = options;
    this.#options = options;
    this.#index = new DatasetIndex(options.index);
    this.fields = {
      image: { dtype: "u8", shape: [view.size, view.size] },
      labels: { dtype: "i32", shape: [labels.classes.length] },
    };
  }

  async write(
    { record, epoch }: SampleRequest,
    views: SampleViews<ClassificationFields>,
  ): Promise<void> {
    const found = await this.#index.read(record);
    views.labels.set(labelsOf(found, this.#options.labels));
    views.image.set((await this.#view(found, epoch)).data);
  }

  async #view({ id, image }: JoinedRecord, epoch: number): Promise<Raster> {
    if (image === undefined) throw new ManifestError("it names no image");
    const { imageRoot, decode = {}, view, seed } = this.#options;
    const picture = await decodeImage(join(imageRoot, image), decode);
    if (view.kind === "evaluation") return evaluationView(picture, view);
    // A record's draws are a function of seed, epoch and record alone, whichever worker makes it.
    const stream = new RandomStream({ seed, name: `augment/${id}`, step: epoch });
    return trainingView(picture, view, () => stream.uniform()).image;
  }

  async identify(record: number): Promise<string> {
    return (await this.#index.read(record)).id;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#index[Symbol.asyncDispose]();
  }
}

/** Opens the job in a worker. The options are those that `classificationJob` was given. */
export async function openJob(
  options: ClassificationJobOptions,
): Promise<SampleJob<ClassificationFields>> {
  return new ClassificationJob(options);
}
