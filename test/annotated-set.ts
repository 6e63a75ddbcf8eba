/** @file A folder of black pictures with lists beside it, for tests of what imports lists. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openDataset } from "../src/data/dataset.ts";
import type { JoinedRecord } from "../src/data/dataset-index.ts";
import type { ListImportOptions } from "../src/data/lists/list-import.ts";
import type { Split } from "../src/data/record.ts";
import { encodePng } from "../src/image/encode.ts";
import { raster } from "../src/image/raster.ts";

/** What the folder holds. */
export interface AnnotatedSet {
  /** Pictures by path: width and height, or grey levels row by row. */
  readonly pictures: Readonly<
    Record<string, readonly [width: number, height: number] | readonly (readonly number[])[]>
  >;
  /** The lists' texts. */
  readonly lists: Readonly<Partial<Record<Split, string>>>;
}

function isSize(
  picture: AnnotatedSet["pictures"][string],
): picture is readonly [width: number, height: number] {
  return typeof picture[0] === "number";
}

/** Writes pictures and lists into a new folder below `root`, and says how to import them as a public set. */
export async function writeAnnotatedSet(
  root: string,
  { pictures, lists }: AnnotatedSet,
): Promise<ListImportOptions> {
  const folder = await mkdtemp(join(root, "set-"));
  const imageRoot = join(folder, "pictures");
  await mkdir(imageRoot);
  for (const [path, picture] of Object.entries(pictures)) {
    const rows = isSize(picture) ? undefined : picture;
    const [width, height] = isSize(picture) ? picture : [rows?.[0]?.length ?? 0, picture.length];
    const data = rows === undefined ? new Uint8Array(width * height) : Uint8Array.from(rows.flat());
    await mkdir(dirname(join(imageRoot, path)), { recursive: true });
    const png = await encodePng(raster({ width, height, channels: 1, data }));
    await writeFile(join(imageRoot, path), png);
  }
  const files: Partial<Record<Split, string>> = {};
  for (const split of ["train", "val", "test"] as const) {
    const text = lists[split];
    if (text === undefined) continue;
    files[split] = join(folder, `${split}.csv`);
    await writeFile(join(folder, `${split}.csv`), text);
  }
  return {
    ...{ lists: files, imageRoot, out: join(folder, "out"), name: "drawn", licence: "none" },
    privacy: "public",
    created: new Date("2026-01-01T00:00:00Z"),
  };
}

/** All records of a dataset folder. */
export async function allRecords(folder: string): Promise<readonly JoinedRecord[]> {
  const records: JoinedRecord[] = [];
  for await (const record of (await openDataset(folder)).records()) records.push(record);
  return records;
}
