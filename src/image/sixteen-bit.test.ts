import assert from "node:assert/strict";
import { test } from "node:test";
import { toEightBit } from "./sixteen-bit.ts";

function line(...samples: number[]) {
  return { width: samples.length, height: 1, data: Uint16Array.from(samples) };
}

test("toEightBit() clips above 255", () => {
  const { data } = toEightBit(line(0, 1, 254, 255, 256, 65_535), { sixteenBit: "clip" });
  assert.deepEqual([...data], [0, 1, 254, 255, 255, 255]);
});

test("toEightBit() clips whatever bit depth is stated", () => {
  const { data } = toEightBit(line(100, 4000), { sixteenBit: "clip", bitDepth: 12 });
  assert.deepEqual([...data], [100, 255]);
});

test("toEightBit() stretches the picture's own range, to the nearest", () => {
  const { data } = toEightBit(line(1000, 1001, 1500, 2000), { sixteenBit: "range" });
  assert.deepEqual([...data], [0, 0, 128, 255]);
});

test("toEightBit() scales from the stated bit depth and cuts what exceeds it", () => {
  const { data } = toEightBit(line(0, 2048, 4095, 4096), { sixteenBit: "range", bitDepth: 12 });
  assert.deepEqual([...data], [0, 128, 255, 255]);
  const full = toEightBit(line(0, 65_535, 257), { sixteenBit: "range", bitDepth: 16 });
  assert.deepEqual([...full.data], [0, 255, 1]);
});

test("toEightBit() makes a picture of one value black", () => {
  for (const value of [0, 700, 65_535]) {
    assert.deepEqual([...toEightBit(line(value, value), { sixteenBit: "range" }).data], [0, 0]);
  }
});

test("toEightBit() refuses a bit depth outside 1 … 16", () => {
  for (const bitDepth of [0, 17, 1.5]) {
    assert.throws(() => toEightBit(line(1), { sixteenBit: "range", bitDepth }), RangeError);
  }
});
