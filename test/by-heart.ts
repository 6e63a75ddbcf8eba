/** @file Eight synthetic films that a model is to know by heart: learnt from and judged on. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synthesizeDataset } from "../src/data/phantom/synthesize-dataset.ts";
import type { DatasetRecord } from "../src/data/record.ts";
import type { DownstreamConfig } from "../src/recipes/downstream-config.ts";
import type { DenseTrainOptions } from "../src/recipes/segment-config.ts";

/** Of ten films eight are to learn from. */
const FILMS = 10;

/** Writes the films with masks of lungs and heart and the findings' boxes; the split val has the same films again, under other ids. */
export async function writeFilmsByHeart(size: number): Promise<{ root: string; data: string }> {
  const root = await mkdtemp(join(tmpdir(), "by-heart-"));
  const data = join(root, "data");
  const drawn = { count: FILMS, size, seed: 5, format: "png", anatomyMasks: "all" } as const;
  await synthesizeDataset({ out: data, ...drawn });
  const file = join(data, "records.jsonl");
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const films = lines
    .map((line): DatasetRecord => JSON.parse(line))
    .filter(({ split }) => split === "train");
  const again = films.map((film) => ({ ...film, id: `${film.id}-again`, split: "val" }));
  await writeFile(file, [...films, ...again].map((film) => `${JSON.stringify(film)}\n`).join(""));
  return { root, data };
}

/** What differs from a run's defaults: a small drawn encoder, frozen; all films in every update, always as they are. */
export const BY_HEART: {
  readonly run: Partial<DownstreamConfig["run"]>;
  readonly model: Pick<DownstreamConfig["model"], "size" | "imageSize">;
  readonly train: Partial<DenseTrainOptions>;
  readonly data: { readonly probability: number; readonly workers: number };
} = {
  run: { allowLeak: true, threads: 2 },
  model: { size: "demo", imageSize: 64 },
  train: {
    ...{ batch: 8, steps: 100, warmupSteps: 10, lr: 2e-3, weightDecay: 0 },
    ...{ validateUpdates: 50, patience: null },
  },
  data: { probability: 0, workers: 0 },
};
