/** @file What a `classify` fixture holds, as our options: its classifier, parameters, batch, labels and rates. */
import { z } from "zod";
import type { NamedArrays } from "../../engine/runtime/program.ts";
import { input, type Tensor } from "../../engine/tensor.ts";
import { CHANNELS } from "../../model/config.ts";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import type { ClassifierConfig } from "../../model/heads/classifier.ts";
import { dropPathRates } from "../../nn/drop-path.ts";
import { labelFeeds } from "../../tasks/classify/labelled-loss.ts";
import { factorAtStep } from "../../train/schedule.ts";
import type { TracedObjective } from "../../train/step-program.ts";
import { type NdArray, toDoubles, zeros } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { type Tolerance, toleranceSchema } from "../tolerance.ts";
import { recordedImages } from "./recorded-inputs.ts";

const size = z.int().positive();
const perStep = z.union([z.number(), z.array(z.number())]).transform((value) => [value].flat());
const expectSchema = z.object({
  loss: perStep,
  gradNorm: perStep,
  lr: perStep.default([]),
  gradNormOf: z.record(z.string(), z.number()).default({}),
});

const fixtureSchema = z.object({
  parameters: z.enum(["stored", "formula"]),
  config: z.object({
    imageSize: size,
    patch: size,
    dim: size,
    depth: size,
    heads: size,
    mlpRatio: z.number(),
    layerNormEps: z.number(),
    batch: size,
    classes: size,
    dropPathRate: z.number(),
    loss: z.string(),
    mode: z.string(),
    salt: z.string().default(""),
    optimiser: z
      .object({ kind: z.literal("sgd"), momentum: z.number(), weightDecay: z.number() })
      .optional(),
    clipGradNorm: z.object({ max: z.number() }).optional(),
    schedule: z
      .object({
        kind: z.literal("warmup-cosine"),
        base: z.number(),
        warmup: z.number(),
        total: z.number(),
      })
      .optional(),
  }),
  trained: z.array(z.string()).optional(),
  expect: expectSchema,
  expect64: expectSchema,
  tolerance: toleranceSchema,
});

/** What is recorded of each step; what is left out was not recorded. */
interface RecordedSteps {
  readonly loss: readonly number[];
  readonly gradNorm: readonly number[];
  readonly lr: readonly number[];
  /** The norm of the first gradient of a parameter. */
  readonly gradNormOf: Readonly<Record<string, number>>;
}

/** How a fixture was computed. */
interface RecordedConfig {
  readonly imageSize: number;
  readonly depth: number;
  readonly batch: number;
  readonly classes: number;
  readonly salt: string;
  readonly optimiser?: { readonly momentum: number; readonly weightDecay: number } | undefined;
  readonly clipGradNorm?: { readonly max: number } | undefined;
  readonly schedule?:
    | { readonly base: number; readonly warmup: number; readonly total: number }
    | undefined;
}

/** A fixture's classifier as our options. */
export interface Recorded {
  readonly parameters: "stored" | "formula";
  readonly config: RecordedConfig;
  /** Parameters that move; all of them where nothing is said. */
  readonly trained?: readonly string[] | undefined;
  readonly expect64: RecordedSteps;
  readonly tolerance: Tolerance;
  readonly task: ClassificationTask;
  readonly model: ClassifierConfig;
  /** The rate of stochastic depth that the first pass is computed with. */
  readonly dropPath: number;
}

/**
 * Reads the description of a fixture.
 * @throws {ManifestError} naming the first field that is missing or of another form
 */
export function readRecorded(fixture: Fixture): Recorded {
  const recorded = fixtureFields(fixture, fixtureSchema);
  const { config } = recorded;
  const { imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, classes } = config;
  return {
    ...recorded,
    task: config.loss.startsWith("cross-entropy") ? "single-label" : "multi-label",
    model: {
      ...{ imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, classes },
      positionExponent: "k/(2d)", // the recorded table, a parameter here, takes its place
    },
    dropPath: config.mode.startsWith("eval") ? 0 : config.dropPathRate,
  };
}

/** The graph's input: normalised images. */
export const imageOf = ({ config: { batch, imageSize } }: Recorded): Tensor =>
  input("image", "f32", [batch, CHANNELS, imageSize, imageSize]);

/** The first batch: images, labels, and the draws of stochastic depth where it acts. */
export async function recordedFeeds(
  fixture: Fixture,
  recorded: Recorded,
  traced: TracedObjective,
): Promise<NamedArrays> {
  const image = await recordedImages(fixture);
  const labels = oneHot(await fixture.tensor("in/labels"), recorded);
  const masks = traced.masks.length === 0 ? [] : await dropPathMasks(fixture, recorded);
  return new Map<string, NdArray>([
    ["image", image],
    ...labelFeeds(labels, recorded.task),
    ...masks,
  ]);
}

/** The recorded labels, [B, C] of 0 and 1 or [B, 1] of class numbers, as [B, C] of 0 and 1. */
function oneHot(labels: NdArray, { task, config: { batch, classes } }: Recorded): NdArray<"i32"> {
  const rows = zeros("i32", [batch, classes]);
  for (const [i, label] of Array.from(toDoubles(labels)).entries()) {
    if (task === "multi-label") rows.data[i] = label;
    else rows.data[i * classes + label] = 1;
  }
  return rows;
}

/** Recorded draws [blocks with a rate, 2, B] as masks: a sample is kept where ⌊1 − p + draw⌋ is 1, in single precision. */
async function dropPathMasks(
  fixture: Fixture,
  { config: { depth, batch }, dropPath }: Recorded,
): Promise<[string, NdArray][]> {
  const draws = toDoubles(await fixture.tensor("in/drop_path_draws"));
  const dropping = [...dropPathRates(depth, dropPath).entries()].filter(([, rate]) => rate > 0);
  return dropping.flatMap(([block, rate], row) =>
    ["attn", "mlp"].map((branch, column): [string, NdArray] => {
      const keep = Math.fround(1 - rate);
      const from = (2 * row + column) * batch;
      const kept = draws.subarray(from, from + batch);
      const data = Uint8Array.from(kept, (draw) => Math.floor(Math.fround(keep + draw)));
      return [`drop-path/blocks.${block}.${branch}`, { dtype: "bool", shape: [batch, 1, 1], data }];
    }),
  );
}

/** The rate of a step, by the recorded schedule; undefined where nothing is stepped. */
export function rateAt(
  { config: { schedule } }: { readonly config: Pick<RecordedConfig, "schedule"> },
  step: number,
): number | undefined {
  if (schedule === undefined) return undefined;
  const { base, warmup: warmupSteps, total: totalSteps } = schedule;
  return base * factorAtStep({ decay: "cosine", warmupSteps, totalSteps }, step);
}
