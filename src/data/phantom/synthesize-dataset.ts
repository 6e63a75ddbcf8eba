/** @file Writes a dataset folder of synthetic radiographs with reports, distilled contexts and a tokenizer. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { wordVocabulary } from "../../text/word-vocabulary.ts";
import type { ContextRecord, DatasetManifest, DatasetRecord, Split } from "../record.ts";
import { writeDataset } from "../write-dataset.ts";
import { type FilmMakers, openFilmMakers } from "./film-makers.ts";
import { PHANTOM_CLASSES } from "./findings/finding.ts";
import type { FilmFormat, MadeFilm, PictureFile } from "./make-film.ts";
import { requireFilmSize } from "./phantom.ts";

export type { FilmFormat } from "./make-film.ts";

/** What is synthesized. */
export interface SynthesizeDatasetOptions {
  /** The folder to make: new, or empty. */
  readonly out: string;
  /** Films, from 1. Film i is the same in a set of any size. */
  readonly count: number;
  /** A whole number from 0. Default 0. */
  readonly seed?: number;
  /** Pixels of a film's side. Default 512. */
  readonly size?: number;
  /** Default `jpeg`, at a quality at which no difference is seen and a third of the size; masks are always PNG. */
  readonly format?: FilmFormat;
  /** Whether to write the masks of lungs and heart for every film too. Default `none`. */
  readonly anatomyMasks?: "all" | "none";
  /** The most tokens of `tokenizer.json`. Default 2048; the texts have a few hundred words. */
  readonly vocabularySize?: number;
  /** Threads that render; with 0, the default, films are rendered in this one. The bytes do not depend on it. */
  readonly workers?: number;
  /** The date and time to note. By default a fixed one, so that the folder's bytes follow from the other options. */
  readonly created?: Date;
  /** Told after every film how many are done. */
  readonly onProgress?: (films: number) => void;
  /** Stops the work; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** What a synthesized set holds. */
export interface SynthesisSummary {
  readonly films: number;
  readonly splits: Readonly<Record<Split, number>>;
  /** Films that show each class. */
  readonly positives: Readonly<Record<string, number>>;
  readonly vocabulary: number;
}

/** The tokenizer's file, beside `dataset.json`. */
export const TOKENIZER_FILE = "tokenizer.json";

/** Mean and standard deviation of grey levels in [0, 1] over a thousand films of 256 pixels. */
export const PHANTOM_NORMALIZATION: { readonly mean: number; readonly std: number } = {
  mean: 0.477,
  std: 0.274,
};

const DEFAULT_SIZE = 512;
const DEFAULT_VOCABULARY = 2048;

function manifestOf(created: Date): DatasetManifest {
  return {
    format: 1,
    name: "Synthetic chest radiographs",
    licence: "CC0-1.0",
    privacy: "public",
    imageRoot: ".",
    task: ["pretrain", "classify", "segment", "detect"],
    classes: PHANTOM_CLASSES,
    normalization: PHANTOM_NORMALIZATION,
    importer: "synth",
    created: created.toISOString(),
  };
}

/** Writes films into one folder in their order, and keeps what the other files need. */
class FilmWriter {
  readonly #folder: string;
  readonly #makers: FilmMakers;
  readonly #made = new Set<string>();
  readonly contexts: ContextRecord[] = [];
  readonly trainingTexts: string[] = [];

  constructor(folder: string, makers: FilmMakers) {
    this.#folder = folder;
    this.#makers = makers;
  }

