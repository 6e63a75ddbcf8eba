import assert from "node:assert/strict";
import { test } from "node:test";
import { codec } from "./codec.ts";

const DOT = { raw: { width: 1, height: 1, channels: 3 } } as const;

test("codec() opens JPEG and PNG, and no other format that libvips knows", async () => {
  const picture = () => codec()(Uint8Array.of(1, 2, 3), DOT);
  for (const readable of [picture().jpeg(), picture().png()]) {
    assert.equal((await codec()(await readable.toBuffer()).metadata()).width, 1);
  }
  const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`);
  const others = [picture().webp(), picture().tiff(), picture().gif()].map((p) => p.toBuffer());
  for (const bytes of [svg, ...(await Promise.all(others))]) {
    await assert.rejects(codec()(bytes).metadata(), /unsupported image format/);
  }
});

test("codec() decodes on one thread and keeps nothing", () => {
  assert.equal(codec().concurrency(), 1);
  assert.equal(codec().cache().memory.max, 0);
});
