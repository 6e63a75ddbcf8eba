/** @file A picture and its masks as segmentation and detection see them: moved together, then resized to a square (SPEC 4.2, 4.3). */
import type { DenseGeometry } from "./dense-geometry.ts";
import { crop, flipHorizontal } from "./geometry.ts";
import { mergeEqualChannels, toGrayscale } from "./grayscale.ts";
import { type Fit, type Letterbox, padToSquare, placeInSquare } from "./letterbox.ts";
import type { Mask } from "./mask.ts";
import { warpAffine } from "./opencv-affine.ts";
import { resizeArea } from "./opencv-resize.ts";
import { type PixelSize, type Raster, raster } from "./raster.ts";
import { warpResizeLinear, warpResizeNearest } from "./warp-resize.ts";

/** The square that a view is. */
export interface ViewSquare {
  /** Side of the square, in pixels. */
  readonly size: number;
  /** Default `stretch`. */
  readonly fit?: Fit;
}

/**
 * What a pixel of a view says of a mask.
 * - `nearest`: whether the mask holds the pixel's middle.
 * - `corner`: whether it holds the sample that OpenCV's `INTER_NEAREST` takes, up to half a pixel above and left of the middle.
 * - `area`: what share of the pixel it holds, by OpenCV's `INTER_AREA`.
 * - `any`, `all`: whether it holds some, or all, of the pixel, by the same.
 */
export type MaskResize = "nearest" | "corner" | "area" | "any" | "all";

/** The level of a pixel that a mask holds; shares lie between 0 and it. */
export const INSIDE = 255;

/**
 * The view of a picture: cropped, flipped, warped (bilinear, black around it), resized by OpenCV's bilinear to its place in the square,
 * grey. Three equal channels give the bytes of one.
 * @throws {RangeError} when the geometry is that of a picture of another size
 */
export function viewPicture(
  picture: Raster,
  geometry: DenseGeometry,
  { size, fit = "stretch" }: ViewSquare,
): Raster {
  const part = shownPart(mergeEqualChannels(picture), geometry);
  const place = placeInSquare(part, size, fit);
  const resized = warpResizeLinear(part, geometry.matrix, place);
  return padToSquare(toGrayscale(resized), place, size);
}

/**
 * The view of a mask: moved as its picture is, without blending, then resized.
 * @returns grey, `size` × `size`: 0 outside, 255 inside, and under `area` the shares between
 * @throws {RangeError} when the geometry is that of a picture of another size
 */
export function viewMask(
  { width, height, data }: Mask,
  geometry: DenseGeometry,
  { size, fit = "stretch", resize = "nearest" }: ViewSquare & { readonly resize?: MaskResize },
): Raster {
  const part = shownPart(raster({ width, height, channels: 1, data }), geometry);
  const place = placeInSquare(part, size, fit);
  return padToSquare(resizeMask(part, geometry, { place, resize }), place, size);
}

function resizeMask(
  part: Raster,
  { matrix }: DenseGeometry,
  { place, resize }: { readonly place: Letterbox; readonly resize: MaskResize },
): Raster {
  if (resize === "nearest" || resize === "corner") {
    const point = resize === "nearest" ? "middle" : "corner";
    const size = { width: place.width, height: place.height };
    return toLevels(warpResizeNearest(part, matrix, { ...size, point }));
  }
  const moved = matrix === undefined ? part : warpAffine(part, matrix, "nearest");
  const shares = resizeArea(toLevels(moved), place);
  if (resize === "area") return shares;
  const least = resize === "any" ? 1 : INSIDE;
  return { ...shares, data: shares.data.map((share) => (share >= least ? INSIDE : 0)) };
}

/** A mask's pixels, whatever marks them, as levels. */
function toLevels(mask: Raster): Raster {
  const data = new Uint8Array(mask.data.length);
  for (let i = 0; i < data.length; i++) data[i] = mask.data[i] === 0 ? 0 : INSIDE;
  return { ...mask, data };
}

/** The part of a picture that is shown, flipped where it is. */
function shownPart(source: Raster, { picture, crop: box, flipped }: DenseGeometry): Raster {
  if (source.width !== picture.width || source.height !== picture.height) {
    throw new RangeError(
      `Cannot move a picture of ${source.width} x ${source.height}: its geometry is that of one of ${picture.width} x ${picture.height}`,
    );
  }
  const part = isWhole(box, picture) ? source : crop(source, box);
  return flipped ? flipHorizontal(part) : part;
}

function isWhole(box: PixelSize, picture: PixelSize): boolean {
  return box.width === picture.width && box.height === picture.height;
}