  /** Yields the records in order; as many films are in work as the makers have room for. */
  async *records(count: number, signal: AbortSignal | undefined): AsyncGenerator<DatasetRecord> {
    const pending: Promise<MadeFilm>[] = [];
    try {
      for (let index = 0; index < count; index++) {
        signal?.throwIfAborted();
        const film = this.#write(index);
        // Its failure is thrown when its turn comes, not before.
        film.catch(() => undefined);
        pending.push(film);
        if (pending.length < this.#makers.capacity) continue;
        const [oldest] = pending.splice(0, 1);
        if (oldest !== undefined) yield this.#keep(await oldest);
      }
      for (const film of pending) yield this.#keep(await film);
    } finally {
      // Whatever ended the loop, no file may be written after the folder has been given up.
      await Promise.allSettled(pending);
    }
  }

  async #write(index: number): Promise<MadeFilm> {
    const film = await this.#makers.make(index);
    await Promise.all(film.pictures.map((picture) => this.#save(picture)));
    return film;
  }

  #keep({ record, context }: MadeFilm): DatasetRecord {
    this.contexts.push(context);
    if (record.split === "train") this.trainingTexts.push(record.report ?? "", context.context);
    return record;
  }

  async #save({ path, bytes }: PictureFile): Promise<void> {
    const target = join(this.#folder, path);
    const parent = dirname(target);
    if (!this.#made.has(parent)) {
      await mkdir(parent, { recursive: true });
      this.#made.add(parent);
    }
    await writeFile(target, bytes, { flag: "wx" });
  }
}

/** Counts what the records say. */
class SummaryCounter {
  readonly #splits: Record<Split, number> = { train: 0, val: 0, test: 0 };
  readonly #positives = new Map<string, number>(PHANTOM_CLASSES.map((name) => [name, 0]));
  #films = 0;

  add({ split, labels = {} }: DatasetRecord): number {
    this.#films += 1;
    if (split !== undefined) this.#splits[split] += 1;
    for (const [name, count] of this.#positives) {
      if (labels[name] === 1) this.#positives.set(name, count + 1);
    }
    return this.#films;
  }

  summary(vocabulary: number): SynthesisSummary {
    const positives = Object.fromEntries(this.#positives);
    return { films: this.#films, splits: this.#splits, positives, vocabulary };
  }
}

function requireCount(count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new RangeError(`Cannot synthesize ${count} films: a whole number from 1 expected`);
}

function requireWorkers(workers: number): void {
  if (Number.isSafeInteger(workers) && workers >= 0) return;
  throw new RangeError(
    `Cannot synthesize films with ${workers} workers: a whole number from 0 expected`,
  );
}

/**
 * Writes a dataset folder of synthetic films: pictures, masks, `records.jsonl`, `context.jsonl`, `dataset.json` and
 * `tokenizer.json` (words of the training texts). The folder appears whole or not at all, and its bytes follow from the
 * options.
 * @throws {RangeError} when a number is out of range
 * @throws {EcampError} when `out` is occupied or cannot be written
 */
export async function synthesizeDataset(
  options: SynthesizeDatasetOptions,
): Promise<SynthesisSummary> {
  const { out, count, size = DEFAULT_SIZE, created = new Date(0), signal, workers = 0 } = options;
  requireCount(count);
  requireFilmSize(size);
  requireWorkers(workers);
  const { seed = 0, format = "jpeg", anatomyMasks = "none" } = options;
  const counter = new SummaryCounter();
  const contexts: ContextRecord[] = [];
  let vocabulary = 0;
  const records = async function* (folder: string): AsyncGenerator<DatasetRecord> {
    await using makers = openFilmMakers(
      { seed, size, format, anatomyMasks },
      Math.min(workers, count),
    );
    const writer = new FilmWriter(folder, makers);
    for await (const record of writer.records(count, signal)) {
      yield record;
      const films = counter.add(record);
      options.onProgress?.(films);
    }
    contexts.push(...writer.contexts);
    const tokenizer = wordVocabulary(writer.trainingTexts, {
      size: options.vocabularySize ?? DEFAULT_VOCABULARY,
    });
    vocabulary = Object.keys(tokenizer.model.vocab).length;
    await writeFile(join(folder, TOKENIZER_FILE), `${JSON.stringify(tokenizer, undefined, 2)}\n`);
  };
  await writeDataset({
    out,
    manifest: manifestOf(created),
    records,
    context: contexts,
    ...(signal === undefined ? {} : { signal }),
  });
  return counter.summary(vocabulary);
}
