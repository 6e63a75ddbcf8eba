/** @file What a classifier says of picture files that are no dataset's. */
import { mapInOrder } from "../../data/map-in-order.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { decodeImage } from "../../image/decode.ts";
import { evaluationView } from "../../image/evaluation-view.ts";
import { DecodeError } from "../../util/errors.ts";
import { zeros } from "../../util/nd-array.ts";
import { ClassifierForward } from "./classifier-forward.ts";
import type { OpenClassifier } from "./open-classifier.ts";
import { probabilitiesOf } from "./probabilities.ts";

/** Of one file: a probability for each class, or why it could not be read. */
export type FilePrediction =
  | { readonly file: string; readonly probabilities: Readonly<Record<string, number>> }
  | { readonly file: string; readonly error: string };

/** How files are read and scored. */
export interface PredictOptions {
  readonly device: Device;
  /** Pictures at once. Default 8. */
  readonly batch?: number;
  readonly signal?: AbortSignal | undefined;
}

const BATCH = 8;
const IN_FLIGHT = 4;

/**
 * Predictions of files, in order, as they are computed. A file that is no picture has an error for an answer and does not
 * stop the others.
 */
export async function* predict(
  classifier: OpenClassifier,
  files: readonly string[],
  { device, batch = BATCH, signal }: PredictOptions,
): AsyncGenerator<FilePrediction> {
  const { config, normalization } = classifier;
  await using forward = new ClassifierForward({ config, normalization, device });
  let waiting: View[] = [];
  for await (const view of mapInOrder(files, IN_FLIGHT, (file) => viewOf(file, classifier))) {
    signal?.throwIfAborted();
    waiting.push(view);
    if (waiting.length < batch) continue;
    yield* scored(waiting, classifier, forward);
    waiting = [];
  }
  yield* scored(waiting, classifier, forward);
}

/** A file's grey levels [S, S], or why there are none. */
interface View {
  readonly file: string;
  readonly levels: Uint8Array | string;
}

async function viewOf(
  file: string,
  { config, shorterSide, sixteenBit, bitDepth }: OpenClassifier,
): Promise<View> {
  try {
    const picture = await decodeImage(file, { sixteenBit, bitDepth });
    const { data } = evaluationView(picture, { size: config.imageSize, shorterSide });
    return { file, levels: data };
  } catch (error) {
    if (error instanceof DecodeError) return { file, levels: error.message };
    throw error;
  }
}

async function* scored(
  views: readonly View[],
  { config, task, classes, parameters }: OpenClassifier,
  forward: ClassifierForward,
): AsyncGenerator<FilePrediction> {
  const side = config.imageSize;
  const readable = views.flatMap(({ levels }) => (typeof levels === "string" ? [] : [levels]));
  const image = zeros("u8", [readable.length, side, side]);
  for (const [i, levels] of readable.entries()) image.data.set(levels, i * side * side);
  const { logits } =
    readable.length === 0 ? { logits: new Float32Array() } : await forward.run(image, parameters);
  const probabilities = probabilitiesOf(logits, { task, classes: classes.length });
  let row = 0;
  for (const { file, levels } of views) {
    if (typeof levels === "string") {
      yield { file, error: levels };
      continue;
    }
    const own = probabilities.subarray(row * classes.length, ++row * classes.length);
    yield {
      file,
      probabilities: Object.fromEntries(classes.map((name, k) => [name, own[k] ?? 0])),
    };
  }
}
