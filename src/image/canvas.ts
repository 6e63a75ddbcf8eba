/** @file Drawing over a grey picture in colour: masks, frames, and a strip that says what the colours mean. */
import type { Corners, Mask } from "./mask.ts";
import { inkOf, LETTER_HEIGHT } from "./pixel-font.ts";
import { type PixelSize, type Raster, raster } from "./raster.ts";

/** Red, green, blue. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A line of a legend. */
export interface LegendEntry {
  readonly text: string;
  readonly colour: Colour;
}

const PAPER = 255;
const INK: Colour = [0, 0, 0];
/** In pixels of letters: what is left free around a line of a legend. */
const MARGIN = 4;

/** How a text is written. */
export interface TextStyle {
  readonly colour: Colour;
  /** Pixels across a pixel of a letter. */
  readonly scale: number;
}

/** A drawing in red, green and blue. What lies outside it is not drawn. */
export class Canvas implements PixelSize {
  readonly width: number;
  readonly height: number;
  readonly #data: Uint8Array;
  /** Pixels across a line. */
  readonly #line: number;

  /** Begins with a grey picture; lines will be `line` pixels wide. */
  constructor({ width, height, data }: Raster, line: number) {
    this.width = width;
    this.height = height;
    this.#line = line;
    this.#data = new Uint8Array(3 * data.length);
    for (const [i, level] of data.entries()) this.#data.fill(level, 3 * i, 3 * i + 3);
  }

  /** Lines the edge of a mask of the drawing's size, on the inside, and tints what is left of it. */
  drawMask({ data }: Mask, colour: Colour, tint: number): void {
    const inside = (x: number, y: number): boolean =>
      x >= 0 && y >= 0 && x < this.width && y < this.height && data[y * this.width + x] !== 0;
    const reach = this.#line;
    const isEdge = (x: number, y: number): boolean =>
      !inside(x - reach, y) ||
      !inside(x + reach, y) ||
      !inside(x, y - reach) ||
      !inside(x, y + reach);
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        if (inside(x, y)) this.#blend(x, y, colour, isEdge(x, y) ? 1 : tint);
      }
    }
  }

  /** Lines a box on the inside; corners are rounded to pixels. */
  drawFrame(box: Corners, colour: Colour): void {
    const [x1 = 0, y1 = 0, right = 0, bottom = 0] = box.map(Math.round);
    const [x2, y2] = [Math.max(right, x1 + 1), Math.max(bottom, y1 + 1)];
    this.fill([x1, y1, x2, y1 + this.#line], colour);
    this.fill([x1, y2 - this.#line, x2, y2], colour);
    this.fill([x1, y1, x1 + this.#line, y2], colour);
    this.fill([x2 - this.#line, y1, x2, y2], colour);
  }

  /** Fills a box of whole pixels. */
  fill([x1, y1, x2, y2]: Corners, colour: Colour): void {
    for (let y = Math.max(0, y1); y < Math.min(this.height, y2); y++) {
      for (let x = Math.max(0, x1); x < Math.min(this.width, x2); x++) this.#blend(x, y, colour, 1);
    }
  }

  /** Writes a text from its upper left corner; letters' pixels are `scale` wide. */
  write(text: string, [left, top]: readonly [x: number, y: number], style: TextStyle): void {
    const { colour, scale } = style;
    for (const [column, row] of inkOf(text)) {
      const [x, y] = [left + column * scale, top + row * scale];
      this.fill([x, y, x + scale, y + scale], colour);
    }
  }

  #blend(x: number, y: number, colour: Colour, share: number): void {
    const at = 3 * (y * this.width + x);
    for (const [channel, level] of colour.entries()) {
      const below = this.#data[at + channel] ?? 0;
      this.#data[at + channel] = Math.round(below + (level - below) * share);
    }
  }

  /** The drawing as a picture. */
  finish(): Raster {
    const { width, height } = this;
    return raster({ width, height, channels: 3, data: this.#data });
  }
}

/** A strip of paper with a line for each entry: a square of its colour, and its text. Letters' pixels are `scale` wide. */
export function drawLegend(entries: readonly LegendEntry[], width: number, scale: number): Raster {
  const side = LETTER_HEIGHT * scale;
  const lineHeight = side + MARGIN * scale;
  const height = Math.max(1, entries.length * lineHeight + MARGIN * scale);
  const paper = new Uint8Array(width * height).fill(PAPER);
  const strip = new Canvas(raster({ width, height, channels: 1, data: paper }), scale);
  for (const [line, { text, colour }] of entries.entries()) {
    const [left, top] = [MARGIN * scale, MARGIN * scale + line * lineHeight];
    strip.fill([left, top, left + side, top + side], colour);
    strip.write(text, [left + side + MARGIN * scale, top], { colour: INK, scale });
  }
  return strip.finish();
}

/** Two pictures of one width and kind, one below the other. */
export function stackPictures(above: Raster, below: Raster): Raster {
  const { width, channels } = above;
  const data = new Uint8Array(above.data.length + below.data.length);
  data.set(above.data);
  data.set(below.data, above.data.length);
  return raster({ width, channels, height: above.height + below.height, data });
}
