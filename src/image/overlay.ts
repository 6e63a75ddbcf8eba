/** @file A picture with what is true and what a model says drawn over it: masks as outlines and tints, boxes as frames, a legend below. */
import { Canvas, type Colour, drawLegend, type PixelWord, stackPictures } from "./canvas.ts";
import { takePixels } from "./geometry.ts";
import { mergeEqualChannels, toGrayscale } from "./grayscale.ts";
import type { Corners, Mask } from "./mask.ts";
import { middleSamples } from "./opencv-axis.ts";
import { type PixelSize, type Raster, raster } from "./raster.ts";
import { resample } from "./resample.ts";

/** Two colours of Okabe and Ito's palette, which are told apart with any colour vision, over dark and over bright. */
const TRUTH: Colour = [86, 180, 233];
const PREDICTION: Colour = [230, 159, 0];

/** How much of a tint's colour there is in a pixel. */
const TINT = 0.3;
/** Of the drawing's longer side, a line is one part of so many. */
const LINES = 512;

/** What is known of a picture, or said of it. */
export interface OverlayLayer {
  /** Masks of the picture's size. */
  readonly masks?: readonly Mask[];
  /** Boxes in pixels of the picture. */
  readonly boxes?: readonly Corners[];
}

/** What is drawn over a picture. What is absent has no place in the legend either. */
export interface OverlayOptions {
  /** Sky blue lines, above the prediction. */
  readonly truth?: OverlayLayer;
  /** Orange lines, masks tinted inside. */
  readonly prediction?: OverlayLayer;
  /** The most pixels of the drawing's longer side, its legend left aside. Default 1024. */
  readonly longestSide?: number;
}

/**
 * Draws truth and prediction over a picture, and below it which colour is which. A larger picture is made smaller; each pixel of one
 * of less than half the size is drawn as a square of pixels.
 * @throws {RangeError} when a mask has another size than the picture
 */
export function drawOverlay(
  picture: Raster,
  { truth, prediction, longestSide = 1024 }: OverlayOptions,
): Raster {
  const grey = scaled(toGrayscale(mergeEqualChannels(picture)), longestSide);
  const line = Math.max(1, Math.round(Math.max(grey.width, grey.height) / LINES));
  const canvas = new Canvas(grey, line);
  const layers = [
    ...(prediction === undefined ? [] : [{ ...prediction, colour: PREDICTION, tint: TINT }]),
    ...(truth === undefined ? [] : [{ ...truth, colour: TRUTH, tint: 0 }]),
  ];
  for (const layer of layers) drawLayer(canvas, picture, layer);
  const entries = [
    ...(truth === undefined ? [] : [{ word: TRUTH_WORD, colour: TRUTH }]),
    ...(prediction === undefined ? [] : [{ word: PREDICTION_WORD, colour: PREDICTION }]),
  ];
  return stackPictures(canvas.finish(), drawLegend(entries, canvas.width, line));
}

function scaled(grey: Raster, longestSide: number): Raster {
  const longest = Math.max(grey.width, grey.height);
  if (longest > longestSide) {
    const side = (length: number): number =>
      Math.max(1, Math.round((length * longestSide) / longest));
    const size = { width: side(grey.width), height: side(grey.height) };
    return resample(grey, { ...size, interpolation: "bilinear" });
  }
  const times = Math.floor(longestSide / longest);
  const size = { width: times * grey.width, height: times * grey.height };
  return times === 1 ? grey : takePixels(grey, middlesOf(grey, size));
}

/** The pixels in which those of another size have their middles. */
function middlesOf(from: PixelSize, to: PixelSize) {
  return {
    columns: middleSamples({ from: from.width, to: to.width }),
    rows: middleSamples({ from: from.height, to: to.height }),
  };
}

function drawLayer(
  canvas: Canvas,
  { width, height }: PixelSize,
  {
    masks = [],
    boxes = [],
    colour,
    tint,
  }: OverlayLayer & { readonly colour: Colour; readonly tint: number },
): void {
  for (const mask of masks) {
    if (mask.width !== width || mask.height !== height) {
      throw new RangeError(
        `Cannot draw a mask of ${mask.width} x ${mask.height} over a picture of ${width} x ${height}: expected the same size`,
      );
    }
    const whole = raster({ width, height, channels: 1, data: mask.data });
    canvas.drawMask(takePixels(whole, middlesOf(mask, canvas)), colour, tint);
  }
  const [x, y] = [canvas.width / width, canvas.height / height];
  for (const [x1, y1, x2, y2] of boxes) canvas.drawFrame([x1 * x, y1 * y, x2 * x, y2 * y], colour);
}

const TRUTH_WORD: PixelWord = [
  "##### ####  #   # ##### #   #",
  "  #   #   # #   #   #   #   #",
  "  #   #   # #   #   #   #   #",
  "  #   ####  #   #   #   #####",
  "  #   # #   #   #   #   #   #",
  "  #   #  #  #   #   #   #   #",
  "  #   #   #  ###    #   #   #",
];

const PREDICTION_WORD: PixelWord = [
  "####  ####  ##### ####  #  ###  ##### #  ###  #   #",
  "#   # #   # #     #   # # #   #   #   # #   # ##  #",
  "#   # #   # #     #   # # #       #   # #   # ##  #",
  "####  ####  ####  #   # # #       #   # #   # # # #",
  "#     # #   #     #   # # #       #   # #   # #  ##",
  "#     #  #  #     #   # # #   #   #   # #   # #  ##",
  "#     #   # ##### ####  #  ###    #   #  ###  #   #",
];
