import assert from "node:assert/strict";
import { test } from "node:test";
import { centerCrop, crop, flipHorizontal, shorterSideSize, takePixels } from "./geometry.ts";
import type { Raster } from "./raster.ts";

/** Grey, each sample its own index. */
function counted(width: number, height: number): Raster {
  const data = Uint8Array.from({ length: width * height }, (_, i) => i);
  return { width, height, channels: 1, data };
}

test("crop() cuts whole pixels of any number of channels", () => {
  const grey = crop(counted(4, 3), { left: 1, top: 1, width: 2, height: 2 });
  assert.deepEqual([...grey.data], [5, 6, 9, 10]);
  const rgb: Raster = { ...counted(6, 2), width: 2, channels: 3 };
  assert.deepEqual(
    [...crop(rgb, { left: 1, top: 0, width: 1, height: 2 }).data],
    [3, 4, 5, 9, 10, 11],
  );
});

test("crop() refuses a box outside the picture", () => {
  for (const box of [
    { left: -1, top: 0, width: 1, height: 1 },
    { left: 0, top: 2, width: 1, height: 2 },
    { left: 0, top: 0, width: 0, height: 1 },
    { left: 0.5, top: 0, width: 1, height: 1 },
  ]) {
    assert.throws(() => crop(counted(4, 3), box), RangeError);
  }
});

test("centerCrop() rounds offsets half to even", () => {
  const first = (width: number) => centerCrop(counted(width, 1), { width: 2, height: 1 }).data[0];
  // Offsets 0.5, 1.5, 2.5 become 0, 2, 2.
  assert.deepEqual([first(3), first(5), first(7)], [0, 2, 2]);
  assert.equal(first(6), 2);
});

test("centerCrop() pads what is too short, the odd pixel behind", () => {
  const { width, height, data } = centerCrop(counted(3, 2), { width: 2, height: 5 });
  assert.deepEqual([width, height], [2, 5]);
  assert.deepEqual([...data], [0, 0, 0, 1, 3, 4, 0, 0, 0, 0]);
  const wide = centerCrop(counted(2, 1), { width: 5, height: 1 });
  assert.deepEqual([...wide.data], [0, 0, 1, 0, 0]);
});

test("shorterSideSize() truncates the longer side", () => {
  assert.deepEqual(shorterSideSize({ width: 512, height: 420 }, 224), { width: 273, height: 224 });
  assert.deepEqual(shorterSideSize({ width: 257, height: 1023 }, 224), { width: 224, height: 891 });
  assert.deepEqual(shorterSideSize({ width: 9, height: 9 }, 4), { width: 4, height: 4 });
});

test("flipHorizontal() exchanges left and right, pixel by pixel", () => {
  assert.deepEqual([...flipHorizontal(counted(3, 2)).data], [2, 1, 0, 5, 4, 3]);
  const rgb: Raster = { ...counted(6, 2), width: 2, channels: 3 };
  assert.deepEqual([...flipHorizontal(rgb).data], [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]);
});

test("flipHorizontal() twice gives the picture back", () => {
  const rgb: Raster = {
    ...counted(5, 2),
    channels: 3,
    data: Uint8Array.from({ length: 30 }, (_, i) => i),
  };
  for (const picture of [counted(4, 3), counted(1, 2), rgb]) {
    assert.deepEqual(flipHorizontal(flipHorizontal(picture)), picture);
  }
});

test("takePixels() takes columns and rows in the order that they are named", () => {
  const taken = takePixels(counted(3, 2), { columns: [2, 0, 0], rows: [1] });
  assert.deepEqual(taken, { width: 3, height: 1, channels: 1, data: Uint8Array.of(5, 3, 3) });
});
