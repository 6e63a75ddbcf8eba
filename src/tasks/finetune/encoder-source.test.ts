import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { legacyCheckpoint, savedTensor, zipCheckpoint } from "../../../test/pth-file.ts";
import { hfVitTensors, prefixed, SMALL_VIT, vitTensors } from "../../../test/vit-tensors.ts";
import { resizePositionTable } from "../../model/position-table.ts";
import type { ClassifierOptions } from "../../recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS } from "../../recipes/classify-recipes.ts";
import { ConfigError, WeightsError } from "../../util/errors.ts";
import { type NdArray, type Shape, zeros } from "../../util/nd-array.ts";
import { encoderSource } from "./encoder-source.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "encoder-source-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const OPTIONS: ClassifierOptions = { ...CLASSIFY_DEFAULTS.model, heads: 2 };

type Tensors = ReturnType<typeof vitTensors>;

async function saved(bytes: Uint8Array, name = "mae.pth"): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, bytes);
  return file;
}

/** Places for the parameters of a classifier's encoder and of its norm, all 0. */
function places(grid: number): Map<string, NdArray<"f32">> {
  const shapes = Object.entries(vitTensors({ ...SMALL_VIT, grid })).map(
    ([name, { shape }]): [string, Shape] => [name.replace(/^norm\./, "fc_norm."), shape],
  );
  return new Map(shapes.map(([name, shape]) => [name, zeros("f32", shape)]));
}

async function rejects(
  tensors: Tensors,
  message: RegExp,
  options: Partial<ClassifierOptions> = {},
): Promise<void> {
  const file = await saved(zipCheckpoint({ model: tensors }));
  const filled = encoderSource(file, { ...OPTIONS, ...options }).then(({ fill }) =>
    fill(places(2), "encoder"),
  );
  await assert.rejects(filled, (error: unknown) => {
    assert.ok(error instanceof WeightsError || error instanceof ConfigError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

describe("encoderSource() of a PyTorch file", () => {
  const own = vitTensors();
  const files: Record<string, Uint8Array> = {
    "MAE, with an optimiser beside": zipCheckpoint({ model: own, epoch: 3, optimizer: {} }),
    "the form before PyTorch 1.6": legacyCheckpoint({ model: own }),
    "several devices": zipCheckpoint({ state_dict: prefixed("module.", own) }),
    "a larger model": zipCheckpoint({
      ...prefixed("backbone.", own),
      "head.bias": savedTensor([2], [1, 2]),
    }),
    "Hugging Face": zipCheckpoint(prefixed("vit.", hfVitTensors(own))),
  };
  for (const [name, bytes] of Object.entries(files)) {
    test(`takes sizes from shapes, and every value: ${name}`, async () => {
      const file = await saved(bytes);
      const { architecture, normalization, fill } = await encoderSource(file, OPTIONS);
      assert.deepEqual(architecture, {
        ...{ imageSize: 8, patch: 4, dim: 8, depth: 2, heads: 2, mlpRatio: 2 },
        layerNormEps: name === "Hugging Face" ? 1e-12 : 1e-6,
        positionExponent: "k/(d/2)",
      });
      assert.equal(normalization, undefined);
      const values = places(2);
      const note = await fill(values, "encoder");
      for (const [tensor, { storage }] of Object.entries(own)) {
        assert.deepEqual(values.get(tensor.replace(/^norm\./, "fc_norm."))?.data, storage, tensor);
      }
      assert.match(
        note ?? "",
        /: 28 loaded, fc_norm from norm; it is .*, and says nothing of its 2 heads and its grey/,
      );
    });
  }

  test("interpolates the position table to the grid of another image size, and leaves a norm as it was drawn", async () => {
    const file = await saved(zipCheckpoint(own));
    const { architecture, fill } = await encoderSource(file, { ...OPTIONS, imageSize: 12 });
    assert.equal(architecture.imageSize, 12);
    const values = places(3);
    assert.match(
      (await fill(values, "fresh")) ?? "",
      /1 reshaped \(pos_embed: \[1,5,8\] for \[1,10,8\]\)/,
    );
    const { pos_embed: table } = own;
    assert.ok(table !== undefined);
    const { shape, storage } = table;
    const expected = resizePositionTable({ dtype: "f32", shape, data: storage }, 3);
    assert.deepEqual(values.get("pos_embed"), expected);
    assert.ok(values.get("fc_norm.weight")?.data.every((value) => value === 0));
  });

  test("says the number of heads where a width tells it, and asks for it otherwise", async () => {
    const wide = vitTensors({ ...SMALL_VIT, dim: 128 });
    const file = await saved(zipCheckpoint(wide));
    const { architecture } = await encoderSource(file, { ...OPTIONS, heads: null });
    assert.equal(architecture.heads, 2);
    await rejects(own, /its width, 8, is no multiple of 64; give it with --set model\.heads=N/, {
      heads: null,
    });
    await rejects(own, /split a width of 8 among 3 heads/, { heads: 3 });
  });

  test("refuses other architectures, variants and tables of no square grid", async () => {
    const resnet = { "layer1.0.conv1.weight": savedTensor([1], [1]) };
    await rejects(resnet, /it holds a ResNet, expected the encoder of one vision transformer/);
    await rejects({ ...own, "blocks.1.ls1.gamma": savedTensor([1], [1]) }, /blocks\.1\.ls1\.gamma/);
    await rejects(
      { ...own, pos_embed: savedTensor([1, 6, 8], () => 0) },
      /its position table is missing or/,
    );
    await rejects(
      { ...own, pos_embed: savedTensor([1, 5, 16], () => 0) },
      /its position table pos_embed has the shape \[1,5,16\], expected \[1, 1 \+ grid², 8\]/,
    );
    await rejects({ ...own, dist_token: savedTensor([1, 1, 8], () => 0) }, /\(dist_token\)/);
  });

  test("refuses an encoder that is not whole, has no norm to probe, or is not finite", async () => {
    const without = (missing: string): Tensors =>
      Object.fromEntries(Object.entries(own).filter(([name]) => !name.startsWith(missing)));
    await rejects(without("cls_token"), /into the encoder: 1 missing \(cls_token\)/);
    await rejects(without("blocks.1.attn.proj.bias"), /1 missing \(blocks\.1\.attn\.proj\.bias\)/);
    await rejects(without("norm."), /it holds no final norm/);
    const nan = savedTensor([8], () => Number.NaN);
    await rejects(
      { ...own, "blocks.0.norm2.bias": nan },
      /Cannot load "blocks\.0\.norm2\.bias" of .*not finite/,
    );
  });
});
