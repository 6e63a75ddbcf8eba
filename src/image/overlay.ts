/** @file A picture with what is true and what a model says drawn over it: masks as outlines and tints, boxes as frames, each with its name; a legend below. */
import { Canvas, type Colour, drawLegend, stackPictures } from "./canvas.ts";
import { takePixels } from "./geometry.ts";
import { mergeEqualChannels, toGrayscale } from "./grayscale.ts";
import type { Corners, Mask } from "./mask.ts";
import { middleSamples } from "./opencv-axis.ts";
import { LETTER_HEIGHT, textWidth } from "./pixel-font.ts";
import { placeLabels, type WantedLabel } from "./place-labels.ts";
import { type PixelSize, type Raster, raster } from "./raster.ts";
import { resample } from "./resample.ts";

/** How a layer looks. */
interface LayerStyle {
  /** In the legend. */
  readonly name: string;
  readonly colour: Colour;
  /** How much of the colour there is in a pixel inside a mask. */
  readonly tint: number;
  /** Where labels stand, and go when another is there: above, or below. */
  readonly gives: WantedLabel["gives"];
}

type Layer = LayerStyle & OverlayLayer;
type Label = WantedLabel & { readonly text: string; readonly colour: Colour };

/** Two colours of Okabe and Ito's palette, which are told apart with any colour vision, over dark and over bright. */
const TRUTH: LayerStyle = { name: "TRUTH", colour: [86, 180, 233], tint: 0, gives: "up" };
const PREDICTION: LayerStyle = {
  ...{ name: "PREDICTION", colour: [230, 159, 0], tint: 0.3, gives: "down" },
};

/** Of the drawing's longer side, a line is one part of so many. */
const LINES = 512;

/** The same for a pixel of a label's letters. */
const LETTER_PIXELS = 400;
/** In pixels of letters: what is left free around a label. */
const PADDING = 1;
/** What labels are written on. */
const GROUND: Colour = [0, 0, 0];

/** A mask of the picture's size. */
export interface OverlayMask {
  readonly mask: Mask;
  /** What it is of, written in its middle; nothing where it is empty. */
  readonly label?: string;
}

/** A box in pixels of the picture. */
export interface OverlayBox {
  readonly corners: Corners;
  /** What it is of, written at its edge. */
  readonly label?: string;
}

/** What is known of a picture, or said of it. */
export interface OverlayLayer {
  readonly masks?: readonly OverlayMask[];
  readonly boxes?: readonly OverlayBox[];
  /** What a reader should know of the layer, said in the legend. */
  readonly note?: string;
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
  const layers: readonly Layer[] = [
    ...(prediction === undefined ? [] : [{ ...PREDICTION, ...prediction }]),
    ...(truth === undefined ? [] : [{ ...TRUTH, ...truth }]),
  ];
  const labels = layers.flatMap((layer) => drawLayer(canvas, picture, layer));
  drawLabels(canvas, labels);
  const entries = layers.toReversed().map(({ name, note, colour }) => ({
    text: note === undefined ? name : `${name}, ${note}`,
    colour,
  }));
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

/** Draws a layer, and gives the labels that it wants. */
function drawLayer(canvas: Canvas, picture: PixelSize, layer: Layer): readonly Label[] {
  const { masks = [], boxes = [], colour, tint, gives } = layer;
  const labels: Label[] = [];
  for (const { mask, label } of masks) {
    const drawn = maskOver(canvas, picture, mask);
    canvas.drawMask(drawn, colour, tint);
    const middle = middleOf(drawn);
    if (label === undefined || middle === undefined) continue;
    // Of two that lie on each other, the one that gives way upwards stands above the other.
    const { width, height } = sizeOf(label, canvas);
    const top = gives === "up" ? middle.y - height : middle.y;
    labels.push({ text: label, colour, width, height, gives, x: middle.x - width / 2, y: top });
  }
  const [across, down] = [canvas.width / picture.width, canvas.height / picture.height];
  for (const { corners, label } of boxes) {
    const [x1, y1, x2, y2] = corners;
    canvas.drawFrame([x1 * across, y1 * down, x2 * across, y2 * down], colour);
    if (label === undefined) continue;
    const { width, height } = sizeOf(label, canvas);
    const top = gives === "up" ? y1 * down - height : y2 * down;
    labels.push({ text: label, colour, width, height, gives, x: x1 * across, y: top });
  }
  return labels;
}

/** A mask at the drawing's size. */
function maskOver(canvas: Canvas, { width, height }: PixelSize, mask: Mask): Mask {
  if (mask.width !== width || mask.height !== height) {
    throw new RangeError(
      `Cannot draw a mask of ${mask.width} x ${mask.height} over a picture of ${width} x ${height}: expected the same size`,
    );
  }
  const whole = raster({ width, height, channels: 1, data: mask.data });
  return takePixels(whole, middlesOf(mask, canvas));
}

/** The mean place of a mask's pixels; undefined where it has none. */
function middleOf({ width, data }: Mask): { readonly x: number; readonly y: number } | undefined {
  let [sumX, sumY, pixels] = [0, 0, 0];
  for (const [i, inside] of data.entries()) {
    if (inside === 0) continue;
    [sumX, sumY, pixels] = [sumX + (i % width), sumY + Math.floor(i / width), pixels + 1];
  }
  return pixels === 0 ? undefined : { x: sumX / pixels, y: sumY / pixels };
}

const letterScale = ({ width, height }: PixelSize): number =>
  Math.max(1, Math.round(Math.max(width, height) / LETTER_PIXELS));

function sizeOf(text: string, drawing: PixelSize): PixelSize {
  const scale = letterScale(drawing);
  const side = (pixels: number): number => (pixels + 2 * PADDING) * scale;
  return { width: side(textWidth(text)), height: side(LETTER_HEIGHT) };
}

/** Writes labels over everything that is drawn. */
function drawLabels(canvas: Canvas, labels: readonly Label[]): void {
  const scale = letterScale(canvas);
  for (const [i, place] of placeLabels(labels, canvas).entries()) {
    const { text = "", colour = GROUND } = labels[i] ?? {};
    canvas.fill(place, GROUND);
    const [left, top] = place;
    canvas.write(text, [left + PADDING * scale, top + PADDING * scale], { colour, scale });
  }
}
