import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomStream } from "../util/random.ts";
import { flipHorizontal } from "./geometry.ts";
import { toGrayscale } from "./grayscale.ts";
import { drawCropBox } from "./random-resized-crop.ts";
import type { Raster } from "./raster.ts";
import { resample } from "./resample.ts";
import { trainingView } from "./training-view.ts";

function drawsOf(name: string): () => number {
  const stream = new RandomStream({ seed: 7, name });
  return () => stream.uniform();
}

function noise(channels: 1 | 3): Raster {
  const [width, height] = [90, 110];
  const stream = new RandomStream({ seed: 3, name: "noise" });
  const data = Uint8Array.from({ length: width * height * channels }, () => stream.integer(256));
  return { width, height, channels, data };
}

test("trainingView() is 448 x 448 and grey where nothing is said", () => {
  const { image, flipped } = trainingView(noise(3), {}, drawsOf("view"));
  assert.deepEqual([image.width, image.height, image.channels], [448, 448, 1]);
  assert.equal(flipped, false);
});

test("trainingView() crops, resamples in colour, flips, then takes the luma", () => {
  const source = noise(3);
  for (const name of ["a", "b", "c", "d"]) {
    const { image, box, flipped } = trainingView(
      source,
      { size: 64, flip: "image" },
      drawsOf(name),
    );
    const draw = drawsOf(name);
    const range = { scale: [0.2, 1], ratio: [3 / 4, 4 / 3] } as const;
    assert.deepEqual(box, drawCropBox(source, range, draw));
    assert.equal(flipped, draw() < 0.5);
    const resized = resample(source, { box, width: 64, height: 64, interpolation: "bicubic" });
    assert.deepEqual(image, toGrayscale(flipped ? flipHorizontal(resized) : resized));
  }
});

test("trainingView() takes as many draws as its crop, and one for a flip", () => {
  const draws = [0.5, 0.5, 0, 0, 0.49];
  const taken = (flip: "image" | "none"): readonly [boolean, number] => {
    let next = 0;
    const draw = () => draws[next++] ?? assert.fail("one draw too many");
    const { flipped } = trainingView(noise(1), { size: 16, flip }, draw);
    return [flipped, next];
  };
  assert.deepEqual(taken("image"), [true, 5]);
  assert.deepEqual(taken("none"), [false, 4]);
  draws[4] = 0.5;
  assert.deepEqual(taken("image"), [false, 5]);
});

test("trainingView() gives a grey picture and its threefold copy the same view", () => {
  const grey = noise(1);
  const data = Uint8Array.from({ length: grey.data.length * 3 }, (_, i) => {
    return grey.data[Math.floor(i / 3)] ?? 0;
  });
  const options = { size: 96, flip: "image" } as const;
  assert.deepEqual(
    trainingView({ ...grey, channels: 3, data }, options, drawsOf("same")),
    trainingView(grey, options, drawsOf("same")),
  );
});

test("trainingView() passes scale, ratio and filter on", () => {
  const options = {
    size: 40,
    scale: [1, 1],
    ratio: [9 / 11, 9 / 11],
    interpolation: "bilinear",
  } as const;
  const source = noise(1);
  const { image, box, picture } = trainingView(source, options, drawsOf("whole"));
  assert.deepEqual(picture, { width: 90, height: 110 });
  assert.deepEqual(box, { left: 0, top: 0, width: 90, height: 110 });
  assert.deepEqual(image, resample(source, { width: 40, height: 40, interpolation: "bilinear" }));
});
