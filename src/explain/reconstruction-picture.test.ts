import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { pixelWord } from "../image/pixel-font.ts";
import { type NdArray, ndArray, sizeOf } from "../util/nd-array.ts";
import { reconstructionPicture } from "./reconstruction-picture.ts";

const [SIDE, GAP] = [NANO.bigImageSize, 8];

/** Normalised channels in which sample b, channel 0, pixel i has the grey level `level(b, i)`; the other channels are noise. */
function normalised(side: number, level: (sample: number, pixel: number) => number): NdArray {
  const shape = [2, 3, side, side];
  const pixels = side * side;
  const values = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const [sample, channel] = [Math.floor(at / (3 * pixels)), Math.floor(at / pixels) % 3];
    const grey = channel === 0 ? level(sample, at % pixels) : 77;
    return (grey / 255 - NANO.mean) / NANO.std;
  });
  return ndArray("f32", shape, values);
}

describe("reconstructionPicture()", () => {
  const film = ndArray(
    "u8",
    [2, SIDE, SIDE],
    Array.from({ length: 2 * SIDE * SIDE }, (_, i) => (i * 7) % 256),
  );
  const picture = reconstructionPicture(
    film,
    {
      small: normalised(4, (sample, pixel) => 100 + 50 * sample + pixel),
      predicted: normalised(4, (sample, pixel) => 20 + 10 * sample + pixel),
      superResolved: normalised(8, (sample, pixel) => (sample === 0 ? pixel : 300 - 10 * pixel)),
      mask: ndArray("f32", [2, 4], [1, 0, 0, 1, 0, 0, 0, 0]),
    },
    NANO,
  );
  const level = (sample: number, panel: number, row: number, column: number): number =>
    picture.data[(sample * (SIDE + GAP) + row) * picture.width + panel * (SIDE + GAP) + column] ??
    Number.NaN;
  /** The level of a small image's pixel under a pixel of the panel. */
  const under = (start: number, row: number, column: number): number =>
    start + Math.floor(row / 2) * 4 + Math.floor(column / 2);

  test("has four panels a row and one row a film, on white", () => {
    const { width, height, channels, data } = picture;
    assert.deepEqual([width, height, channels], [4 * SIDE + 3 * GAP, 2 * SIDE + GAP, 1]);
    assert.equal(data.length, width * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const isGap = row % (SIDE + GAP) >= SIDE || column % (SIDE + GAP) >= SIDE;
        if (isGap) assert.equal(data[row * width + column], 255);
      }
    }
  });

  test("shows the film, what was seen, the reconstruction, and the super-resolved image", () => {
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const place = row * SIDE + column;
        // Patches are 4 pixels wide here; of film 0 the first and the last are removed, of film 1 none.
        const removed = row < 4 === column < 4;
        const [seen, made] = [under(100, row, column), under(20, row, column)];
        assert.equal(level(0, 0, row, column), film.data[place]);
        assert.equal(level(0, 1, row, column), removed ? 96 : seen);
        assert.equal(level(0, 2, row, column), removed ? made : seen);
        assert.equal(level(0, 3, row, column), place);
        assert.equal(level(1, 0, row, column), film.data[SIDE * SIDE + place]);
        assert.equal(level(1, 1, row, column), under(150, row, column));
        assert.equal(level(1, 2, row, column), under(150, row, column));
      }
    }
  });

  test("cuts levels at black and white", () => {
    assert.equal(level(1, 3, 0, 0), 255);
    assert.equal(level(1, 3, 0, 5), 250);
    assert.equal(level(1, 3, 3, 7), 0);
  });

  test("says above wide panels what each is", () => {
    const wide = { ...NANO, imageSize: 64, bigImageSize: 128, patch: 32 };
    const panel = (side: number): NdArray =>
      ndArray("f32", [1, 3, side, side], new Float32Array(3 * side * side));
    const { width, height, data } = reconstructionPicture(
      ndArray("u8", [1, 128, 128], new Uint8Array(128 * 128)),
      {
        ...{ small: panel(64), predicted: panel(64), superResolved: panel(128) },
        mask: ndArray("f32", [1, 4], [0, 0, 0, 0]),
      },
      wide,
    );
    assert.equal(height, 128 + 7 + 2 * GAP);
    const ink = (panelIndex: number): number => {
      let pixels = 0;
      for (let row = 0; row < 7 + 2 * GAP; row++) {
        const from = row * width + panelIndex * (128 + GAP);
        pixels += data.subarray(from, from + 128).filter((level) => level === 0).length;
      }
      return pixels;
    };
    const letters = (text: string): number => pixelWord(text).join("").replaceAll(" ", "").length;
    const words = ["Film", "Seen", "Reconstruction", "Super-resolution"];
    assert.deepEqual([0, 1, 2, 3].map(ink), words.map(letters));
    assert.equal(data[(7 + 2 * GAP) * width], 0); // the film begins below
  });
});
