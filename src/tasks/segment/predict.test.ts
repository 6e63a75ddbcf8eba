import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { GREY, HALVES, writeHalvesSegmenter } from "../../../test/dense-models.ts";
import { encodePng } from "../../image/encode.ts";
import { type Mask, maskArea } from "../../image/mask.ts";
import { type PixelSize, raster } from "../../image/raster.ts";
import { openSegmenter } from "./open-segmenter.ts";
import { type MaskPrediction, type PredictMasksOptions, predictMasks } from "./predict.ts";

const DEVICE = { provider: "cpu", threads: 1 };
const root = await mkdtemp(join(tmpdir(), "predict-masks-"));
after(() => rm(root, { recursive: true, force: true }));
const model = join(root, "model.safetensors");

/** Grey pictures of other sizes and forms than the model's square, a black one and a white one. */
const PICTURES: readonly (PixelSize & { readonly level: number })[] = [
  { width: 12, height: 6, level: GREY },
  { width: 6, height: 20, level: 0 },
  { width: 8, height: 8, level: GREY },
  { width: 5, height: 9, level: 255 },
  { width: 40, height: 2, level: GREY },
];
const files = PICTURES.map(({ width, height }) => join(root, `${width}x${height}.png`));

before(async () => {
  await writeHalvesSegmenter(model);
  for (const [i, { width, height, level }] of PICTURES.entries()) {
    const data = new Uint8Array(width * height).fill(level);
    const picture = raster({ width, height, channels: 1, data });
    await writeFile(files[i] ?? "", await encodePng(picture));
  }
});

async function predictAll(names: readonly string[], options: Partial<PredictMasksOptions> = {}) {
  const all: MaskPrediction[] = [];
  const segmenter = await openSegmenter(model);
  for await (const one of predictMasks(segmenter, names, { device: DEVICE, ...options })) {
    all.push(one);
  }
  return all;
}

function maskWhere({ width, height }: PixelSize, holds: (x: number, y: number) => boolean): Mask {
  const data = Uint8Array.from({ length: width * height }, (_, at) =>
    holds(at % width, Math.floor(at / width)) ? 1 : 0,
  );
  return { width, height, data };
}

describe("predictMasks()", () => {
  test("marks pixels of each file's own size, whatever the batch", async () => {
    for (const batch of [undefined, 1, 3]) {
      const all = await predictAll(files, { batch });
      assert.deepEqual(
        all.map(({ file }) => file),
        files,
      );
      for (const [i, { level, ...size }] of PICTURES.entries()) {
        const one = all[i];
        assert.ok(one !== undefined && "masks" in one);
        assert.deepEqual([one.picture.width, one.picture.height], [size.width, size.height]);
        const holds = (isHalf: boolean) => (level === GREY ? isHalf : level > GREY);
        assert.deepEqual(one.masks, [
          { label: HALVES[0], mask: maskWhere(size, (x) => holds(x < size.width / 2)) },
          { label: HALVES[1], mask: maskWhere(size, (_, y) => holds(y < size.height / 2)) },
        ]);
      }
    }
  });

  test("marks less above a higher threshold, nothing above 1", async () => {
    const areas = async (threshold: number) => {
      const [one] = await predictAll(files.slice(0, 1), { threshold });
      assert.ok(one !== undefined && "masks" in one);
      return one.masks.map(({ mask }) => maskArea(mask));
    };
    const [half, most, none] = [await areas(0.5), await areas(0.99), await areas(1)];
    assert.deepEqual(half, [36, 36]);
    assert.ok((most[0] ?? 99) < 36 && (most[0] ?? 0) > 0, `${most}`);
    assert.deepEqual(none, [0, 0]);
  });

  test("says why a file cannot be read, and goes on; a 16-bit one is read by the model's bit depth", async () => {
    const text = join(root, "text.png");
    await writeFile(text, "not a picture");
    const deep = fileURLToPath(
      new URL("../../../test/fixtures/image-transforms/gray16.png", import.meta.url),
    );
    const [broken, tooDeep, fine] = await predictAll([text, deep, files[0] ?? ""]);
    assert.match(broken !== undefined && "error" in broken ? broken.error : "", /found text/);
    assert.match(tooDeep !== undefined && "error" in tooDeep ? tooDeep.error : "", /12 bits/);
    assert.ok(fine !== undefined && "masks" in fine);
  });

  test("stops when it is asked to", async () => {
    const controller = new AbortController();
    const segmenter = await openSegmenter(model);
    const options = { device: DEVICE, signal: controller.signal };
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const { file } of predictMasks(segmenter, files, options)) {
        seen.push(file);
        controller.abort(new Error("enough"));
      }
    }, /enough/);
    assert.deepEqual(seen, files.slice(0, 1));
  });
});
