import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { DEVICE } from "../../test/toy-training.ts";
import { decodeImage } from "../image/decode.ts";
import { encodePng } from "../image/encode.ts";
import type { EcampConfig } from "../model/config.ts";
import { declareEcampParameters } from "../model/declare-parameters.ts";
import { initialValues } from "../nn/initializers.ts";
import { DecodeError } from "../util/errors.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { drawReconstructions } from "./draw-reconstructions.ts";
import { reconstruct } from "./reconstruction.ts";
import { reconstructionPicture } from "./reconstruction-picture.ts";

/** 49 patches of 4 × 4 pixels; dropout, as a checkpoint's model has it, must not matter here. */
const CONFIG: EcampConfig = {
  ...NANO,
  ...{ imageSize: 28, bigImageSize: 56, patch: 4 },
  ...{ dropout: 0.1, attentionDropout: 0.1, finalRelu: false },
};
const SIDE = CONFIG.bigImageSize;

const PARAMETERS = new Map<string, NdArray>(
  [...declareEcampParameters(CONFIG).values()].map((parameter) => [
    parameter.name,
    initialValues({ ...parameter, seed: 4 }),
  ]),
);

/** Two films, each of one grey level, which resizing keeps. */
const LEVELS = [40, 200];
const films = ndArray(
  "u8",
  [2, SIDE, SIDE],
  LEVELS.flatMap((level) => Array(SIDE * SIDE).fill(level)),
);

const stagesAt = (maskRatio: number, seed = 1) =>
  reconstruct({ image: films, maskRatio, seed }, PARAMETERS, { config: CONFIG, device: DEVICE });

describe("reconstruct()", () => {
  test("gives every stage, masked by the ratio and the seed", async () => {
    const stages = await stagesAt(0.75);
    assert.deepEqual(stages.small.shape, [2, 3, 28, 28]);
    assert.deepEqual(stages.predicted.shape, [2, 3, 28, 28]);
    assert.deepEqual(stages.superResolved.shape, [2, 3, 56, 56]);
    assert.deepEqual(stages.mask.shape, [2, 49]);
    for (const sample of [0, 1]) {
      const removed = stages.mask.data.subarray(49 * sample, 49 * (sample + 1));
      assert.equal(
        removed.reduce((sum, bit) => sum + bit, 0),
        49 - 12,
      );
    }
    assert.deepEqual(await stagesAt(0.75), stages);
    assert.notDeepEqual((await stagesAt(0.75, 2)).mask, stages.mask);
  });

  test("removes nothing at ratio 0", async () => {
    const { mask } = await stagesAt(0);
    assert.ok(mask.data.every((bit) => bit === 0));
  });

  test("leaves visible patches as the film has them", async () => {
    const stages = await stagesAt(0.5);
    const { width, data } = reconstructionPicture(films, stages, CONFIG);
    for (const [sample, level] of LEVELS.entries()) {
      for (let row = 0; row < SIDE; row++) {
        for (let column = 0; column < SIDE; column++) {
          const patch = Math.floor(row / 8) * 7 + Math.floor(column / 8);
          const removed = stages.mask.data[49 * sample + patch] === 1;
          const at = (panel: number): number | undefined =>
            data[(sample * (SIDE + 8) + row) * width + panel * (SIDE + 8) + column];
          assert.equal(at(0), level);
          assert.equal(at(1), removed ? 96 : level);
          if (!removed) assert.equal(at(2), level);
        }
      }
    }
  });
});

describe("drawReconstructions()", async () => {
  const root = await mkdtemp(join(tmpdir(), "reconstruction-"));
  after(() => rm(root, { recursive: true, force: true }));
  const model = join(root, "model.safetensors");
  await writeSafetensors(model, PARAMETERS, { metadata: { config: JSON.stringify(CONFIG) } });
  const film = join(root, "film.png");
  const grey = new Uint8Array(30 * 20).fill(LEVELS[0] ?? 0);
  await writeFile(film, await encodePng({ width: 30, height: 20, channels: 1, data: grey }));

  test("draws a row for every film, stretched to a square", async () => {
    const options = { model, maskRatio: 0.75, seed: 1 };
    const picture = await decodeImage(await drawReconstructions([film, film], options));
    assert.deepEqual([picture.width, picture.height], [4 * SIDE + 24, 2 * SIDE + 8]);
    assert.equal(picture.data[0], LEVELS[0]);
  });

  test("refuses to draw nothing, a film that is none, and a ratio that is none", async () => {
    const options = { model, maskRatio: 0.75, seed: 1 };
    await assert.rejects(
      drawReconstructions([], options),
      new RangeError("Cannot draw reconstructions: no film was given"),
    );
    await assert.rejects(drawReconstructions([model], options), DecodeError);
    await assert.rejects(drawReconstructions([film], { ...options, maskRatio: 1 }), RangeError);
  });
});
