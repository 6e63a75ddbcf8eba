/** @file What each recorded operation on pictures is here: Pillow's by one table, OpenCV's by another (SPEC 2, 4.2). */
import { z } from "zod";
import { centerCrop, flipHorizontal, shorterSideSize } from "../../image/geometry.ts";
import { mergeEqualChannels, toGrayscale } from "../../image/grayscale.ts";
import { letterbox, letterboxFloat } from "../../image/letterbox.ts";
import { maskOfBoxes } from "../../image/mask.ts";
import { type Normalization, normalize } from "../../image/normalize.ts";
import { type AffineMatrix, type ScaleRotation, warpAffine } from "../../image/opencv-affine.ts";
import { resizeLinear, resizeNearest } from "../../image/opencv-resize.ts";
import { type Raster, raster } from "../../image/raster.ts";
import { resample } from "../../image/resample.ts";
import { decodeRunLengths } from "../../image/run-lengths.ts";
import type { NdArray } from "../../util/nd-array.ts";

/** What is recorded beside the tensors for all operations. */
export interface OperationExpect {
  /** Run lengths of the one mask of SIIM. */
  readonly siimRle: readonly string[];
  /** Movements, and the matrices that the program made of them. */
  readonly affine: readonly (ScaleRotation & { readonly matrix: AffineMatrix })[];
}

/** What an operation works on. */
export interface OperationInputs {
  /** What follows `out/` in the operation's name, split at `/`. */
  readonly parts: readonly string[];
  readonly params: unknown;
  /** The recorded result: its size is how large the operation's result must be. */
  readonly recorded: NdArray;
  /** Of the downstream programs. */
  readonly normalization: Normalization;
  readonly expect: OperationExpect;
  /** The operation's picture, or another of the fixture's. */
  picture(file?: string): Promise<Raster>;
  /** A tensor of bytes as a picture. */
  bytes(name: string): Promise<Raster>;
}

/** Samples in the order of the recorded tensor's. */
type Operation = (inputs: OperationInputs) => Promise<ArrayLike<number>>;

const cropParams = z.object({
  ...{ top: z.int(), left: z.int(), width: z.int(), height: z.int(), size: z.int() },
});

async function resizedCrop(
  { picture, params }: OperationInputs,
  interpolation: "bilinear" | "bicubic",
): Promise<Raster> {
  const { size, ...box } = cropParams.parse(params);
  return resample(await picture(), { box, width: size, height: size, interpolation });
}

/** Pillow's and torchvision's, by the first part of their names. */
export const PILLOW_OPERATIONS: Readonly<Record<string, Operation>> = {
  "convert-rgb": async ({ picture }) => (await picture()).data,
  "resized-crop": async (inputs) => {
    const named = z.object({ interpolation: z.enum(["bilinear", "bicubic"]) });
    return (await resizedCrop(inputs, named.parse(inputs.params).interpolation)).data;
  },
  eval: async ({ picture, params }) => {
    const { resize, crop } = z.object({ resize: z.int(), crop: z.int() }).parse(params);
    const source = await picture();
    const size = shorterSideSize(source, resize);
    const resized = resample(source, { ...size, interpolation: "bilinear" });
    return centerCrop(resized, { width: crop, height: crop }).data;
  },
  flip: async (inputs) => flipHorizontal(await resizedCrop(inputs, "bilinear")).data,
  grayscale: async ({ picture }) => toGrayscale(await picture()).data,
  normalised: async (inputs) => {
    const { mean, std } = z.object({ mean: z.number(), std: z.number() }).parse(inputs.params);
    return normalize(toGrayscale(await resizedCrop(inputs, "bilinear")), { mean, std }).data;
  },
};

/** SIIM's run lengths and RSNA's boxes are of pictures of this side. */
const LIST_SIDE = 1024;

/** The width of the recorded result, which is square where it is letterboxed. */
function widthOf({ recorded }: OperationInputs): number {
  const { shape } = recorded;
  return shape[shape.length === 3 && shape[2] === 3 ? 1 : shape.length - 1] ?? 0;
}

