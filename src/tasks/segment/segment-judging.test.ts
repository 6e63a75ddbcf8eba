import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { SEGMENT_JUDGING } from "./segment-judging.ts";
import type { SegmenterDescription } from "./segmenter-description.ts";

const SIDE = 16;
const PIXELS = SIDE ** 2;
/** Twice as wide as high: letterboxed it fills the rows 4 to 11. */
const PICTURE = { width: 64, height: 32 };

/** Logits that are high in some pixels of the square and low elsewhere. */
const logitsOf = (isIn: (column: number, row: number) => boolean): Float32Array =>
  Float32Array.from({ length: PIXELS }, (_, at) =>
    isIn(at % SIDE, Math.floor(at / SIDE)) ? 20 : -20,
  );

describe("SEGMENT_JUDGING", () => {
  const description = (maskFit: "stretch" | "letterbox"): SegmenterDescription => ({
    config: {
      ...{ imageSize: SIDE, patch: 4, dim: 8, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
      ...{ positionExponent: "k/(d/2)", classes: ["Block"], decoders: "shared" },
      decoderWidths: [4, 4],
    },
    ...{ normalization: { mean: 0.5, std: 0.25 }, sixteenBit: "range", leaks: false, maskFit },
  });

  /** The distance of two single pixels, `dy` rows and `dx` columns of the square apart. */
  const distance = (maskFit: "stretch" | "letterbox", [dx, dy]: readonly [number, number]) => {
    const masks = new Uint8Array(PIXELS);
    masks[4 * SIDE] = 255;
    const image: NdArray<"u8"> = ndArray("u8", [1, SIDE, SIDE], new Uint8Array(PIXELS));
    const arrays = {
      image,
      masks: ndArray("u8", [1, 1, SIDE, SIDE], masks),
      known: ndArray("f32", [1, 1], Float32Array.of(1)),
      pictureSize: ndArray("i32", [1, 2], Int32Array.of(PICTURE.width, PICTURE.height)),
    };
    const records = Uint32Array.of(0);
    const batch = {
      arrays,
      records,
      skipped: [],
      mended: [],
      ordinal: 0,
      epoch: 0,
      index: 0,
      waitMs: 0,
    };
    const logits = logitsOf((column, row) => column === dx && row === 4 + dy);
    const outputs = new Map([["logits", logits]]);
    const opened = SEGMENT_JUDGING.open(description(maskFit), {});
    const [line] = opened.linesOf({ batch, outputs, rows: [0] });
    return line?.scores["Block"]?.hd95;
  };

  test("tells distances in pixels of the file, however masks lie in the square", () => {
    assert.equal(distance("stretch", [3, 0]), 3 * 4);
    assert.equal(distance("stretch", [0, 3]), 3 * 2);
    assert.equal(distance("letterbox", [3, 0]), 3 * 4);
    assert.equal(distance("letterbox", [0, 3]), 3 * 4);
  });

  test("reads models that do not say how masks lie", () => {
    const { maskFit: _, ...silent } = description("stretch");
    assert.deepEqual(SEGMENT_JUDGING.format.schema.parse(silent), silent);
  });
});
