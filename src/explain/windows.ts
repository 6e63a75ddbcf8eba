/** @file `ecamp windows`: the super-resolution window of every record, by where its text looks in its picture (SPEC 3.3). */
import type { Dataset } from "../data/dataset.ts";
import { fileMode } from "../data/dataset-files.ts";
import type { DatasetIndex } from "../data/dataset-index.ts";
import { mapInOrder } from "../data/map-in-order.ts";
import type { Device } from "../engine/runtime/device.ts";
import { mapOfPicture } from "../image/attention-window.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { DecodeError, ExecutionError } from "../util/errors.ts";
import { zeros } from "../util/nd-array.ts";
import { sha256 } from "../util/sha256.ts";
import { meanAttention } from "./attention-map.ts";
import { CrossAttention } from "./cross-attention.ts";
import type { ReportModel } from "./report-model.ts";
import { type MadeWindow, madeWindow, WindowFile } from "./window-file.ts";
import {
  attendingText,
  attendingWords,
  encodeText,
  readWholeView,
  type WindowSample,
} from "./window-samples.ts";

/** What is looked at, with what, and where the windows go. */
export interface WindowsOptions {
  readonly dataset: Dataset;
  readonly model: ReportModel;
  readonly tokenizer: Tokenizer;
  readonly device: Device;
  /** The file that is written, or gone on with. */
  readonly out: string;
  /** Pairs at once. */
  readonly batch: number;
  /** Make every window anew, whoever made those that `out` holds? */
  readonly force: boolean;
  /** What becomes of a record whose picture cannot be read. */
  readonly onBadRecord: "error" | "skip";
  /** Stops the work after the batch in flight. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: WindowsEvent) => void;
}

/** Something that a person may want to see while it happens. */
export type WindowsEvent =
  | { readonly kind: "note"; readonly text: string }
  /** How many windows are to be made, and how many stand already. */
  | { readonly kind: "started"; readonly total: number; readonly kept: number }
  /** How many of the records have been gone through. */
  | { readonly kind: "done"; readonly done: number };

/** What became of the records. */
export interface WindowsSummary {
  readonly out: string;
  readonly records: number;
  readonly made: number;
  /** Made before, of the same text by the same model. */
  readonly kept: number;
  readonly withoutImage: number;
  /** Without a context and without a report. */
  readonly withoutText: number;
  /** Whose text has no word that the vocabulary knows. */
  readonly withoutWords: number;
  /** Whose picture could not be read. */
  readonly unreadable: number;
  /** The mean part of the attention that lies in the windows made now; null where none was. */
  readonly meanShare: number | null;
}

/** Pictures that are read while the model looks at others. */
const IN_FLIGHT = 4;

/**
 * Makes the windows that `out` lacks, and replaces the file as a whole when all are made. A window of another text is made anew.
 * Killed at any time, it loses no more than the batch in flight; called again, it goes on, and does nothing twice. (One process
 * at a time: whoever calls this holds a lock.)
 * @throws {ConfigError} when `out` holds another model's windows and `force` is not given
 * @throws {ConfigError | ManifestError} when `out` or the dataset cannot be used, a stale context among them
 * @throws {DecodeError} naming the record, when a picture cannot be read and none may be skipped
 * @throws {ExecutionError} when attention is not finite
 */
export async function makeWindows(options: WindowsOptions): Promise<WindowsSummary> {
  const { dataset, model, out, force, signal, onEvent } = options;
  const mode = fileMode(dataset.manifest.privacy);
  await using file = await WindowFile.open(out, { mode, force, modelHash: model.hash });
  const filter = { checkContexts: true, withoutWindows: true } as const;
  await using index = await dataset.index(filter, signal);
  const plan = await planWindows(index, file, options);
  const dropped = file.countWithout(plan.kept);
  if (dropped > 0) {
    onEvent({
      kind: "note",
      text: `"${out}": ${dropped} windows of other texts, other records or by another model are made anew or left out`,
    });
  }
  const { wanted, kept, withoutImage, withoutText } = plan;
  onEvent({ kind: "started", total: wanted.length, kept: kept.size });
  const { ids, ...made } = await new WindowMaker(options, { file, index }).make(wanted);
  const done = new Set([...kept, ...ids]);
  await file.finish(plan.ids.filter((id) => done.has(id)));
  const counts = { records: index.size, kept: kept.size, withoutImage, withoutText };
  return { out, ...counts, ...made };
}

interface WindowsPlan {
  /** The ids of the records that can have a window, in order. */
  readonly ids: readonly string[];
  /** The positions of the records whose window is to be made. */
  readonly wanted: readonly number[];
  /** The ids of those whose window stands. */
  readonly kept: ReadonlySet<string>;
  readonly withoutImage: number;
  readonly withoutText: number;
}

async function planWindows(
  index: DatasetIndex,
  file: WindowFile,
  { signal }: WindowsOptions,
): Promise<WindowsPlan> {
  const ids: string[] = [];
  const wanted: number[] = [];
  const kept = new Set<string>();
  let [withoutImage, withoutText] = [0, 0];
  for (let position = 0; position < index.size; position++) {
    signal.throwIfAborted();
    const record = await index.read(position);
    const text = attendingText(record);
    if (record.image === undefined) withoutImage += 1;
    else if (text === undefined) withoutText += 1;
    else {
      ids.push(record.id);
      const made = file.originOf(record.id);
      if (made?.textHash === sha256(text)) kept.add(record.id);
      else wanted.push(position);
    }
  }
  return { ids, wanted, kept, withoutImage, withoutText };
}

interface WindowsMade
  extends Pick<WindowsSummary, "made" | "withoutWords" | "unreadable" | "meanShare"> {
  /** Of which records. */
  readonly ids: readonly string[];
}

/** Goes through records a batch at a time. */
class WindowMaker {
  readonly #options: WindowsOptions;
  readonly #file: WindowFile;
  readonly #index: DatasetIndex;
  #withoutWords = 0;
  #unreadable = 0;

