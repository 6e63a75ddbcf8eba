import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { z } from "zod";
import { DecodeError } from "../util/errors.ts";
import { decodeImage } from "./decode.ts";
import { encodeJpeg, encodePng } from "./encode.ts";
import { readPictureHeader } from "./header.ts";
import type { Raster } from "./raster.ts";

const FIXTURE = new URL("../../test/fixtures/image-transforms/", import.meta.url);

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "decode-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A grey picture with some structure. */
function gradient(width: number, height: number): Raster {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i * 7 + (i >> 3)) & 255);
  return { width, height, channels: 1, data };
}

/** Interleaved RGB, as Pillow's `convert("RGB")` gives a grey picture too. */
function toRgb({ channels, data }: Raster): Uint8Array {
  if (channels === 3) return new Uint8Array(data);
  return Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)] ?? 0);
}

async function assertRefused(
  source: string | Uint8Array,
  expected: RegExp,
  options = {},
): Promise<void> {
  await assert.rejects(decodeImage(source, options), (error: unknown) => {
    assert.ok(error instanceof DecodeError, String(error));
    assert.match(error.message, expected);
    if (typeof source === "string") assert.ok(error.message.includes(JSON.stringify(source)));
    return true;
  });
}

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

describe("decodeImage() gives the samples that Pillow gives:", () => {
  const { cases } = z
    .object({
      cases: z.array(
        z.object({
          name: z.string(),
          mode: z.string(),
          width: z.number(),
          height: z.number(),
          file: z.base64(),
          rgb: z.base64(),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync(new URL("formats.json", FIXTURE), "utf8")));
  for (const { name, mode, width, height, file, rgb } of cases) {
    test(name, async () => {
      const picture = await decodeImage(Buffer.from(file, "base64"), { sixteenBit: "clip" });
      assert.deepEqual([picture.width, picture.height], [width, height]);
      assert.deepEqual(toRgb(picture), new Uint8Array(Buffer.from(rgb, "base64")));
      if (["1", "L", "LA", "I;16"].includes(mode)) assert.equal(picture.channels, 1);
    });
  }
});

describe("decodeImage() scales 16-bit grey", () => {
  const file = fileURLToPath(new URL("gray16.png", FIXTURE));

  test("by the picture's own range, where nothing is said", async () => {
    const { data } = await decodeImage(file);
    let [least, greatest] = [255, 0];
    for (const level of data) {
      least = Math.min(least, level);
      greatest = Math.max(greatest, level);
    }
    assert.deepEqual([least, greatest], [0, 255]);
    assert.ok(new Set(data).size > 100);
  });

  test("by the stated bit depth", async () => {
    const { data } = await decodeImage(file, { bitDepth: 16 });
    // The fixture's samples from index 200 on: 46349, 44852, 45412, 46260.
    assert.deepEqual([...data.subarray(200, 204)], [180, 175, 177, 180]);
  });

  test("and refuses a level beyond the stated bit depth, naming both", async () => {
    await assertRefused(
      file,
      /gray16\.png": it has the grey level \d{5}, expected at most 4095, because its dataset states 12 bits; correct "bitDepth"/,
      { bitDepth: 12 },
    );
    // Clipping does not ask how deep samples are.
    const { data } = await decodeImage(file, { sixteenBit: "clip", bitDepth: 12 });
    assert.equal(new Set(data).size, 2);
  });

  test("by clipping, when asked, to nearly white", async () => {
    const { data } = await decodeImage(file, { sixteenBit: "clip" });
    assert.equal(new Set(data).size, 2);
  });
});

describe("decodeImage() refuses", () => {
  test("an SVG called .jpg", async () => {
    const svg = `<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`;
    await assertRefused(
      await fileOf("drawing.jpg", svg),
      /found an SVG drawing, expected a JPEG or PNG/,
    );
  });

  test("a text called .jpg", async () => {
    await assertRefused(
      await fileOf("text.jpg", "Kein Bild, nur Wörter\n"),
      /found text, expected/,
    );
  });

  test("an empty file", async () => {
    await assertRefused(await fileOf("empty.png", ""), /found an empty file, expected/);
  });

  test("a missing file, with the system's error as its cause", async () => {
    const file = join(folder, "missing.jpg");
    await assertRefused(file, /^Cannot read picture .*no such file/);
    await assert.rejects(decodeImage(file), ({ cause }: Error) => cause instanceof Error);
  });

  test("a folder", () => assertRefused(folder, /^Cannot read picture/));

  test("a TIFF, which libvips could open", async () => {
    await assertRefused(await fileOf("scan.png", "II*\0\x08\0\0\0\0\0"), /found a TIFF picture/);
  });

  test("a JPEG cut anywhere", async () => {
    const bytes = await encodeJpeg(gradient(64, 48));
    for (const length of [4, 20, 200, bytes.length >> 1, bytes.length - 40, bytes.length - 2]) {
      await assertRefused(
        await fileOf("cut.jpg", bytes.subarray(0, length)),
        /damaged or truncated/,
      );
    }
  });

  test("a PNG cut in its samples", async () => {
    const bytes = await encodePng(gradient(64, 48));
    await assertRefused(await fileOf("cut.png", bytes.subarray(0, 200)), /damaged or truncated/);
  });

  test("a header that claims more pixels than are allowed, before unpacking", async () => {
    const jpeg = new Uint8Array(await encodeJpeg(gradient(16, 16)));
    const frame = Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.set([0x40, 0x00, 0x40, 0x00], frame + 5); // 16384 x 16384
    await assertRefused(
      await fileOf("bomb.jpg", jpeg),
      /it claims 16384 x 16384 pixels, expected at most 100000000/,
    );
  });

  test("a picture above the caller's own limit", async () => {
    const bytes = await encodePng(gradient(20, 10));
    await assertRefused(bytes, /"(bytes)|20 x 10/, { maximumPixels: 199 });
    assert.equal((await decodeImage(bytes, { maximumPixels: 200 })).width, 20);
  });

  test("a side below the caller's minimum", async () => {
    const bytes = await encodePng(gradient(40, 31));
    await assertRefused(bytes, /"upload": it has 40 x 31 pixels, expected sides of at least 32/, {
      minimumSide: 32,
      name: "upload",
    });
  });
});

test("decodeImage() accepts a picture of one pixel", async () => {
  const one: Raster = { width: 1, height: 1, channels: 1, data: Uint8Array.of(77) };
  assert.deepEqual(await decodeImage(await encodePng(one)), one);
});

test("decodeImage() reads what is left of damaged bytes or throws DecodeError, nothing else", async () => {
  const files = [await encodeJpeg(gradient(40, 30)), await encodePng(gradient(40, 30))];
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), damage, async (file, changes) => {
      const bytes = new Uint8Array(file);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      try {
        const { width, height, channels, data } = await decodeImage(bytes, {
          maximumPixels: 1_000_000,
        });
        assert.equal(data.length, width * height * channels);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("readPictureHeader() reads size, colour and bits", async () => {
  const header = (name: string) => readPictureHeader(fileURLToPath(new URL(name, FIXTURE)));
  assert.deepEqual(await header("tall.jpg"), {
    format: "jpeg",
    width: 257,
    height: 1023,
    colour: "grey",
    bits: 8,
  });
  assert.deepEqual(await header("gray16.png"), {
    format: "png",
    width: 120,
    height: 90,
    colour: "grey",
    bits: 16,
  });
  assert.equal((await header("palette.png")).colour, "rgb");
});
