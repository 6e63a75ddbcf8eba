/** @file Writes a dataset folder of synthetic radiographs with reports, distilled contexts and a tokenizer. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeJpeg, encodePng } from "../../image/encode.ts";
import type { Raster } from "../../image/raster.ts";
import { wordVocabulary } from "../../text/word-vocabulary.ts";
import type { ContextRecord, DatasetManifest, DatasetRecord, Split } from "../record.ts";
import { writeDataset } from "../write-dataset.ts";
import { contextOf, type FilmPaths, fileStem, recordOf, reportOf } from "./film-record.ts";
import { PHANTOM_CLASSES } from "./findings/finding.ts";
import { type Phantom, renderPhantom, requireFilmSize } from "./phantom.ts";

/** The form of the films' files. */
export type FilmFormat = "jpeg" | "png";

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

const JPEG_QUALITY = 95;
const DEFAULT_SIZE = 512;
const DEFAULT_VOCABULARY = 2048;
/** Films whose files are being written while the next is rendered. */
const FILMS_IN_FLIGHT = 4;
const EXTENSION: Readonly<Record<FilmFormat, string>> = { jpeg: "jpg", png: "png" };

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

/** Renders and writes films into one folder, and keeps what the other files need. */
class FilmWriter {
  readonly #folder: string;
  readonly #options: SynthesizeDatasetOptions;
  readonly #made = new Set<string>();
  readonly contexts: ContextRecord[] = [];
  readonly trainingTexts: string[] = [];

  constructor(folder: string, options: SynthesizeDatasetOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Yields the records in order; up to four films' files are written meanwhile. */
  async *records(): AsyncGenerator<DatasetRecord> {
    const pending: Promise<DatasetRecord>[] = [];
    try {
      for (let index = 0; index < this.#options.count; index++) {
        this.#options.signal?.throwIfAborted();
        const film = this.#write(index);
        // Its failure is thrown when its turn comes, not before.
        film.catch(() => undefined);
        pending.push(film);
        if (pending.length < FILMS_IN_FLIGHT) continue;
        const [oldest] = pending.splice(0, 1);
        if (oldest !== undefined) yield await oldest;
      }
      for (const record of pending) yield await record;
    } finally {
      // Whatever ended the loop, no file may be written after the folder has been given up.
      await Promise.allSettled(pending);
    }
  }

  async #write(index: number): Promise<DatasetRecord> {
    const { seed = 0, size = DEFAULT_SIZE } = this.#options;
    const key = { seed, index };
    const phantom = renderPhantom({ ...key, size });
    const written = reportOf(key, phantom);
    this.contexts.push(contextOf(key, written));
    const paths = await this.#writePictures(fileStem(key), phantom);
    const record = recordOf(key, { phantom, report: written.report, paths });
    if (record.split === "train") this.trainingTexts.push(written.report, written.context);
    return record;
  }

  async #writePictures(stem: string, phantom: Phantom): Promise<FilmPaths> {
    const { format = "jpeg", anatomyMasks = "none" } = this.#options;
    const image = `images/${stem}.${EXTENSION[format]}`;
    const anatomy =
      anatomyMasks === "all" ? { Lungs: phantom.anatomy.lungs, Heart: phantom.anatomy.heart } : {};
    const masks = Object.entries({ ...phantom.masks, ...anatomy }).map(
      ([name, mask]) => [name, `masks/${name}/${stem}.png`, mask] as const,
    );
    await Promise.all([
      this.#save(image, await this.#encodeFilm(phantom.film, format)),
      ...masks.map(async ([, path, mask]) => this.#save(path, await encodePng(mask))),
    ]);
    return { image, masks: Object.fromEntries(masks.map(([name, path]) => [name, path])) };
  }

  async #encodeFilm(film: Raster, format: FilmFormat): Promise<Uint8Array> {
    return format === "png" ? encodePng(film) : encodeJpeg(film, { quality: JPEG_QUALITY });
  }

  async #save(path: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.#folder, path);
    const parent = join(target, "..");
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
  const { out, count, size = DEFAULT_SIZE, created = new Date(0), signal } = options;
  requireCount(count);
  requireFilmSize(size);
  const counter = new SummaryCounter();
  const contexts: ContextRecord[] = [];
  let vocabulary = 0;
  const records = async function* (folder: string): AsyncGenerator<DatasetRecord> {
    const writer = new FilmWriter(folder, options);
    for await (const record of writer.records()) {
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
