/** @file A segmenter and a detector of a moment whose weights are set by hand, so that what they say of any picture is known. */
import { input, type Tensor } from "../src/engine/tensor.ts";
import { type DetectorConfig, detector } from "../src/model/heads/detector.ts";
import { segmenter } from "../src/model/heads/segmenter.ts";
import { Scope, Trace } from "../src/nn/scope.ts";
import {
  DETECTOR_FORMAT,
  type DetectorDescription,
} from "../src/tasks/detect/detector-description.ts";
import { describeModel, type PictureDescription } from "../src/tasks/finetune/model-description.ts";
import {
  SEGMENTER_FORMAT,
  type SegmenterDescription,
} from "../src/tasks/segment/segmenter-description.ts";
import { ndArray, type Shape, sizeOf } from "../src/util/nd-array.ts";
import { writeSafetensors } from "../src/weights/safetensors.ts";

/** Four patches of 4 × 4 pixels. */
const ENCODER = {
  ...{ imageSize: 8, patch: 4, dim: 8, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  positionExponent: "k/(d/2)",
} as const;

/** The level that is grey to the segmenter. */
export const GREY = 128;

const PICTURES: PictureDescription = {
  ...{
    normalization: { mean: GREY / 255, std: 0.25 },
    sixteenBit: "range",
    bitDepth: 12,
    leaks: false,
  },
};

type Values = (shape: Shape) => readonly number[];

const zeros: Values = (shape) => Array<number>(sizeOf(shape)).fill(0);
const ones: Values = (shape) => zeros(shape).map(() => 1);
/** A square matrix, or kernels that hand each channel on: 1 in the middle of the diagonal's kernels. */
const passing: Values = ([outputs = 0, inputs = 0, ...kernel]) => {
  const taps = sizeOf(kernel);
  return Array.from({ length: outputs * inputs * taps }, (_, i) => {
    const [to, from] = [Math.floor(i / (inputs * taps)), Math.floor(i / taps) % inputs];
    return to === from && i % taps === (taps - 1) / 2 ? 1 : 0;
  });
};

/** Writes a model whose parameters are 0, its batch normalisations doing nothing, but for those that are given. */
async function writeModel(
  file: string,
  build: (s: Scope, image: Tensor) => void,
  given: { readonly [name: string]: Values },
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const trace = new Trace();
  build(new Scope(trace), input("image", "f32", [1, 3, ENCODER.imageSize, ENCODER.imageSize]));
  const values = [...trace.parameters.values()].map(({ name, shape }) => {
    const isUnit = /\.(?:bn|1)\.weight$|running_var$/.test(name);
    const own = given[name] ?? (isUnit ? ones : zeros);
    return [name, ndArray("f32", shape, own(shape))] as const;
  });
  await writeSafetensors(file, values, { metadata });
}

/** The classes of the segmenter: the left half of every grey picture, and its upper half. */
export const HALVES: readonly [string, string] = ["Left half", "upper/half"];

/** [left, upper] of the class token and of the patches, row by row. */
const PLACES: readonly number[] = [0, 0, 1, 1, 0, 1, 1, 0, 0, 0];

/** Of the width of a token, the first two numbers. */
const inFront =
  (value: (token: number, k: number) => number): Values =>
  (shape) =>
    zeros(shape).map((_, i) => {
      const [token, k] = [Math.floor(i / ENCODER.dim), i % ENCODER.dim];
      return k < 2 ? value(token, k) : 0;
    });

/**
 * Writes a segmenter that marks the left half and the upper half of a grey picture, nothing of a black one and all of a white one: each
 * patch's place and its mean level go through unchanged, and logits of grey fall from 10 to −10 along the columns, or the rows.
 */
export async function writeHalvesSegmenter(
  file: string,
  pictures: Partial<PictureDescription> = {},
): Promise<void> {
  const model = { ...ENCODER, classes: HALVES, decoders: "shared", decoderWidths: [8, 8] } as const;
  const description: SegmenterDescription = { config: model, ...PICTURES, ...pictures };
  const meanOfPatch: Values = ([outputs = 0, ...kernel]) => {
    const taps = sizeOf(kernel);
    return Array.from({ length: outputs * taps }, (_, i) => (i < 2 * taps ? 1 / taps : 0));
  };
  const given = {
    "encoder.pos_embed": inFront((token, k) => PLACES[2 * token + k] ?? 0),
    "encoder.patch_embed.proj.weight": meanOfPatch,
    "encoder.seg_head.weight": passing,
    "decoder.decoder_1.0.weight": passing,
    "decoder.decoder_2.0.weight": passing,
    "decoder.final_out.weight": (shape: Shape) => passing(shape).map((tap) => 20 * tap),
    "decoder.final_out.bias": () => [-10, -10],
  };
  await writeModel(
    file,
    (s, image) => segmenter(s, image, { ...model, training: false }),
    given,
    describeModel(SEGMENTER_FORMAT, description),
  );
}

/** The classes of the detector. */
export const FINDINGS: readonly [string, string] = ["nodule", "mass"];

/** What the detector finds, relative to a picture: a sure mass, and a nodule of objectness 0.3 that reaches over the right edge. */
export const FOUND = {
  mass: { x: 0.125, y: 0.125, width: 0.25, height: 0.25, score: 0.9, probability: 0.8 },
  nodule: { x: 0.5, y: 0.375, width: 0.5, height: 0.25, score: 0.3, probability: 0.6 },
} as const;

const logit = (p: number): number => Math.log(p / (1 - p));

/**
 * Writes a detector that finds the same boxes in every picture: its coarsest scale has one cell, whose two anchors have all that is said
 * in the biases; other scales find nothing.
 */
export async function writeTwoBoxDetector(file: string): Promise<void> {
  const anchors = [
    [
      [2, 2],
      [6, 2],
    ],
    [[1, 1]],
    [[1, 1]],
  ] as const;
  const config: DetectorConfig = {
    ...{ ...ENCODER, anchors, classes: FINDINGS.length, expansion: 4, channels: [16, 8, 8] },
  };
  const description: DetectorDescription = {
    ...{ config, classes: FINDINGS, objectness: 0.5, maxOverlap: 0.5, ...PICTURES },
  };
  // Of each anchor: x, y, width, height, objectness, nodule, mass.
  const mass = [logit(0.25), logit(0.25), 0, 0, logit(0.9), logit(0.1), logit(0.8)];
  const nodule = [logit(0.875), logit(0.5), 0, 0, logit(0.3), logit(0.6), logit(0.2)];
  const nothing: Values = (shape) => zeros(shape).map((_, i) => (i % 7 === 4 ? -20 : 0));
  const given = {
    "embedding0.conv_out.bias": () => [...mass, ...nodule],
    "embedding1.conv_out.bias": nothing,
    "embedding2.conv_out.bias": nothing,
  };
  await writeModel(
    file,
    (s, image) => detector(s, image, { ...config, training: false }),
    given,
    describeModel(DETECTOR_FORMAT, description),
  );
}
