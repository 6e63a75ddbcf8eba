import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { codec } from "../image/codec.ts";
import { encodePng } from "../image/encode.ts";
import { raster } from "../image/raster.ts";
import { DecodeError } from "../util/errors.ts";
import { readMask, readMasks } from "./read-masks.ts";

const maskRoot = await mkdtemp(join(tmpdir(), "read-masks-"));
after(() => rm(maskRoot, { recursive: true, force: true }));

let made = 0;
/** Writes grey levels, row by row, as a PNG. */
async function file(rows: readonly (readonly number[])[]): Promise<string> {
  const name = `${made++}.png`;
  const [width, height] = [rows[0]?.length ?? 0, rows.length];
  const picture = raster({ width, height, channels: 1, data: Uint8Array.from(rows.flat()) });
  await writeFile(join(maskRoot, name), await encodePng(picture));
  return name;
}

const square = (side: number) => ({ width: side, height: side });
const read = (name: string, side: number, grey?: "halve" | "error") =>
  readMask(join(maskRoot, name), { size: square(side), ...(grey !== undefined && { grey }) });
const refuses = (name: string, side: number, message: RegExp, grey?: "error") =>
  assert.rejects(read(name, side, grey), (error) => {
    assert.ok(error instanceof DecodeError, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.startsWith(`Cannot use mask "${join(maskRoot, name)}": `));
    return true;
  });

/** A disc of 255 on 16 × 16 pixels whose edge falls off over two pixels. */
const soft = Array.from({ length: 16 }, (_, y) =>
  Array.from({ length: 16 }, (_, x) => {
    const inside = 5 - Math.hypot(x - 7.5, y - 7.5);
    return Math.round(255 * Math.min(1, Math.max(0, 0.5 + inside / 2)));
  }),
);

describe("readMask()", () => {
  test("takes any one level above 0 for the structure", async () => {
    for (const level of [1, 2, 128, 255]) {
      const { mask, repairs } = await read(
        await file([
          [0, level],
          [level, 0],
        ]),
        2,
      );
      assert.deepEqual([[...mask.data], repairs], [[0, 1, 1, 0], {}]);
    }
    assert.deepEqual(
      (
        await read(
          await file([
            [255, 255],
            [255, 255],
          ]),
          2,
        )
      ).mask.data,
      Uint8Array.of(1, 1, 1, 1),
    );
    assert.deepEqual(
      (
        await read(
          await file([
            [0, 0],
            [0, 0],
          ]),
          2,
        )
      ).mask.data,
      new Uint8Array(4),
    );
  });

  test("cuts grey edges at half, counted, or refuses them", async () => {
    const name = await file(soft);
    const { mask, repairs } = await read(name, 16);
    assert.deepEqual(repairs, { "grey-mask": 1 });
    const expected = soft.flat().map((level) => (level >= 128 ? 1 : 0));
    assert.deepEqual([...mask.data], expected);
    await refuses(name, 16, /it has levels in between, expected 0 and one other level$/, "error");
  });

  test("refuses a mask of another size, naming both", async () => {
    const name = await file([
      [0, 1],
      [1, 0],
    ]);
    await refuses(name, 3, /it has 2 x 2 pixels and its picture 3 x 3, expected the same size$/);
  });

  test("refuses the numbers or greys of several classes in one file", async () => {
    const numbers = await file([[0, 1, 2]]);
    await assert.rejects(
      readMask(join(maskRoot, numbers), { size: { width: 3, height: 1 } }),
      /it has areas of level 1 beside those of 2, expected 0 and one other level; does it hold several classes\? Each needs a file of its own$/,
    );
    const cup = (x: number, y: number) => (x > 4 && x < 8 && y > 4 && y < 8 ? 255 : 128);
    const disc = Array.from({ length: 12 }, (_, y) =>
      Array.from({ length: 12 }, (_, x) => (x > 1 && x < 11 && y > 1 && y < 11 ? cup(x, y) : 0)),
    );
    await refuses(await file(disc), 12, /it has areas of level 128 beside those of 255/);
  });

  test("reads JPEG noise, 16 bits and grey that is stored as colour, and refuses colour", async () => {
    const path = (name: string): string => join(maskRoot, name);
    const sides = { width: 8, height: 8, channels: 1 } as const;
    const half = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 3 ? 255 : 0));
    const grey = codec()(half, { raw: sides });
    await grey.clone().jpeg({ quality: 60 }).toFile(path("noise.jpg"));
    await grey.clone().toColourspace("srgb").png().toFile(path("colour.png"));
    for (const name of ["noise.jpg", "colour.png"]) {
      assert.deepEqual(
        (await read(name, 8)).mask.data,
        half.map((level) => level / 255),
        name,
      );
    }
    for (const [name, level] of [
      ["deep.png", 1],
      ["full.png", 65_535],
    ] as const) {
      const words = Uint16Array.from(half, (on) => (name === "full.png" || on > 0 ? level : 0));
      await codec()(words, { raw: sides }).toColourspace("grey16").png().toFile(path(name));
      const expected = Uint8Array.from(words, (word) => (word > 0 ? 1 : 0));
      assert.deepEqual((await read(name, 8)).mask.data, expected, name);
    }
    const tinted = { width: 1, height: 1, channels: 3 } as const;
    await codec()(Uint8Array.of(255, 0, 0), { raw: tinted })
      .png()
      .toFile(path("red.png"));
    await refuses("red.png", 1, /it is coloured, expected grey: 0 and one other level$/);
  });

  test("says of a file that is no picture what it is", async () => {
    await writeFile(join(maskRoot, "empty.png"), "");
    await assert.rejects(
      read("empty.png", 2),
      /empty\.png": found an empty file, expected a JPEG or PNG/,
    );
    await assert.rejects(read("absent.png", 2), DecodeError);
  });
});

describe("readMasks()", () => {
  const size = square(2);

  test("a mask, nothing where a label denies the class, unknown otherwise", async () => {
    const record = {
      masks: {
        disc: await file([
          [0, 255],
          [0, 0],
        ]),
      },
      labels: { cup: 0, rim: 1 },
    } as const;
    const { masks, repairs } = await readMasks(record, ["cup", "disc", "rim", "other"], {
      maskRoot,
      size,
    });
    assert.deepEqual(repairs, {});
    assert.deepEqual(
      masks.map((mask) => mask && [...mask.data]),
      [[0, 0, 0, 0], [0, 1, 0, 0], undefined, undefined],
    );
  });

  test("counts what was mended in all of them", async () => {
    const name = await file([
      [0, 255],
      [100, 200],
    ]);
    const { repairs } = await readMasks({ masks: { a: name, b: name } }, ["a", "b"], {
      maskRoot,
      size,
    });
    assert.deepEqual(repairs, { "grey-mask": 2 });
  });

  test("boxes as masks, where that is asked for", async () => {
    const box = { label: "mass", x: 0.9, y: 1, width: 0.2, height: 9 };
    const record = { boxes: [box, { ...box, label: "lung" }], labels: {} };
    const filled = await readMasks(record, ["mass", "cup"], { maskRoot, size, fillBoxes: true });
    assert.deepEqual(
      filled.masks.map((mask) => mask && [...mask.data]),
      [
        [0, 0, 1, 0],
        [0, 0, 0, 0],
      ],
    );
    assert.deepEqual((await readMasks(record, ["mass"], { maskRoot, size })).masks, [undefined]);
  });
});
