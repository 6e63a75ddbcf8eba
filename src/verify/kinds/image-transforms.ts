/** @file Replays the `image-transforms` fixture: pictures decoded, cropped, resized and warped as Pillow and OpenCV do it (SPEC 2). */
import { join } from "node:path";
import { z } from "zod";
import { decodeImage } from "../../image/decode.ts";
import { shorterSideSize } from "../../image/geometry.ts";
import { scaleRotation } from "../../image/opencv-affine.ts";
import { drawCropBox } from "../../image/random-resized-crop.ts";
import { type Raster, raster } from "../../image/raster.ts";
import { ManifestError } from "../../util/errors.ts";
import { type NdArray, toDoubles } from "../../util/nd-array.ts";
import { type Fixture, fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { countFinding, worstFinding } from "../tolerance.ts";
import {
  inChannelsOf,
  OPENCV_OPERATIONS,
  type OperationInputs,
  PILLOW_OPERATIONS,
} from "./image-operations.ts";

const pair = z.tuple([z.int(), z.int()]);
const matrixRow = z.tuple([z.number(), z.number(), z.number()]);

const fixtureSchema = z.object({
  config: z.object({ mean: z.number(), std: z.number() }),
  expect: z.object({
    opened: z.record(z.string(), z.object({ size: pair })),
    resizedSizes: z.array(z.object({ picture: z.string(), resize: z.int(), size: pair })),
    siimRle: z.array(z.string()).default([]),
    affine: z
      .array(
        z.object({
          ...{ scaleX: z.number(), scaleY: z.number(), angle: z.number() },
          matrix: z.tuple([matrixRow, matrixRow]),
        }),
      )
      .default([]),
  }),
  operations: z.array(
    z.object({ name: z.string(), picture: z.string().optional(), params: z.unknown().optional() }),
  ),
  tolerance: z.object({ default: z.number(), openCv: z.number() }),
});
type Fields = z.infer<typeof fixtureSchema>;

/** Recomputes every recorded tensor, size and crop. */
export const replayImageTransforms: Replay = async (fixture) => {
  const fields = fixtureFields(fixture, fixtureSchema);
  const findings: Finding[] = [];
  for (const name of fixture.tensorNames.filter((each) => each.startsWith("out/"))) {
    findings.push(await replayOperation(name, fixture, fields));
  }
  findings.push(...(await sizeFindings(fixture, fields)), await cropFinding(fixture));
  const { affine } = fields.expect;
  if (affine.length > 0)
    findings.push(matrixFinding(affine, await openPicture(fixture, "rgb.png")));
  return findings;
};

/** A recorded JPEG's samples, which decoders may differ in by one, else what we decode. */
async function openPicture(fixture: Fixture, file: string): Promise<Raster> {
  const decoded = `in/decoded/${file}`;
  if (fixture.tensorNames.includes(decoded)) return rasterOf(await fixture.tensor(decoded));
  return await decodeImage(join(fixture.directory, file), { sixteenBit: "clip" });
}

function rasterOf({ shape, data }: NdArray): Raster {
  const [height = 0, width = 0, channels = 1] = shape;
  const samples = Uint8Array.from(data, Number);
  return raster({ width, height, channels: channels === 3 ? 3 : 1, data: samples });
}

async function replayOperation(name: string, fixture: Fixture, fields: Fields): Promise<Finding> {
  const recorded = await fixture.tensor(name);
  const parts = name.split("/").slice(1);
  const [kind = ""] = parts;
  const operation = PILLOW_OPERATIONS[kind] ?? OPENCV_OPERATIONS[kind];
  if (operation === undefined) {
    throw new ManifestError(
      `Cannot replay "${name}" of fixture "${fixture.directory}": no operation "${kind}" is known`,
    );
  }
  const described = fields.operations.find((each) => each.name === name);
  const inputs: OperationInputs = {
    ...{ parts, recorded, params: described?.params, normalization: fields.config },
    expect: fields.expect,
    async picture(file = described?.picture) {
      if (file === undefined) {
        throw new ManifestError(
          `Cannot replay "${name}" of fixture "${fixture.directory}": it names no picture`,
        );
      }
      return inChannelsOf(await openPicture(fixture, file), recorded);
    },
    bytes: async (tensor) => rasterOf(await fixture.tensor(tensor)),
  };
  return compareSamples(name, await operation(inputs), { recorded, fields });
}

/** How far OpenCV's own bilinear warp may be from an exact one, in grey levels. */
const WARP_LEVELS = 4;

/** By grey levels where samples are bytes, or OpenCV's bytes normalised; else relative to the largest. */
function compareSamples(
  name: string,
  got: ArrayLike<number>,
  { recorded, fields }: { readonly recorded: NdArray; readonly fields: Fields },
): Finding {
  const expected = toDoubles(recorded);
  if (got.length !== expected.length) {
    return countFinding(`${name} (samples)`, Math.abs(got.length - expected.length));
  }
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((got[i] ?? Number.NaN) - (expected[i] ?? 0)));
    largest = Math.max(largest, Math.abs(expected[i] ?? 0));
  }
  const { config, tolerance } = fields;
  const [, kind = ""] = name.split("/");
  const isOpenCv = kind in OPENCV_OPERATIONS;
  if (recorded.dtype === "u8") {
    const isWarp = kind === "affine" && name.endsWith("/image");
    const resized = isOpenCv && kind !== "affine" ? tolerance.openCv : 0;
    return { name, error: difference, tolerance: isWarp ? WARP_LEVELS : resized };
  }
  if (isOpenCv && /\/image/.test(name)) {
    return { name, error: difference, tolerance: tolerance.openCv / 255 / config.std };
  }
  return { name, error: difference / (largest || 1), tolerance: tolerance.default };
}

