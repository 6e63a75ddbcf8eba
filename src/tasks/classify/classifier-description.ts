/** @file What a classifier's file says of itself, so that the file alone is enough to use it. */
import { z } from "zod";
import type { SixteenBit } from "../../image/sixteen-bit.ts";
import type { Normalization } from "../../model/grey-image.ts";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import type { ClassifierConfig } from "../../model/heads/classifier.ts";
import { WeightsError } from "../../util/errors.ts";
import { tryParseJson } from "../../util/jsonl.ts";

/** Everything that using a classifier depends on beside its parameters. */
export interface ClassifierDescription {
  readonly config: ClassifierConfig;
  readonly task: ClassificationTask;
  /** In the order of the logits. */
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  /** The shorter side of a picture before its middle is cut out, in pixels. */
  readonly shorterSide: number;
  /** What becomes of 16-bit pictures. */
  readonly sixteenBit: SixteenBit;
  /** How many bits of them its dataset used; absent where each picture's own range was taken. */
  readonly bitDepth?: number;
  /** Was it trained or chosen on patients who also stand in another split? Its figures then mean less. */
  readonly leaks: boolean;
}

/** What is said of a model that `leaks`. */
export const LEAKING_MODEL =
  "LEAK: the model was trained on splits that share patients or pictures, which was allowed: its figures flatter";

const FORMAT = "ecamp-classifier-1";
const size = z.int().positive();

const descriptionSchema: z.ZodType<ClassifierDescription> = z
  .object({
    config: z.object({
      ...{ imageSize: size, patch: size, dim: size, depth: size, heads: size, classes: size },
      mlpRatio: z.number().positive(),
      layerNormEps: z.number().positive(),
      positionExponent: z.enum(["k/(2d)", "k/(d/2)"]),
    }),
    task: z.enum(["multi-label", "single-label"]),
    classes: z.array(z.string().min(1)).min(1),
    normalization: z.object({ mean: z.number(), std: z.number().positive() }),
    shorterSide: size,
    sixteenBit: z.enum(["clip", "range"]),
    bitDepth: z.int().min(1).max(16).exactOptional(),
    leaks: z.boolean(),
  })
  .refine(({ config, classes }) => config.classes === classes.length, {
    path: ["classes"],
    message: "expected a name for each logit",
  });

/** The texts that go into a model file's header. */
export function describeClassifier(
  description: ClassifierDescription,
): Readonly<Record<string, string>> {
  return { format: FORMAT, classifier: JSON.stringify(description) };
}

/** Does a header say that the file holds a classifier? */
export const isClassifier = (metadata: Readonly<Record<string, string>>): boolean =>
  metadata["format"] === FORMAT;

/**
 * What a header says.
 * @throws {WeightsError} when the file is none of a classifier, or says something that is not understood
 */
export function parseClassifier(
  file: string,
  metadata: Readonly<Record<string, string>>,
): ClassifierDescription {
  if (!isClassifier(metadata)) {
    throw new WeightsError(
      `Cannot read the classifier "${file}": its header says "${metadata["format"] ?? "nothing"}", expected "${FORMAT}"; give the folder of a run of "ecamp finetune classify"`,
    );
  }
  const parsed = descriptionSchema.safeParse(tryParseJson(metadata["classifier"] ?? "")?.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WeightsError(
    `Cannot read the classifier "${file}": "${["classifier", ...(issue?.path ?? [])].join(".")}" of its header is not understood: ${issue?.message}`,
  );
}
