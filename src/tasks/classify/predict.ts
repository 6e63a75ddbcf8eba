/** @file What a classifier says of picture files that are no dataset's. */
import { evaluationView } from "../../image/evaluation-view.ts";
import { type PredictOptions, predictFiles, type UnreadFile } from "../predict/predict-files.ts";
import { ClassifierForward } from "./classifier-forward.ts";
import type { OpenClassifier } from "./open-classifier.ts";
import { probabilitiesOf } from "./probabilities.ts";

/** Of one file: a probability for each class, or why it could not be read. */
export type FilePrediction =
  | { readonly file: string; readonly probabilities: Readonly<Record<string, number>> }
  | UnreadFile;

/**
 * Predictions of files, in order, as they are computed. A file that is no picture has an error for an answer and does not
 * stop the others.
 */
export async function* predict(
  classifier: OpenClassifier,
  files: readonly string[],
  { device, ...options }: PredictOptions,
): AsyncGenerator<FilePrediction> {
  const { config, normalization, task, classes, parameters } = classifier;
  const { shorterSide, sixteenBit, bitDepth } = classifier;
  const size = config.imageSize;
  await using forward = new ClassifierForward({ config, normalization, device });
  yield* predictFiles(files, {
    ...{ size, decode: { sixteenBit, bitDepth }, ...options },
    view: (picture) => ({ levels: evaluationView(picture, { size, shorterSide }).data }),
    score: async (image) => {
      const { logits } = await forward.run(image, parameters);
      const all = probabilitiesOf(logits, { task, classes: classes.length });
      return (row) => {
        const own = all.subarray(row * classes.length, (row + 1) * classes.length);
        const named = classes.map((name, k) => [name, own[k] ?? 0] as const);
        return { probabilities: Object.fromEntries(named) };
      };
    },
  });
}
