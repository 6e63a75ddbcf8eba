/** @file What `ecamp predict` does: opens the model, whatever kind it is, finds the pictures, and prints a line for each. */
import type { RunStarts } from "../image/run-lengths.ts";
import type { OpenClassifier } from "../tasks/classify/open-classifier.ts";
import { type FilePrediction, predict } from "../tasks/classify/predict.ts";
import { LEAKING_MODEL } from "../tasks/finetune/leaking-model.ts";
import { type ModelKind, openTrained } from "../tasks/predict/open-trained.ts";
import { UsageError } from "../util/errors.ts";
import { deviceOf } from "./device-option.ts";
import { findPictures } from "./find-pictures.ts";
import { withProgress } from "./progress.ts";
import { predictBoxFiles, predictMaskFiles } from "./run-predict-dense.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp predict`, as its option table gives them. */
export interface PredictArgs {
  readonly run: string;
  readonly images: readonly string[];
  readonly out: string | undefined;
  readonly threshold: number | undefined;
  readonly rle: RunStarts | undefined;
  readonly minObjectness: number | undefined;
  readonly overlays: boolean;
  readonly overwrite: boolean;
  readonly device: string;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** Predicts files; the status is 1 when one of them could not be read. */
export async function runPredict(args: PredictArgs, context: CommandContext): Promise<number> {
  const { kind, model } = await openTrained(args.run);
  requireFitting(kind, args);
  if (model.leaks) context.terminal.err(`${LEAKING_MODEL}\n`);
  switch (kind) {
    case "classifier":
      return predictClasses(model, args, context);
    case "segmenter":
      return predictMaskFiles(model, { ...args, out: requireOut(kind, args) }, context);
    case "detector":
      return predictBoxFiles(model, { ...args, out: requireOut(kind, args) }, context);
  }
}

/** Which kinds of models an option is for. */
const DENSE: readonly ModelKind[] = ["segmenter", "detector"];

/** @throws {UsageError} when an option is given that means nothing to the model */
function requireFitting(kind: ModelKind, args: PredictArgs): void {
  const given: readonly (readonly [string, boolean, readonly ModelKind[]])[] = [
    ["--out", args.out !== undefined, DENSE],
    ["--overwrite", args.overwrite, DENSE],
    ["--no-overlays", !args.overlays, DENSE],
    ["--threshold", args.threshold !== undefined, ["segmenter"]],
    ["--rle", args.rle !== undefined, ["segmenter"]],
    ["--min-objectness", args.minObjectness !== undefined, ["detector"]],
  ];
  for (const [option, isGiven, kinds] of given) {
    if (!isGiven || kinds.includes(kind)) continue;
    throw new UsageError(
      `Cannot predict with ${option}: "${args.run}" is a ${kind}, and ${option} is for a ${kinds.join(" or a ")}`,
    );
  }
}

function requireOut(kind: ModelKind, { run, out }: PredictArgs): string {
  if (out !== undefined) return out;
  throw new UsageError(
    `Cannot predict without --out DIR: "${run}" is a ${kind}, whose predictions are files; name a new folder for them`,
  );
}

async function predictClasses(
  classifier: OpenClassifier,
  { images, json, ...chosen }: PredictArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const { leaks } = classifier;
  const files = await findPictures(images);
  const device = deviceOf(chosen);
  let [done, unread] = [0, 0];
  const shown = { label: "predict", total: files.length, unit: "images" };
  await withProgress(terminal, shown, async (progress) => {
    for await (const prediction of predict(classifier, files, { device, signal })) {
      if ("error" in prediction) unread++;
      terminal.out(
        json ? `${JSON.stringify({ ...prediction, leaks })}\n` : describePrediction(prediction),
      );
      progress.update(++done, "");
    }
  });
  if (unread > 0) terminal.err(`${unread} of ${files.length} files could not be read\n`);
  return unread > 0 ? 1 : 0;
}

/** `film.png  Effusion 0.91  Edema 0.40 …`, the likeliest first. */
function describePrediction(prediction: FilePrediction): string {
  if ("error" in prediction) return `${prediction.file}  ${prediction.error}\n`;
  const likeliest = Object.entries(prediction.probabilities).sort(([, a], [, b]) => b - a);
  const words = likeliest.map(([name, probability]) => `${name} ${probability.toFixed(3)}`);
  return `${prediction.file}  ${words.join("  ")}\n`;
}