  constructor(
    options: WindowsOptions,
    { file, index }: { readonly file: WindowFile; readonly index: DatasetIndex },
  ) {
    this.#options = options;
    this.#file = file;
    this.#index = index;
  }

  /** Makes the windows of the records at these positions. */
  async make(positions: readonly number[]): Promise<WindowsMade> {
    const { model, device, batch, signal, onEvent } = this.#options;
    const ids: string[] = [];
    let [share, done] = [0, 0];
    if (positions.length > 0) {
      await using attention = await CrossAttention.compile(model, { device, batch });
      let waiting: WindowSample[] = [];
      for await (const sample of mapInOrder(positions, IN_FLIGHT, (at) => this.#read(at))) {
        signal.throwIfAborted();
        done += 1;
        if (sample !== undefined) waiting.push(sample);
        if (waiting.length < batch && done < positions.length) continue;
        const windows = await this.#look(attention, waiting);
        await this.#file.append(windows);
        ids.push(...windows.map(({ id }) => id));
        share = windows.reduce((sum, window) => sum + window.share, share);
        waiting = [];
        onEvent({ kind: "done", done });
      }
    }
    const counts = { withoutWords: this.#withoutWords, unreadable: this.#unreadable };
    const made = ids.length;
    return { ids, made, ...counts, meanShare: made === 0 ? null : share / made };
  }

  /** What the model is given of a record; undefined, counted and told where that is nothing. */
  async #read(position: number): Promise<WindowSample | undefined> {
    const { dataset, model, tokenizer, onBadRecord, onEvent } = this.#options;
    const { positions, bigImageSize } = model.config;
    const record = await this.#index.read(position);
    const { id, image = "" } = record;
    const text = attendingText(record) ?? "";
    const encoding = encodeText(text, tokenizer, positions);
    const words = attendingWords(encoding, tokenizer);
    if (words.length === 0) {
      this.#withoutWords += 1;
      return undefined;
    }
    try {
      const view = await readWholeView(dataset, image, bigImageSize);
      return { id, textHash: sha256(text), ...encoding, words, image: view };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const message = `Cannot make a window of record "${id}": ${error.message}`;
      if (onBadRecord === "error") throw new DecodeError(message, { cause: error });
      this.#unreadable += 1;
      onEvent({ kind: "note", text: message });
      return undefined;
    }
  }

  /** The windows of a batch, which the last may not fill. */
  async #look(
    attention: CrossAttention,
    samples: readonly WindowSample[],
  ): Promise<readonly MadeWindow[]> {
    if (samples.length === 0) return [];
    const { model } = this.#options;
    const { positions, bigImageSize: side } = model.config;
    const image = zeros("u8", [attention.batch, side, side]);
    const ids = zeros("i64", [attention.batch, positions]);
    const attentionMask = zeros("f32", [attention.batch, positions]);
    for (const [row, sample] of samples.entries()) {
      image.data.set(sample.image, row * side * side);
      ids.data.set(BigInt64Array.from(sample.ids, BigInt), row * positions);
      attentionMask.data.fill(1, row * positions, row * positions + sample.length);
    }
    const probs = await attention.run({ image, ids, attentionMask });
    return samples.map(({ id, textHash, words }, pair) => {
      const map = mapOfPicture(
        attentionOf(id, () => meanAttention(probs, { pair, tokens: words })),
      );
      return madeWindow(id, { modelHash: model.hash, textHash, map });
    });
  }
}

/** Says of which record attention could not be used. */
function attentionOf<T>(id: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    const message = `Cannot make a window of record "${id}": ${error.message}`;
    throw new ExecutionError(message, { cause: error });
  }
}
