import assert from "node:assert/strict";
import { test } from "node:test";
import { raster } from "./raster.ts";

test("raster() takes samples that fill its size", () => {
  const data = new Uint8Array(24);
  assert.deepEqual(raster({ width: 4, height: 2, channels: 3, data }), {
    width: 4,
    height: 2,
    channels: 3,
    data,
  });
});

test("raster() refuses samples that do not, and sizes that are none", () => {
  const data = new Uint8Array(24);
  assert.throws(() => raster({ width: 4, height: 2, channels: 1, data }), {
    name: "RangeError",
    message: /24 samples as a picture of 4 x 2 x 1: 8 samples expected/,
  });
  assert.throws(() => raster({ width: 0, height: 2, channels: 3, data }), RangeError);
  assert.throws(() => raster({ width: 4, height: 0.5, channels: 3, data }), RangeError);
});
