/** @file Replays the image-transforms fixture: the small copy always, the complete one where it lies beside the project. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { decodeImage } from "./decode.ts";
import { centerCrop, flipHorizontal, shorterSideSize } from "./geometry.ts";
import { toGrayscale } from "./grayscale.ts";
import { normalize } from "./normalize.ts";
import { drawCropBox } from "./random-resized-crop.ts";
import type { Raster } from "./raster.ts";
import { resample } from "./resample.ts";

const SMALL = new URL("../../test/fixtures/image-transforms/", import.meta.url);
const COMPLETE = new URL("../../../shared/fixtures/image-transforms/", import.meta.url);

const box = z.object({
  top: z.number(),
  left: z.number(),
  width: z.number(),
  height: z.number(),
  size: z.number(),
});
const fixtureSchema = z.object({
  expect: z.object({
    opened: z.record(z.string(), z.object({ size: z.tuple([z.number(), z.number()]) })),
    resizedSizes: z.array(
      z.object({
        picture: z.string(),
        resize: z.number(),
        size: z.tuple([z.number(), z.number()]),
      }),
    ),
  }),
  operations: z.array(
    z.object({ name: z.string(), picture: z.string().optional(), params: z.unknown().optional() }),
  ),
});
const caseSchema = z.object({
  width: z.number(),
  height: z.number(),
  scale: z.tuple([z.number(), z.number()]),
  ratio: z.tuple([z.string(), z.string()]),
  draws: z.array(z.number()),
  drawsConsumed: z.number(),
  fallback: z.boolean(),
  top: z.number(),
  left: z.number(),
  cropHeight: z.number(),
  cropWidth: z.number(),
});

/** What each operation computes from the decoded picture, by the first part of its name under `out/`. */
const OPERATIONS: Readonly<
  Record<string, (source: Raster, params: unknown) => Uint8Array | Float32Array>
> = {
  "convert-rgb": (source) => source.data,
  "resized-crop": (source, params) => {
    const { interpolation } = z
      .object({ interpolation: z.enum(["bilinear", "bicubic"]) })
      .parse(params);
    return resizedCrop(source, params, interpolation).data;
  },
  eval: (source, params) => {
    const sizes = z.object({ resize: z.number(), crop: z.number() }).parse(params);
    const size = shorterSideSize(source, sizes.resize);
    const resized = resample(source, { ...size, interpolation: "bilinear" });
    return centerCrop(resized, { width: sizes.crop, height: sizes.crop }).data;
  },
  flip: (source, params) => flipHorizontal(resizedCrop(source, params, "bilinear")).data,
  grayscale: (source) => toGrayscale(source).data,
  normalised: (source, params) => {
    const statistics = z.object({ mean: z.number(), std: z.number() }).parse(params);
    return normalize(toGrayscale(resizedCrop(source, params, "bilinear")), statistics).data;
  },
};

function resizedCrop(
  source: Raster,
  params: unknown,
  interpolation: "bilinear" | "bicubic",
): Raster {
  const { size, ...cropped } = box.parse(params);
  return resample(source, { box: cropped, width: size, height: size, interpolation });
}

/** Reads tensors straight from a safetensors file, so that only what is under test is trusted. */
function tensorReader(folder: URL): (name: string) => Uint8Array<ArrayBuffer> {
  const file = readFileSync(new URL("tensors.safetensors", folder));
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = z
    .record(z.string(), z.object({ data_offsets: z.tuple([z.number(), z.number()]) }))
    .parse(JSON.parse(file.toString("utf8", 8, start)));
  return (name) => {
    const [from, to] = header[name]?.data_offsets ?? assert.fail(`no tensor ${name}`);
    return new Uint8Array(file.subarray(start + from, start + to));
  };
}

function path(folder: URL, name: string): string {
  return fileURLToPath(new URL(name, folder));
}

function replay(folder: URL): void {
  const fixture = fixtureSchema.parse(
    JSON.parse(readFileSync(new URL("fixture.json", folder), "utf8")),
  );
  const tensor = tensorReader(folder);

  for (const { name, picture, params } of fixture.operations) {
    const operation = OPERATIONS[name.split("/")[1] ?? ""];
    if (operation === undefined || picture === undefined) continue;
    test(`${name} is equal in every byte`, async () => {
      const source = await decodeImage(path(folder, picture), { sixteenBit: "clip" });
      const found = operation(source, params);
      const bytes = new Uint8Array(found.buffer, found.byteOffset, found.byteLength);
      assert.deepEqual(bytes, tensor(name));
    });
  }
  test("decodeImage() gives the sizes that Pillow gives", async () => {
    for (const [picture, { size }] of Object.entries(fixture.expect.opened)) {
      const { width, height } = await decodeImage(path(folder, picture));
      assert.deepEqual([width, height], size, picture);
    }
  });
  test("shorterSideSize() gives the sizes that torchvision gives", async () => {
    for (const { picture, resize, size } of fixture.expect.resizedSizes) {
      const { width, height } = shorterSideSize(await decodeImage(path(folder, picture)), resize);
      assert.deepEqual([width, height], size, picture);
    }
  });
  test("drawCropBox() draws every recorded crop, with as many draws", () => {
    const lines = readFileSync(new URL("get_params.jsonl", folder), "utf8").trim().split("\n");
    const cases = lines.map((line) => caseSchema.parse(JSON.parse(line)));
    assert.ok(cases.some(({ fallback }) => fallback) && cases.some(({ fallback }) => !fallback));
    for (const { width, height, scale, ratio, draws, ...expected } of cases) {
      let used = 0;
      const drawn = drawCropBox(
        { width, height },
        { scale, ratio: [fraction(ratio[0]), fraction(ratio[1])] },
        () => draws[used++] ?? assert.fail("more draws than were recorded"),
      );
      const { top, left, cropWidth, cropHeight, drawsConsumed } = expected;
      assert.deepEqual(drawn, { top, left, width: cropWidth, height: cropHeight });
      assert.equal(used, drawsConsumed);
    }
  });
}

/** "3/4" as a number. */
function fraction(text: string): number {
  const [numerator, denominator = 1] = text.split("/").map(Number);
  return (numerator ?? Number.NaN) / denominator;
}

describe("image-transforms, the copy in the project", () => replay(SMALL));

describe("image-transforms, complete", () => {
  if (!existsSync(COMPLETE)) {
    test("every operation", { skip: "the complete fixture does not lie beside the project" });
    return;
  }
  replay(COMPLETE);
  test("decodeImage() decodes a JPEG as libjpeg-turbo does", async () => {
    const tensor = tensorReader(COMPLETE);
    for (const picture of ["rgb.jpg", "tall.jpg"]) {
      const { data } = await decodeImage(path(COMPLETE, picture));
      assert.deepEqual(new Uint8Array(data), tensor(`in/decoded/${picture}`), picture);
    }
  });
});
