import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { savedTensor, zipCheckpoint } from "../../../test/pth-file.ts";
import { hfVitTensors, prefixed, SMALL_VIT, vitTensors } from "../../../test/vit-tensors.ts";
import { openDevice } from "../../engine/runtime/device.ts";
import { encodePng } from "../../image/encode.ts";
import { raster } from "../../image/raster.ts";
import { ConfigError, WeightsError } from "../../util/errors.ts";
import { encoderFeatures } from "../probe/features.ts";
import { loadEncoder } from "./load-encoder.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "load-encoder-"));
});
after(() => rm(folder, { recursive: true, force: true }));

type Tensors = ReturnType<typeof vitTensors>;

async function saved(tensors: Tensors): Promise<string> {
  const file = join(folder, "model.pth");
  await writeFile(file, zipCheckpoint({ model: tensors }));
  return file;
}

describe("loadEncoder()", () => {
  test("gives every parameter under its own name, whichever program wrote the file", async () => {
    const own = vitTensors();
    for (const tensors of [own, prefixed("vit.", hfVitTensors(own))]) {
      const encoder = await loadEncoder(await saved(tensors), { heads: 2 });
      assert.deepEqual([...encoder.parameters.keys()].sort(), Object.keys(own).sort());
      for (const [name, { data }] of encoder.parameters) {
        assert.deepEqual([...data], [...(own[name]?.storage ?? [])], name);
      }
      assert.deepEqual(encoder.config.imageSize, SMALL_VIT.grid * SMALL_VIT.patch);
      assert.deepEqual([encoder.config.mean, encoder.config.std], [0.4722, 0.3028]);
      assert.match(encoder.report, /which are assumed/);
    }
  });

  test("takes another side, and its features are finite and differ between pictures", async () => {
    const encoder = await loadEncoder(await saved(vitTensors()), { heads: 2, imageSize: 16 });
    const films = await Promise.all(
      [40, 200].map(async (level) => {
        const file = join(folder, `${level}.png`);
        const data = new Uint8Array(32 * 32).fill(level).fill(255 - level, 0, 300);
        await writeFile(
          file,
          await encodePng(raster({ width: 32, height: 32, channels: 1, data })),
        );
        return file;
      }),
    );
    const { shape, data } = await encoderFeatures(encoder, { device: openDevice() })(films);
    assert.deepEqual(shape, [2, SMALL_VIT.dim]);
    assert.ok(data.every(Number.isFinite));
    assert.notDeepEqual([...data.subarray(0, 8)], [...data.subarray(8)]);
  });

  test("refuses an encoder that is not whole, values that are not finite, and heads that would be a guess", async () => {
    const { "norm.bias": _, ...withoutNorm } = vitTensors();
    await assert.rejects(loadEncoder(await saved(withoutNorm), { heads: 2 }), WeightsError);
    const broken = { ...vitTensors(), cls_token: savedTensor([1, 1, 8], () => Number.NaN) };
    await assert.rejects(loadEncoder(await saved(broken), { heads: 2 }), /not finite|NaN/);
    await assert.rejects(loadEncoder(await saved(vitTensors())), ConfigError);
  });
});
