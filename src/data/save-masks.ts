/** @file Writes the masks of a record into a dataset's folder, as PNG files that are white on black. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodePng } from "../image/encode.ts";
import type { Mask } from "../image/mask.ts";
import { raster } from "../image/raster.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ManifestError } from "../util/errors.ts";
import { fileMode, folderMode } from "./dataset-files.ts";
import type { Privacy, Split } from "./record.ts";

/** Where masks are saved, and what they are called. */
export interface SaveMasksOptions {
  /** The folder of masks. */
  readonly folder: string;
  /** The record's picture, whose name the files have. */
  readonly image: string;
  readonly split: Split;
  readonly privacy: Privacy;
}

/**
 * Writes one file for each class, below the class and the split: a picture that stands in two lists has a mask in each.
 * @returns the paths by class, relative to the folder of masks
 * @throws {ManifestError} when another picture's mask has the name already
 */
export async function saveMasks(
  masks: Readonly<Record<string, Mask>>,
  { folder, image, split, privacy }: SaveMasksOptions,
): Promise<Readonly<Record<string, string>>> {
  const name = image.endsWith(".png") ? image : `${image}.png`;
  const paths: Record<string, string> = {};
  for (const [label, { width, height, data }] of Object.entries(masks)) {
    const path = `${label}/${split}/${name}`;
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: folderMode(privacy) });
    const levels = data.map((pixel) => 255 * pixel);
    const png = await encodePng(raster({ width, height, channels: 1, data: levels }));
    await writeFile(target, png, { flag: "wx", mode: fileMode(privacy) }).catch((error) => {
      throw namesake(error, image, path);
    });
    paths[label] = path;
  }
  return paths;
}

/** Says whose mask a file is already, where that is what failed. */
function namesake(error: unknown, image: string, path: string): unknown {
  if (systemErrorCode(error) !== "EEXIST") return error;
  return new ManifestError(
    `Cannot save the mask of "${image}" as "${path}": another picture's mask has that name, since the two differ by .png only; rename one of them, in the list too`,
    { cause: error },
  );
}
