import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeEqualChannels, toGrayscale } from "./grayscale.ts";
import type { Raster } from "./raster.ts";

function rgb(...data: number[]): Raster {
  return { width: data.length / 3, height: 1, channels: 3, data: Uint8Array.from(data) };
}

test("toGrayscale() weighs the channels as Pillow does", () => {
  const { channels, data } = toGrayscale(rgb(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 30));
  assert.equal(channels, 1);
  assert.deepEqual([...data], [76, 150, 29, 124]);
});

test("toGrayscale() and mergeEqualChannels() keep all 256 levels of equal channels", () => {
  const levels = Array.from({ length: 256 }, (_, level) => level);
  const picture = rgb(...levels.flatMap((level) => [level, level, level]));
  assert.deepEqual([...toGrayscale(picture).data], levels);
  assert.deepEqual(mergeEqualChannels(picture), toGrayscale(picture));
});

test("mergeEqualChannels() leaves a picture with one coloured pixel alone", () => {
  const picture = rgb(1, 1, 1, 2, 2, 3);
  assert.equal(mergeEqualChannels(picture), picture);
  const green = rgb(1, 1, 1, 2, 3, 2);
  assert.equal(mergeEqualChannels(green), green);
});
