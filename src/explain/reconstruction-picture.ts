/** @file Films beside what the model made of them, as one picture: film | what the encoder saw | reconstruction | super-resolution. */
import { inkOf, LETTER_HEIGHT, textWidth } from "../image/pixel-font.ts";
import type { Raster } from "../image/raster.ts";
import type { EcampConfig } from "../model/config.ts";
import type { NdArray } from "../util/nd-array.ts";
import type { Reconstruction } from "./reconstruction.ts";

/** Pixels between panels, and their grey level. */
const GAP = 8;
const PAPER = 255;
/** The level of removed patches. */
const REMOVED = 96;

const INK = 0;

/** What stands above the panels. */
const HEADINGS = ["Film", "Seen", "Reconstruction", "Super-resolution"] as const;
/** The most pixels across a pixel of a letter. */
const LARGEST_LETTERS = 3;

type Level = (row: number, column: number) => number;

/** The first channel of one sample of [B, C, side, side] as grey levels, each pixel `scale` times as large. */
function levelsOf(
  array: NdArray,
  sample: number,
  { mean, std }: EcampConfig,
  scale: number,
): Level {
  const [, channels = 1, height = 0, width = 0] = array.shape;
  const start = sample * channels * height * width;
  return (row, column) => {
    const pixel = start + Math.floor(row / scale) * width + Math.floor(column / scale);
    const level = (Number(array.data[pixel]) * std + mean) * 255;
    return Math.min(255, Math.max(0, Math.round(level)));
  };
}

function panels(
  film: NdArray<"u8">,
  stages: Reconstruction,
  sample: number,
  config: EcampConfig,
): readonly Level[] {
  const side = config.bigImageSize;
  const scale = side / config.imageSize;
  const grid = config.imageSize / config.patch;
  const original: Level = (row, column) => film.data[(sample * side + row) * side + column] ?? 0;
  const small = levelsOf(stages.small, sample, config, scale);
  const predicted = levelsOf(stages.predicted, sample, config, scale);
  const patch = config.patch * scale;
  const removed = (row: number, column: number): boolean =>
    stages.mask.data[
      sample * grid * grid + Math.floor(row / patch) * grid + Math.floor(column / patch)
    ] === 1;
  return [
    original,
    (row, column) => (removed(row, column) ? REMOVED : small(row, column)),
    (row, column) => (removed(row, column) ? predicted(row, column) : small(row, column)),
    levelsOf(stages.superResolved, sample, config, 1),
  ];
}

/**
 * One row a film, four panels a row: the film; the patches that the encoder saw; those patches with the model's prediction in
 * the gaps; the super-resolved prediction. Nothing of the film is pasted into the last panel. Above stands what each is, where panels are
 * wide enough for the words.
 * @param film u8 [B, S, S]
 */
export function reconstructionPicture(
  film: NdArray<"u8">,
  stages: Reconstruction,
  config: EcampConfig,
): Raster {
  const rows = film.shape[0] ?? 0;
  const side = config.bigImageSize;
  const width = 4 * side + 3 * GAP;
  const scale = headingScale(side);
  const top = scale === 0 ? 0 : LETTER_HEIGHT * scale + 2 * GAP;
  const height = top + rows * side + (rows - 1) * GAP;
  const data = new Uint8Array(width * height).fill(PAPER);
  for (const [index, text] of HEADINGS.entries()) {
    writeText(data.subarray(GAP * width + index * (side + GAP)), text, { width, scale });
  }
  for (let sample = 0; sample < rows; sample++) {
    for (const [index, level] of panels(film, stages, sample, config).entries()) {
      const corner = (top + sample * (side + GAP)) * width + index * (side + GAP);
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < side; column++)
          data[corner + row * width + column] = level(row, column);
      }
    }
  }
  return { width, height, channels: 1, data };
}

/** Pixels across a pixel of a letter, so that every heading fits its panel; 0 where none does. */
function headingScale(side: number): number {
  const widest = Math.max(...HEADINGS.map(textWidth));
  return Math.min(LARGEST_LETTERS, Math.floor(side / widest));
}

/** Writes a text into rows of `width` levels, from their first one on. */
function writeText(
  levels: Uint8Array,
  text: string,
  { width, scale }: { readonly width: number; readonly scale: number },
): void {
  for (const [column, row] of inkOf(text)) {
    for (let line = 0; line < scale; line++) {
      const from = (row * scale + line) * width + column * scale;
      levels.fill(INK, from, from + scale);
    }
  }
}