async function sizeFindings(fixture: Fixture, { expect }: Fields): Promise<readonly Finding[]> {
  const wrong = async (
    picture: string,
    size: readonly [number, number],
    resize?: number,
  ): Promise<number> => {
    const source = await openPicture(fixture, picture);
    const { width, height } = resize === undefined ? source : shorterSideSize(source, resize);
    return Number(width !== size[0] || height !== size[1]);
  };
  let [opened, resized] = [0, 0];
  for (const [picture, { size }] of Object.entries(expect.opened))
    opened += await wrong(picture, size);
  for (const { picture, resize, size } of expect.resizedSizes) {
    resized += await wrong(picture, size, resize);
  }
  return [countFinding("opened", opened), countFinding("resizedSizes", resized)];
}

/** "3/4" as a number. */
const fraction = z.string().transform((text) => {
  const [numerator = Number.NaN, denominator = 1] = text.split("/").map(Number);
  return numerator / denominator;
});

const cropSchema = z.object({
  ...{ width: z.int(), height: z.int(), top: z.int(), left: z.int() },
  ...{ cropHeight: z.int(), cropWidth: z.int(), drawsConsumed: z.int() },
  scale: z.tuple([z.number(), z.number()]),
  ratio: z.tuple([fraction, fraction]),
  draws: z.array(z.number()),
});

/** How many recorded crops are drawn otherwise, or with another number of draws. */
async function cropFinding(fixture: Fixture): Promise<Finding> {
  const cases = await fixtureCases(fixture, cropSchema, "get_params.jsonl");
  const different = cases.filter(({ width, height, scale, ratio, draws, ...expected }) => {
    let used = 0;
    const draw = (): number => draws[used++] ?? Number.NaN;
    const box = drawCropBox({ width, height }, { scale, ratio }, draw);
    const { top, left, cropWidth, cropHeight, drawsConsumed } = expected;
    const isSame = box.width === cropWidth && box.height === cropHeight && used === drawsConsumed;
    return !isSame || box.top !== top || box.left !== left;
  });
  return countFinding("get_params.jsonl", different.length);
}

function matrixFinding(affine: Fields["expect"]["affine"], size: Raster): Finding {
  return worstFinding(
    affine.map(({ matrix, ...movement }) => {
      const ours = scaleRotation(movement, size).flat();
      const errors = matrix.flat().map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN)));
      return { name: "affine (matrices)", error: Math.max(...errors), tolerance: 1e-12 };
    }),
  );
}
