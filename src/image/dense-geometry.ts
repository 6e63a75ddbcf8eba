/** @file How a picture, its masks and its boxes are moved in training: cropped, flipped, scaled and turned, all of it drawn once (SPEC 4.2). */
import type { CropBox } from "./geometry.ts";
import { type AffineMatrix, scaleRotation } from "./opencv-affine.ts";
import { type CropRange, type Draw, drawCropBox } from "./random-resized-crop.ts";
import type { PixelSize } from "./raster.ts";

/** From what a movement is drawn. The defaults are those of the segmentation of SIIM and RSNA. */
export interface MovementOptions {
  /** How often a picture is scaled and turned. Default 0.5. */
  readonly probability?: number;
  /** Least and greatest scale, drawn for width and height apart. Default 0.9 to 1.1. */
  readonly scale?: readonly [least: number, greatest: number];
  /** The greatest turn either way, in degrees. Default 10. */
  readonly rotate?: number;
  /** `image`: left and right are exchanged with probability ½. Default `none`. */
  readonly flip?: "none" | "image";
  /** A part of the picture, drawn every time. By default the whole picture is shown. */
  readonly crop?: CropRange;
}

/** How one picture is moved before it is resized. The steps are taken in this order. */
export interface DenseGeometry {
  /** The size of the picture as it is stored. */
  readonly picture: PixelSize;
  /** The part that is shown. */
  readonly crop: CropBox;
  /** Are left and right of that part exchanged? */
  readonly flipped: boolean;
  /** Where the part's pixels go, onto a picture of the part's size; absent where they stay. */
  readonly matrix?: AffineMatrix;
}

/** The geometry that moves nothing. */
export function stillGeometry({ width, height }: PixelSize): DenseGeometry {
  return { picture: { width, height }, crop: { left: 0, top: 0, width, height }, flipped: false };
}

/**
 * Draws a movement. Order of draws: those of the crop where there is one (`drawCropBox`), one for the flip where there may be one
 * (flipped when below ½), one whether it is scaled and turned (when below the probability), and if so three: scale of the width, scale of the
 * height, angle.
 * @throws {RangeError} when an option is out of its range
 */
export function drawGeometry(
  picture: PixelSize,
  options: MovementOptions,
  draw: Draw,
): DenseGeometry {
  const { probability = 0.5, scale = [0.9, 1.1], rotate = 10, flip = "none" } = options;
  requireMovement({ probability, scale, rotate });
  const still = stillGeometry(picture);
  const crop = options.crop === undefined ? still.crop : drawCropBox(picture, options.crop, draw);
  const flipped = flip === "image" && draw() < 0.5;
  if (draw() >= probability) return { ...still, crop, flipped };
  const between = (least: number, greatest: number): number => least + (greatest - least) * draw();
  const scaleX = between(...scale);
  const scaleY = between(...scale);
  const angle = between(-rotate, rotate);
  return { ...still, crop, flipped, matrix: scaleRotation({ scaleX, scaleY, angle }, crop) };
}

function requireMovement({
  probability,
  scale: [least, greatest],
  rotate,
}: Required<Pick<MovementOptions, "probability" | "scale" | "rotate">>): void {
  const fault = !(probability >= 0 && probability <= 1)
    ? `its probability must be in 0 … 1, current value is ${probability}`
    : !(least > 0 && least <= greatest && greatest < Infinity)
      ? `its scale must be two positive numbers in ascending order, current value is [${least}, ${greatest}]`
      : !(rotate >= 0 && rotate <= 180)
        ? `its greatest turn must be in 0 … 180 degrees, current value is ${rotate}`
        : undefined;
  if (fault !== undefined) throw new RangeError(`Cannot draw a movement: ${fault}`);
}
