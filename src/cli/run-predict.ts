/** @file What `ecamp predict` does: finds the pictures, scores them, prints a line for each. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openClassifier } from "../tasks/classify/open-classifier.ts";
import { type FilePrediction, predict } from "../tasks/classify/predict.ts";
import { LEAKING_MODEL } from "../tasks/finetune/leaking-model.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { deviceOf } from "./device-option.ts";
import { startProgress } from "./progress.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp predict`, as its option table gives them. */
export interface PredictArgs {
  readonly run: string;
  readonly images: readonly string[];
  readonly device: string;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** What a folder is searched for. */
const PICTURE = /\.(?:png|jpe?g)$/i;

/** Scores files; the status is 1 when one of them could not be read. */
export async function runPredict(
  { run, images, json, ...chosen }: PredictArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const classifier = await openClassifier(run);
  const { leaks } = classifier;
  if (leaks) terminal.err(`${LEAKING_MODEL}\n`);
  const files = (await Promise.all(images.map(findPictures))).flat();
  const progress = startProgress(terminal, {
    label: "predict",
    total: files.length,
    unit: "images",
  });
  const device = deviceOf(chosen);
  let [done, unread] = [0, 0];
  try {
    for await (const prediction of predict(classifier, files, { device, signal })) {
      if ("error" in prediction) unread++;
      terminal.out(
        json ? `${JSON.stringify({ ...prediction, leaks })}\n` : describePrediction(prediction),
      );
      progress.update(++done, "");
    }
  } finally {
    progress.finish();
  }
  if (unread > 0) terminal.err(`${unread} of ${files.length} files could not be read\n`);
  return unread > 0 ? 1 : 0;
}

/** A file itself, or the pictures in a folder and below it, in the order of their names. */
async function findPictures(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => {
    const reason =
      systemErrorCode(error) === "ENOENT" ? "no such file or folder" : describeError(error);
    throw new ConfigError(`Cannot predict "${path}": ${reason}`, { cause: error });
  });
  if (!found.isDirectory()) return [path];
  const pictures = await picturesBelow(path);
  if (pictures.length > 0) return pictures.toSorted();
  throw new ConfigError(
    `Cannot predict "${path}": there is no picture in the folder, expected files named .png, .jpg or .jpeg`,
  );
}

/** The pictures in a folder and below it. Links to files are followed; links to folders are not, since they may lead back. */
export async function picturesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return picturesBelow(path);
      if (!PICTURE.test(entry.name)) return [];
      const isFile = entry.isSymbolicLink() ? (await stat(path)).isFile() : entry.isFile();
      return isFile ? [path] : [];
    }),
  );
  return found.flat();
}

/** `film.png  Effusion 0.91  Edema 0.40 …`, the likeliest first. */
function describePrediction(prediction: FilePrediction): string {
  if ("error" in prediction) return `${prediction.file}  ${prediction.error}\n`;
  const likeliest = Object.entries(prediction.probabilities).sort(([, a], [, b]) => b - a);
  const words = likeliest.map(([name, probability]) => `${name} ${probability.toFixed(3)}`);
  return `${prediction.file}  ${words.join("  ")}\n`;
}
