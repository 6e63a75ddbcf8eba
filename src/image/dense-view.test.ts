import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { drawnGeometries } from "../../test/drawn-geometry.ts";
import { openCvCases, sourceOf } from "../../test/opencv-cases.ts";
import { RandomStream } from "../util/random.ts";
import { codec } from "./codec.ts";
import { decodeImage } from "./decode.ts";
import { stillGeometry } from "./dense-geometry.ts";
import { INSIDE, type MaskResize, viewMask, viewPicture } from "./dense-view.ts";
import { flipHorizontal } from "./geometry.ts";
import { letterboxFloat } from "./letterbox.ts";
import { type Mask, maskOfBoxes } from "./mask.ts";
import { scaleRotation, warpAffine } from "./opencv-affine.ts";
import { resizeLinear, resizeNearest } from "./opencv-resize.ts";
import { type PixelSize, type Raster, raster } from "./raster.ts";

const PICTURE = { width: 96, height: 72 };

function noise({ width, height }: PixelSize): Raster {
  const stream = new RandomStream({ seed: 9, name: "noise" });
  const data = Uint8Array.from({ length: width * height }, () => stream.integer(256));
  return raster({ width, height, channels: 1, data });
}

/** A mask of a disc, and the same as a picture of black and white. */
function disc(
  { width, height }: PixelSize,
  [x, y]: readonly [number, number],
  radius: number,
): Mask {
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    return Number(Math.hypot((i % width) - x, Math.floor(i / width) - y) <= radius);
  });
  return { width, height, data };
}

function asPicture({ width, height, data }: Mask): Raster {
  return raster({ width, height, channels: 1, data: data.map((pixel) => pixel * 255) });
}

/** Where the light of a picture is, and how much there is of it. */
function centroid({ width, data }: Raster): { x: number; y: number; sum: number } {
  let [x, y, sum] = [0, 0, 0];
  for (const [i, level] of data.entries()) {
    x += level * (i % width);
    y += level * Math.floor(i / width);
    sum += level;
  }
  return { x: x / sum, y: y / sum, sum: sum / 255 };
}

const RESIZES: readonly MaskResize[] = ["nearest", "corner", "area", "any", "all"];

/** A recorded picture of OpenCV's warp, its result and its movement. */
function recordedWarp(interpolation: "bilinear" | "nearest") {
  const recorded = openCvCases(`warp-${interpolation}`).find(({ shape }) => shape.length === 2);
  assert.ok(recorded !== undefined);
  const source = sourceOf(recorded);
  const matrix = scaleRotation(recorded.movement, source);
  return { source, geometry: { ...stillGeometry(source), matrix }, result: recorded.result };
}

