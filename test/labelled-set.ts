/** @file Small labelled datasets of noise in which one half of a picture is brighter, for tests of classification. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetRecord, Split } from "../src/data/record.ts";
import { encodePng } from "../src/image/encode.ts";
import { raster } from "../src/image/raster.ts";
import { RandomStream } from "../src/util/random.ts";

/** What was drawn for a record. */
export interface DrawnRecord {
  readonly i: number;
  /** Is the upper half of the picture brighter than the lower? A flip does not change it. */
  readonly upper: boolean;
  /** A coin. */
  readonly coin: boolean;
}

/** What a set is made of. */
export interface LabelledSetOptions {
  readonly folder: string;
  readonly count: number;
  /** The side of a picture in pixels. */
  readonly side: number;
  readonly classes?: readonly string[];
  /** Fields of `dataset.json` beside the usual ones. */
  readonly manifest?: object;
  /** What a record claims; its id, picture and split (half train, a quarter each val and test) are given. */
  readonly describe: (drawn: DrawnRecord) => Partial<DatasetRecord>;
}

const splitOf = (i: number): Split => (i % 4 === 0 ? "test" : i % 4 === 1 ? "val" : "train");

/** Writes a dataset folder and gives its path. */
export async function writeLabelledSet({
  folder,
  count,
  side,
  classes = ["Upper", "Coin"],
  manifest = {},
  describe,
}: LabelledSetOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const stream = new RandomStream({ seed: 7, name: "labelled set" });
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const drawn = { i, upper: stream.uniform() < 0.5, coin: stream.uniform() < 0.5 };
    const data = Uint8Array.from({ length: side * side }, (_, at) => {
      const bright = at < (side * side) / 2 === drawn.upper;
      return stream.integer(120) + (bright ? 130 : 0);
    });
    const picture = raster({ width: side, height: side, channels: 1, data });
    await writeFile(join(folder, `${i}.png`), await encodePng(picture));
    const record = { id: `r${i}`, image: `${i}.png`, split: splitOf(i), ...describe(drawn) };
    lines.push(JSON.stringify(record));
  }
  await writeFile(join(folder, "records.jsonl"), `${lines.join("\n")}\n`);
  const described = {
    ...{ format: 1, name: "noise", licence: "CC0-1.0", privacy: "public", imageRoot: "." },
    ...{ task: ["classify"], classes, importer: "test", created: "2020-01-01T00:00:00Z" },
    ...manifest,
  };
  await writeFile(join(folder, "dataset.json"), JSON.stringify(described));
  return folder;
}
