/** @file The samples of pre-training: a record's picture, cropped and grey, and its report, mixed, masked and weighed. */
import { join } from "node:path";
import type { DecodeOptions } from "../image/decode.ts";
import { decodeImage } from "../image/decode.ts";
import type { TrainingView, TrainingViewOptions } from "../image/training-view.ts";
import { trainingView } from "../image/training-view.ts";
import type { PretrainingText, PretrainingTextRules } from "../text/pretraining-text.ts";
import { swapSides } from "../text/swap-sides.ts";
import { type PretrainingTextSettings, settingsRules } from "../text/text-settings.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { ManifestError } from "../util/errors.ts";
import type { Field, SampleJob, SampleRequest, SampleViews } from "./batch-job.ts";
import type { DatasetIndexHandle, JoinedRecord } from "./dataset-index.ts";
import { DatasetIndex } from "./dataset-index.ts";
import { type DrawKey, drawsOf, recordText } from "./record-text.ts";
import { siblingModule } from "./sibling-module.ts";
import type { JobReference } from "./worker-task.ts";

/** What a worker needs to make the samples of pre-training: plain data. */
export interface PretrainingJobOptions {
  /** The records, by their index's handle. */
  readonly index: DatasetIndexHandle;
  /** The folder that image paths start from. */
  readonly imageRoot: string;
  /** A Hugging Face `tokenizer.json`. */
  readonly tokenizer: string;
  readonly seed: number;
  readonly text: PretrainingTextSettings;
  readonly view?: TrainingViewOptions;
  readonly decode?: DecodeOptions;
}

/** The arrays of a pre-training batch. S is the view's side, T the text's length. */
export type PretrainingFields = {
  /** [S, S]: grey levels. */
  readonly image: Field<"u8">;
  /** [T]: the masked text. */
  readonly ids: Field<"i32">;
  /** [T]: the text. */
  readonly labels: Field<"i32">;
  /** [T]: 1 on tokens of the text, 0 on padding. */
  readonly attentionMask: Field<"f32">;
  /** [T]: loss weights. */
  readonly tokenWeights: Field<"f32">;
  /** []: how many of the T are tokens of the text. */
  readonly length: Field<"i32">;
  /** []: the window's top left corner in super-patches; (1, 1), the middle, where none is known. */
  readonly windowTop: Field<"i32">;
  readonly windowLeft: Field<"i32">;
};

const VIEW_SIZE = 448;
const MIDDLE_WINDOW = { row: 1, column: 1 } as const;

/** What the loader is told, so that its workers make samples of pre-training. */
export function pretrainingJob(options: PretrainingJobOptions): JobReference {
  return { module: siblingModule("pretraining-job", import.meta.url).href, options };
}

/** The arrays of a batch for a text length and a side of the view. */
export function pretrainingFields(tokens: number, size: number = VIEW_SIZE): PretrainingFields {
  return {
    image: { dtype: "u8", shape: [size, size] },
    ids: { dtype: "i32", shape: [tokens] },
    labels: { dtype: "i32", shape: [tokens] },
    attentionMask: { dtype: "f32", shape: [tokens] },
    tokenWeights: { dtype: "f32", shape: [tokens] },
    length: { dtype: "i32", shape: [] },
    windowTop: { dtype: "i32", shape: [] },
    windowLeft: { dtype: "i32", shape: [] },
  };
}

class PretrainingJob implements SampleJob<PretrainingFields> {
  readonly fields: PretrainingFields;
  readonly #options: PretrainingJobOptions;
  readonly #index: DatasetIndex;
  readonly #rules: PretrainingTextRules;

  constructor(options: PretrainingJobOptions, rules: PretrainingTextRules) {
    this.#options = options;
    this.#rules = rules;
    this.#index = new DatasetIndex(options.index);
    this.fields = pretrainingFields(rules.tokens, options.view?.size);
  }

  async write(
    { record, epoch }: SampleRequest,
    views: SampleViews<PretrainingFields>,
  ): Promise<void> {
    const found = await this.#index.read(record);
    const key = { id: found.id, epoch, seed: this.#options.seed };
    const { image, flipped } = await this.#view(found, key);
    views.image.set(image.data);
    const { ids, maskedIds, length, weights } = this.#text(found, { key, flipped });
    views.ids.set(maskedIds);
    views.labels.set(ids);
    views.attentionMask.fill(1, 0, length).fill(0, length);
    views.tokenWeights.set(weights);
    const { row, column } = found.window ?? MIDDLE_WINDOW;
    views.length[0] = length;
    views.windowTop[0] = row;
    views.windowLeft[0] = column;
  }

  /** The picture's view, [S, S]. */
  async #view({ image }: JoinedRecord, key: DrawKey): Promise<TrainingView> {
    if (image === undefined) throw new ManifestError("it names no image");
    const { imageRoot, decode = {}, view = {} } = this.#options;
    const picture = await decodeImage(join(imageRoot, image), decode);
    return trainingView(picture, view, drawsOf("augment", key));
  }

  #text(
    { report, context = "" }: JoinedRecord,
    { key, flipped }: { readonly key: DrawKey; readonly flipped: boolean },
  ): PretrainingText {
    if (report === undefined) throw new ManifestError("it has no report");
    const swaps = flipped && this.#options.text.swapsSides === true;
    const pair = swaps
      ? { report: swapSides(report), context: swapSides(context) }
      : { report, context };
    return recordText(pair, this.#rules, key);
  }

  async identify(record: number): Promise<string> {
    return (await this.#index.read(record)).id;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#index[Symbol.asyncDispose]();
  }
}

/** Opens the job in a worker. The options are those that `pretrainingJob` was given. */
export async function openJob(
  options: PretrainingJobOptions,
): Promise<SampleJob<PretrainingFields>> {
  const tokenizer = await loadTokenizer(options.tokenizer);
  return new PretrainingJob(options, settingsRules(tokenizer, options.text));
}