describe("viewPicture()", () => {
  test("is the plain resize where nothing is moved", () => {
    const source = noise(PICTURE);
    const view = viewPicture(source, stillGeometry(PICTURE), { size: 32 });
    assert.deepEqual(view, resizeLinear(source, { width: 32, height: 32 }));
    const whole = viewPicture(
      noise({ width: 32, height: 32 }),
      stillGeometry({ width: 32, height: 32 }),
      { size: 32 },
    );
    assert.deepEqual(whole, noise({ width: 32, height: 32 }));
  });

  test("is OpenCV's warp, then OpenCV's resize", () => {
    const { source, geometry, result } = recordedWarp("bilinear");
    const warped = raster({ ...source, data: Uint8Array.from(result) });
    assert.deepEqual(
      viewPicture(source, geometry, { size: 7 }),
      resizeLinear(warped, { width: 7, height: 7 }),
    );
  });

  test("keeps the sides in proportion in a letterbox, black beside it", () => {
    const source = noise(PICTURE);
    const { data } = viewPicture(source, stillGeometry(PICTURE), { size: 32, fit: "letterbox" });
    const inner = resizeLinear(source, { width: 32, height: 24 });
    assert.deepEqual(data.subarray(32 * 4, 32 * 28), inner.data);
    assert.ok(
      [...data.subarray(0, 32 * 4), ...data.subarray(32 * 28)].every((level) => level === 0),
    );
  });

  test("gives a grey picture and its threefold copy the same view", () => {
    const grey = noise(PICTURE);
    const data = Uint8Array.from(
      { length: 3 * grey.data.length },
      (_, i) => grey.data[Math.floor(i / 3)] ?? 0,
    );
    fc.assert(
      fc.property(drawnGeometries(PICTURE), ({ geometry, ...square }) => {
        assert.deepEqual(
          viewPicture(raster({ ...PICTURE, channels: 3, data }), geometry, square),
          viewPicture(grey, geometry, square),
        );
      }),
      { numRuns: 20, seed: 4 },
    );
  });

  test("moves the levels of a 16-bit picture as those of 8 bits", async () => {
    const { data } = noise(PICTURE);
    const words = Uint16Array.from(data, (level) => level * 16 + 7); // 12 bits
    const { width, height } = PICTURE;
    const deep = await codec()(words, { raw: { width, height, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    const ofRange = await decodeImage(deep, { sixteenBit: "range", bitDepth: 12 });
    const expected = Uint8Array.from(words, (word) => Math.round((word * 255) / 4095));
    assert.deepEqual(ofRange.data, expected);
    const clipped = await decodeImage(deep, { sixteenBit: "clip" });
    fc.assert(
      fc.property(drawnGeometries(PICTURE), ({ geometry, ...square }) => {
        const eight = raster({ width, height, channels: 1, data: expected });
        assert.deepEqual(
          viewPicture(ofRange, geometry, square),
          viewPicture(eight, geometry, square),
        );
        const white = raster({
          width,
          height,
          channels: 1,
          data: Uint8Array.from(words, (word) => Math.min(word, 255)),
        });
        assert.deepEqual(
          viewPicture(clipped, geometry, square),
          viewPicture(white, geometry, square),
        );
      }),
      { numRuns: 10, seed: 4 },
    );
  });

  test("refuses a geometry of another picture", () => {
    assert.throws(
      () => viewPicture(noise({ width: 5, height: 4 }), stillGeometry(PICTURE), { size: 8 }),
      /picture of 5 x 4: its geometry is that of one of 96 x 72$/,
    );
  });
});

describe("viewMask()", () => {
  test("takes the disc where the picture takes it, under every movement and way of resizing", () => {
    let seen = 0;
    const cases = fc.tuple(
      drawnGeometries(PICTURE),
      fc.constantFrom(...RESIZES),
      fc.tuple(fc.integer({ min: 25, max: 70 }), fc.integer({ min: 25, max: 45 })),
    );
    fc.assert(
      fc.property(cases, ([{ geometry, ...square }, resize, middle]) => {
        const mask = disc(PICTURE, middle, 12);
        const light = centroid(viewPicture(asPicture(mask), geometry, square));
        const moved = centroid(viewMask(mask, geometry, { ...square, resize }));
        if (light.sum < 12) return; // cropped away, or nearly
        seen += 1;
        const bound = resize === "nearest" || resize === "area" ? 0.5 : 1.4;
        const distance = Math.hypot(moved.x - light.x, moved.y - light.y);
        assert.ok(distance < bound, `${distance} pixels apart (${resize})`);
      }),
      { numRuns: 300, seed: 4 },
    );
    assert.ok(seen > 200, `${seen} discs were seen`);
  });

  test("warps and samples as OpenCV's two steps", () => {
    const { source, geometry, result } = recordedWarp("nearest");
    const mask = { ...source, data: source.data.map((level) => Number(level > 127)) };
    const warped = Uint8Array.from(result, (level) => (level > 127 ? INSIDE : 0));
    const expected = resizeNearest(raster({ ...source, data: warped }), { width: 7, height: 7 });
    assert.deepEqual(viewMask(mask, geometry, { size: 7, resize: "corner" }), expected);
  });

  test("gives shares within a level of OpenCV's in f32, in a letterbox too", () => {
    const mask = disc(PICTURE, [40, 30], 21);
    const view = viewMask(mask, stillGeometry(PICTURE), {
      size: 28,
      fit: "letterbox",
      resize: "area",
    });
    const exact = letterboxFloat({ ...PICTURE, data: Float32Array.from(mask.data) }, 28);
    for (const [i, level] of view.data.entries()) {
      assert.ok(Math.abs(level - 255 * (exact.data[i] ?? Number.NaN)) <= 0.5 + 1e-4);
    }
    assert.ok(view.data.some((level) => level > 0 && level < INSIDE));
  });

  test("marks what a mask touches, or what it fills", () => {
    const mask = maskOfBoxes([[1, 0, 4, 2]], { width: 6, height: 2 });
    const levels = (resize: MaskResize): readonly number[] =>
      Array.from(viewMask(mask, stillGeometry(mask), { size: 2, resize }).data);
    const lower = maskOfBoxes([[0, 0, 5, 1]], { width: 6, height: 4 });
    assert.deepEqual(levels("nearest"), [255, 0, 255, 0]);
    assert.deepEqual(levels("any"), [255, 255, 255, 255]);
    assert.deepEqual(levels("all"), [0, 0, 0, 0]);
    const corners = viewMask(lower, stillGeometry(lower), { size: 2, resize: "corner" });
    assert.deepEqual(Array.from(corners.data), [255, 255, 0, 0]);
    const middles = viewMask(lower, stillGeometry(lower), { size: 2, resize: "nearest" });
    assert.deepEqual(Array.from(middles.data), [0, 0, 0, 0]);
  });

  test("marks nothing of nothing, and any value that is not 0", () => {
    const still = stillGeometry({ width: 4, height: 4 });
    const empty = { width: 4, height: 4, data: new Uint8Array(16) };
    const full = { ...empty, data: new Uint8Array(16).fill(255) };
    for (const resize of RESIZES) {
      assert.ok(viewMask(empty, still, { size: 3, resize }).data.every((level) => level === 0));
      assert.ok(viewMask(full, still, { size: 3, resize }).data.every((level) => level === INSIDE));
    }
  });
});

test("a flipped geometry of a flipped picture shows the picture", () => {
  const source = noise(PICTURE);
  const flipped = { ...stillGeometry(PICTURE), flipped: true };
  const mask = disc(PICTURE, [20, 30], 9);
  const mirrored = { ...mask, data: flipHorizontal(asPicture(mask)).data };
  assert.deepEqual(
    viewPicture(flipHorizontal(source), flipped, { size: 24 }),
    viewPicture(source, stillGeometry(PICTURE), { size: 24 }),
  );
  for (const resize of RESIZES) {
    const square = { size: 24, resize };
    assert.deepEqual(
      viewMask(mirrored, flipped, square),
      viewMask(mask, stillGeometry(PICTURE), square),
    );
  }
});

test("a still warp changes nothing", () => {
  const source = noise(PICTURE);
  const matrix = scaleRotation({ scaleX: 1, scaleY: 1, angle: 0 }, PICTURE);
  assert.deepEqual(warpAffine(source, matrix, "bilinear"), source);
  assert.deepEqual(
    viewPicture(source, { ...stillGeometry(PICTURE), matrix }, { size: 24 }),
    viewPicture(source, stillGeometry(PICTURE), { size: 24 }),
  );
});