/** As the datasets of segmentation make a picture: stretched, normalised. */
async function stretched(inputs: OperationInputs): Promise<ArrayLike<number>> {
  const side = widthOf(inputs);
  const image = resizeLinear(await inputs.picture(), { width: side, height: side });
  return normalize(image, inputs.normalization).data;
}

async function siim(inputs: OperationInputs): Promise<ArrayLike<number>> {
  if (inputs.parts[1]?.startsWith("image") === true) return stretched(inputs);
  const side = { width: LIST_SIDE, height: LIST_SIDE };
  const { mask } = decodeRunLengths(inputs.expect.siimRle, side);
  return letterboxFloat({ ...side, data: Float32Array.from(mask.data) }, widthOf(inputs)).data;
}

const corners = z.tuple([z.number(), z.number(), z.number(), z.number()]);

async function rsna(inputs: OperationInputs): Promise<ArrayLike<number>> {
  if (inputs.parts[1] === "image") return stretched(inputs);
  const { boxes } = z.object({ boxes: z.array(corners) }).parse(inputs.params);
  const mask = maskOfBoxes(boxes, { width: LIST_SIDE, height: LIST_SIDE });
  const side = widthOf(inputs);
  return resizeNearest(raster({ ...mask, channels: 1 }), { width: side, height: side }).data;
}

/** Disc: whatever is not 0. Cup: what is exactly the greatest value, 255, or 1 where nothing is greater. */
async function riga(inputs: OperationInputs): Promise<ArrayLike<number>> {
  if (inputs.parts[1] === "image") return stretched(inputs);
  const { data } = letterbox(await inputs.bytes("in/riga-mask"), widthOf(inputs));
  const cup = data.some((value) => value > 1) ? 255 : 1;
  return [
    ...Array.from(data, (value) => Number(value !== 0)),
    ...Array.from(data, (value) => Number(value === cup)),
  ];
}

async function letterboxed(inputs: OperationInputs): Promise<ArrayLike<number>> {
  const source = await inputs.bytes(`in/${inputs.parts.join("/")}`);
  const side = widthOf(inputs);
  if (inputs.recorded.dtype === "u8") return letterbox(source, side).data;
  return letterboxFloat({ ...source, data: Float32Array.from(source.data) }, side).data;
}

/** Red and blue change places in the program, a defect that nothing else here reproduces. */
async function detection(inputs: OperationInputs): Promise<ArrayLike<number>> {
  const side = widthOf(inputs);
  const { data, channels } = resizeLinear(await inputs.picture(), { width: side, height: side });
  if (channels === 1) return data;
  return data.map((_, i) => data[i + 2 - 2 * (i % 3)] ?? 0);
}

async function affine(inputs: OperationInputs): Promise<ArrayLike<number>> {
  const [, index = "", what] = inputs.parts;
  const matrix = inputs.expect.affine[Number(index)]?.matrix;
  if (matrix === undefined) throw new RangeError(`Cannot warp: no matrix ${index} is recorded`);
  if (what === "mask") {
    return warpAffine(await inputs.bytes("in/affine-mask"), matrix, "nearest").data;
  }
  return warpAffine(await inputs.picture("rgb.png"), matrix, "bilinear").data;
}

/** OpenCV's, by the first part of their names. */
export const OPENCV_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...{ siim, rsna, riga, letterbox: letterboxed, detection, affine },
};

/** A picture in as many channels as the recorded result has. */
export function inChannelsOf(picture: Raster, recorded: NdArray): Raster {
  if (recorded.shape.length === 2) return mergeEqualChannels(picture);
  if (picture.channels === 3) return picture;
  const { width, height, data } = picture;
  const tripled = Uint8Array.from(
    { length: 3 * data.length },
    (_, i) => data[Math.floor(i / 3)] ?? 0,
  );
  return raster({ width, height, channels: 3, data: tripled });
}
