import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NANO } from "../../../test/nano-model.ts";
import { buildGraph } from "../../engine/graph.ts";
import { Program } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import { encodePng } from "../../image/encode.ts";
import { normalize } from "../../image/normalize.ts";
import { raster } from "../../image/raster.ts";
import { vitEncoder } from "../../model/vit.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { ndArray, toDoubles } from "../../util/nd-array.ts";
import { RandomStream } from "../../util/random.ts";
import { encoderFeatures, type FrozenEncoder, pixelFeatures } from "./features.ts";

const DEVICE = { provider: "cpu", threads: 1 };
const PICTURES = 5;
const SIDE = NANO.imageSize;

let folder = "";
const files: string[] = [];
/** The pictures' grey levels, [side, side] each. */
const pictures: Uint8Array[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "features-"));
  const stream = new RandomStream({ seed: 1, name: "pictures" });
  for (let i = 0; i < PICTURES; i++) {
    const data = Uint8Array.from({ length: SIDE * SIDE }, () => stream.integer(256));
    const picture = raster({ width: SIDE, height: SIDE, channels: 1, data });
    const file = join(folder, `${i}.png`);
    await writeFile(file, await encodePng(picture));
    files.push(file);
    pictures.push(data);
  }
});
after(() => rm(folder, { recursive: true }));

/** The encoder of the smallest model, with drawn parameters. */
function encoder(): FrozenEncoder {
  const trace = new Trace();
  const image = input("image", "f32", [1, 3, SIDE, SIDE]);
  vitEncoder(new Scope(trace), { image }, NANO);
  const parameters = new Map(
    [...trace.parameters.values()].map(({ name, shape, initializer }) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      initializer.fill(data, shape, new RandomStream({ seed: 3, name }));
      return [name, ndArray("f32", shape, data)];
    }),
  );
  return { config: NANO, parameters };
}

/** The latent [1, 1 + N, D] of one picture that was normalised outside the graph. */
async function latentOf({ parameters }: FrozenEncoder, data: Uint8Array): Promise<Float64Array> {
  const image = input("image", "f32", [1, 3, SIDE, SIDE]);
  const latent = vitEncoder(new Scope(new Trace()), { image }, NANO);
  await using program = await Program.compile(buildGraph({ latent }), DEVICE);
  const grey = Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)] ?? 0);
  const picture = raster({ width: SIDE, height: SIDE, channels: 3, data: grey });
  const normalized = ndArray("f32", [1, 3, SIDE, SIDE], normalize(picture, NANO).data);
  const results = await program.run(new Map([...parameters, ["image", normalized]]));
  const found = results.get("latent");
  assert.ok(found !== undefined);
  return toDoubles(found);
}

describe("encoderFeatures()", () => {
  test("are the mean of the patch tokens of the encoder's output, class token left out", async () => {
    const model = encoder();
    const features = await encoderFeatures(model, { device: DEVICE })(files);
    const { dim } = NANO;
    assert.deepEqual(features.shape, [PICTURES, dim]);
    for (const [row, picture] of pictures.entries()) {
      const latent = await latentOf(model, picture);
      const tokens = latent.length / dim;
      for (let d = 0; d < dim; d++) {
        let sum = 0;
        for (let token = 1; token < tokens; token++) sum += latent[token * dim + d] ?? 0;
        const got = features.data[row * dim + d] ?? Number.NaN;
        assert.ok(Math.abs(got - sum / (tokens - 1)) < 1e-5, `picture ${row}, feature ${d}`);
      }
    }
  });

  test("are the same for any number of pictures at once", async () => {
    const whole = await encoderFeatures(encoder(), { device: DEVICE, batch: 5 })(files);
    const seen: number[] = [];
    const extract = encoderFeatures(encoder(), { device: DEVICE, batch: 2 });
    const parts = await extract(files, { onProgress: (done) => seen.push(done) });
    assert.deepEqual(seen, [2, 4, 5]);
    for (const [i, value] of whole.data.entries()) {
      assert.ok(Math.abs(value - (parts.data[i] ?? Number.NaN)) < 1e-6);
    }
  });

  test("of no picture are none", async () => {
    const features = await encoderFeatures(encoder(), { device: DEVICE })([]);
    assert.deepEqual(features.shape, [0, NANO.dim]);
  });

  test("refuses a model without an encoder, and one whose output is not finite", async () => {
    const { config, parameters } = encoder();
    const partial = new Map([...parameters].filter(([name]) => !name.startsWith("norm.")));
    await assert.rejects(
      encoderFeatures({ config, parameters: partial }, { device: DEVICE })(files),
      {
        name: "WeightsError",
        message:
          /^Cannot take features of the model: 2 of the encoder's \d+ parameters are missing \(norm\.weight, norm\.bias\)$/,
      },
    );
    const bad = new Map(parameters).set(
      "norm.bias",
      ndArray("f32", [8], new Float32Array(8).fill(Number.NaN)),
    );
    await assert.rejects(encoderFeatures({ config, parameters: bad }, { device: DEVICE })(files), {
      name: "WeightsError",
      message: /^Cannot take features of ".*0\.png": the encoder's output is not finite/,
    });
  });

  test("stops when told to", async () => {
    const signal = AbortSignal.abort(new RangeError("enough"));
    const extract = encoderFeatures(encoder(), { device: DEVICE });
    await assert.rejects(extract(files, { signal }), new RangeError("enough"));
  });
});

describe("pixelFeatures()", () => {
  test("are the grey levels, in parts of 255", async () => {
    const features = await pixelFeatures(SIDE)(files);
    assert.deepEqual(features.shape, [PICTURES, SIDE * SIDE]);
    const expected = pictures.flatMap((data) =>
      Array.from(data, (level) => Math.fround(level / 255)),
    );
    assert.deepEqual([...features.data], expected);
  });

  test("refuses a side that is no whole number from 1", () => {
    assert.throws(() => pixelFeatures(0), /Cannot take 0 × 0 pixels as features/);
  });
});
