/** @file Phantoms that the runs of a study share, and what tells them from those of another version of the generator. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  type SynthesizeDatasetOptions,
  synthesizeDataset,
} from "../../src/data/phantom/synthesize-dataset.ts";
import type { RunContext } from "../harness/study.ts";

/** Which films: everything that their pixels and reports follow from. */
export type FilmSet = Required<Pick<SynthesizeDatasetOptions, "count" | "size" | "seed">>;

/** A folder of films, and what tells it from the films of another version of the generator. */
export interface Films {
  readonly dataset: string;
  readonly digest: string;
}

/** The films, made once for all runs: film i is the same in a set of any size, so two of them say which films these are. */
export async function phantomFilms(
  films: FilmSet,
  { folder, cache, signal, progress }: RunContext,
): Promise<Films> {
  const sample = join(folder, "sample");
  await synthesizeDataset({ ...films, count: 2, out: sample, signal });
  const hash = createHash("sha256").update(JSON.stringify(films));
  for (const file of (await readdir(sample, { recursive: true })).sort()) {
    const path = join(sample, file);
    if ((await stat(path)).isFile()) hash.update(file).update(await readFile(path));
  }
  const digest = hash.digest("hex").slice(0, 12);
  const dataset = join(cache, `films-${digest}`);
  if (existsSync(dataset)) return { dataset, digest };
  const onProgress = (done: number): void => progress(`film ${done} of ${films.count}`);
  const workers = availableParallelism();
  await synthesizeDataset({ ...films, out: dataset, workers, onProgress, signal });
  return { dataset, digest };
}
