import assert from "node:assert/strict";
import { test } from "node:test";
import { letterbox, letterboxFloat, letterboxOf } from "./letterbox.ts";
import { raster } from "./raster.ts";

test("letterboxOf() cuts the shorter side to whole pixels and puts the odd one behind", () => {
  assert.deepEqual(letterboxOf({ width: 260, height: 300 }, 112), {
    ...{ width: 97, height: 112, left: 7, top: 0 },
  });
  assert.deepEqual(letterboxOf({ width: 512, height: 420 }, 224), {
    ...{ width: 224, height: 183, left: 0, top: 20 },
  });
  assert.deepEqual(letterboxOf({ width: 1000, height: 1 }, 10), {
    ...{ width: 10, height: 1, left: 0, top: 4 },
  });
});

test("letterbox() and letterboxFloat() put the picture in the middle of black", () => {
  const source = raster({ width: 4, height: 2, channels: 1, data: new Uint8Array(8).fill(9) });
  const rows = [0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0];
  assert.deepEqual(Array.from(letterbox(source, 4).data), rows);
  const plane = { ...source, data: Float32Array.from(source.data) };
  assert.deepEqual(Array.from(letterboxFloat(plane, 4).data), rows);
  const colours = raster({
    width: 1,
    height: 2,
    channels: 3,
    data: Uint8Array.of(1, 2, 3, 4, 5, 6),
  });
  assert.deepEqual(Array.from(letterbox(colours, 2).data), [1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0]);
});

test("letterboxFloat() makes fractions of a mask's edge", () => {
  const plane = { width: 4, height: 4, data: new Float32Array(16).fill(1, 0, 5) };
  const { data } = letterboxFloat(plane, 2);
  assert.deepEqual(Array.from(data), [0.75, 0.5, 0, 0]);
});
