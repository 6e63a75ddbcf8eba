import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomStream } from "../util/random.ts";
import { decodeImage } from "./decode.ts";
import { encodeJpeg, encodePng } from "./encode.ts";
import { readPictureHeader } from "./header.ts";
import type { Raster } from "./raster.ts";

function noise(channels: 1 | 3): Raster {
  const stream = new RandomStream({ seed: 11, name: `noise/${channels}` });
  const data = Uint8Array.from({ length: 37 * 23 * channels }, () => stream.integer(256));
  return { width: 37, height: 23, channels, data };
}

test("encodePng() gives back every sample", async () => {
  for (const channels of [1, 3] as const) {
    const picture = noise(channels);
    assert.deepEqual(await decodeImage(await encodePng(picture)), picture);
  }
});

test("encodeJpeg() stays close on a smooth picture, and closer at a higher quality", async () => {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
    return 128 + 100 * Math.sin((i % 192) / 40) * Math.cos(i / 192 / 20);
  });
  const picture: Raster = { width: 64, height: 64, channels: 3, data };
  const error = async (quality: number): Promise<number> => {
    const decoded = await decodeImage(await encodeJpeg(picture, { quality }));
    const sum = decoded.data.reduce((total, level, i) => total + (level - (data[i] ?? 0)) ** 2, 0);
    return Math.sqrt(sum / data.length);
  };
  const [low, high] = [await error(30), await error(98)];
  assert.ok(high < 1.5 && high < low, `${high} at 98, ${low} at 30`);
});

test("encodePng() and encodeJpeg() write grey pictures with one channel", async () => {
  const grey = noise(1);
  assert.equal((await readPictureHeader(await encodePng(grey))).colour, "grey");
  assert.equal((await readPictureHeader(await encodeJpeg(grey))).colour, "grey");
  assert.equal((await readPictureHeader(await encodeJpeg(noise(3)))).colour, "rgb");
});
