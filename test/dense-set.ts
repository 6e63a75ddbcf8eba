/** @file Small datasets of noise with a bright block in each picture, its mask and its box, for tests of segmentation and detection. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Box, DatasetRecord, Split } from "../src/data/record.ts";
import { decodeImage } from "../src/image/decode.ts";
import { encodePng } from "../src/image/encode.ts";
import { maskOfBoxes } from "../src/image/mask.ts";
import { type PixelSize, type Raster, raster } from "../src/image/raster.ts";
import { RandomStream } from "../src/util/random.ts";

/** The class that is drawn, and one that never is. */
export const DENSE_CLASSES: readonly string[] = ["Block", "Ghost"];

/** What was drawn for a record. */
export interface DrawnBlock {
  readonly i: number;
  /** The block, of class `Block`. */
  readonly box: Box;
  /** The path of its mask, which is always written. */
  readonly mask: string;
}

/** What a set is made of. */
export interface DenseSetOptions extends PixelSize {
  readonly folder: string;
  readonly count: number;
  /** What a record claims; its id, picture and split (half train, a quarter each val and test) are given. */
  readonly describe: (drawn: DrawnBlock) => Partial<DatasetRecord>;
}

const splitOf = (i: number): Split => (i % 4 === 0 ? "test" : i % 4 === 1 ? "val" : "train");

/** Writes a dataset folder and gives its path. */
export async function writeDenseSet(options: DenseSetOptions): Promise<string> {
  const { folder, count, width, height, describe } = options;
  await mkdir(folder, { recursive: true });
  const stream = new RandomStream({ seed: 11, name: "dense set" });
  const within = (length: number): readonly [start: number, extent: number] => {
    const extent = Math.ceil(length / 4) + stream.integer(Math.floor(length / 4));
    return [stream.integer(length - extent), extent];
  };
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const [[x, across], [y, down]] = [within(width), within(height)];
    const box: Box = { label: "Block", x, y, width: across, height: down };
    const inside = maskOfBoxes([[x, y, x + across, y + down]], { width, height });
    const picture = grey({ width, height }, (at) => {
      return stream.integer(100) + (inside.data[at] === 1 ? 150 : 0);
    });
    const mask = grey({ width, height }, (at) => 255 * (inside.data[at] ?? 0));
    await writeFile(join(folder, `${i}.png`), await encodePng(picture));
    await writeFile(join(folder, `${i}-mask.png`), await encodePng(mask));
    const claims = describe({ i, box, mask: `${i}-mask.png` });
    lines.push(JSON.stringify({ id: `r${i}`, image: `${i}.png`, split: splitOf(i), ...claims }));
  }
  await writeFile(join(folder, "records.jsonl"), `${lines.join("\n")}\n`);
  const manifest = {
    ...{ format: 1, name: "blocks", licence: "CC0-1.0", privacy: "public", imageRoot: "." },
    ...{ task: ["segment", "detect"], classes: DENSE_CLASSES },
    ...{ importer: "test", created: "2020-01-01T00:00:00Z" },
  };
  await writeFile(join(folder, "dataset.json"), JSON.stringify(manifest));
  return folder;
}

/** Makes one pixel of a mask's block grey, as resizing leaves edges. */
export async function makeGrey(path: string): Promise<void> {
  const mask = await decodeImage(path);
  const data = Uint8Array.from(mask.data);
  data[data.indexOf(255)] = 128;
  await writeFile(path, await encodePng({ ...mask, data }));
}

function grey({ width, height }: PixelSize, level: (at: number) => number): Raster {
  const data = Uint8Array.from({ length: width * height }, (_, at) => level(at));
  return raster({ width, height, channels: 1, data });
}
