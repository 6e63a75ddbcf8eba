/** @file What a dense model says of picture files: whole pictures as the model saw them in evaluation, and back to their own pixels. */
import type { NamedArrays } from "../../engine/runtime/program.ts";
import { stillGeometry } from "../../image/dense-geometry.ts";
import { viewPicture } from "../../image/dense-view.ts";
import type { Raster } from "../../image/raster.ts";
import type { PictureDescription } from "../finetune/model-description.ts";
import { type PredictOptions, predictFiles, type UnreadFile } from "../predict/predict-files.ts";
import { DenseForward } from "./dense-forward.ts";
import type { DenseFields, DenseHead, Outputs } from "./dense-task.ts";

/** A dense model that was read. */
export interface DenseModel extends PictureDescription {
  readonly config: { readonly imageSize: number };
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
}

/** What is made of a model's outputs, and how files are read. */
export interface DensePredictOptions<F extends DenseFields, Answer> extends PredictOptions {
  readonly head: Pick<DenseHead<F>, "outputs" | "objective">;
  /** @returns what gives the answer of a row of the batch, whose picture is as its file stores it */
  readonly answers: (outputs: Outputs, batch: number) => (row: number, picture: Raster) => Answer;
}

/** An answer about a picture, which goes with it. */
export type DensePrediction<Answer> =
  | ({ readonly file: string; readonly picture: Raster } & Answer)
  | UnreadFile;

/** Predictions of files, in order, as they are computed. A file that is no picture does not stop the others. */
export async function* predictDense<F extends DenseFields, Answer extends object>(
  { config, normalization, sixteenBit, bitDepth, parameters }: DenseModel,
  files: readonly string[],
  { head, answers, device, ...options }: DensePredictOptions<F, Answer>,
): AsyncGenerator<DensePrediction<Answer>> {
  const { imageSize: size } = config;
  await using forward = new DenseForward<F>({
    ...{ head, imageSize: size, normalization, device, withLosses: false },
  });
  yield* predictFiles(files, {
    ...{ size, decode: { sixteenBit, bitDepth }, ...options },
    view: (picture: Raster) => ({
      picture,
      levels: viewPicture(picture, stillGeometry(picture), { size }).data,
    }),
    score: async (image, views) => {
      const { outputs } = await forward.run(image, parameters);
      const rows = answers(outputs, views.length);
      return (row) => {
        const { picture } = views[row] ?? noRow(row);
        return { picture, ...rows(row, picture) };
      };
    },
  });
}

function noRow(row: number): never {
  throw new RangeError(`Cannot give row ${row} of a batch: it has no such row`);
}
