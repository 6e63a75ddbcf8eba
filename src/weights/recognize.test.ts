import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Saved, savedTensor, zipCheckpoint } from "../../test/pth-file.ts";
import { hfVitTensors, prefixed, SMALL_VIT, vitTensors } from "../../test/vit-tensors.ts";
import { WeightsError } from "../util/errors.ts";
import { ndArray, type Shape } from "../util/nd-array.ts";
import { nameTensors } from "./name-tensors.ts";
import { openWeights } from "./open-weights.ts";
import { readFloats } from "./read-floats.ts";
import { recognizeWeights, requireEncoder } from "./recognize.ts";
import { writeSafetensors } from "./safetensors.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "recognize-"));
});
after(() => rm(folder, { recursive: true, force: true }));

type Tensors = ReturnType<typeof vitTensors>;

/** The shapes of tensors, as a file that says nothing else. */
const fileOf = (tensors: Tensors): Parameters<typeof recognizeWeights>[0] => ({
  names: Object.keys(tensors),
  info: (name) => ({ type: "F32", shape: tensors[name]?.shape ?? [], byteLength: 0 }),
});

const bias = savedTensor([8], () => 0);
const ENCODER = { dim: 8, depth: 2, patch: 4, channels: 3, mlpRatio: 2, grid: 2 };

describe("recognizeWeights()", () => {
  const decoder = { "decoder_embed.bias": bias };
  const report = { ...decoder, "bert_encoder.model.bert.pooler.dense.bias": bias };
  const families: Record<string, [Tensors, string]> = {
    vit: [vitTensors(), ""],
    "vit-classifier": [{ ...vitTensors(), "head.bias": bias }, ""],
    mae: [{ ...vitTensors(), ...decoder }, ""],
    mrm: [{ ...vitTensors(), ...report }, ""],
    ecamp: [
      { ...vitTensors(), ...report, "bert_encoder.model.bert.cross_attn_layer.gap_mlp.bias": bias },
      "",
    ],
    "hf-vit": [prefixed("vit.", hfVitTensors()), "vit."],
    "hf-vit-mae": [
      { ...prefixed("vit.", hfVitTensors()), "decoder.decoder_embed.bias": bias },
      "vit.",
    ],
  };
  for (const [family, [tensors, prefix]] of Object.entries(families)) {
    test(`knows ${family}, whatever stands before its names`, () => {
      for (const before of ["", "module.", "module.backbone."]) {
        const found = recognizeWeights(fileOf(prefixed(before, tensors)));
        assert.equal(found.family, family, before);
        assert.deepEqual(found.prefixes, [before + prefix]);
        assert.deepEqual(found.encoder, ENCODER);
        assert.deepEqual(found.foreign, []);
      }
    });
  }

  test("gives every parameter of the encoder its place, query, key and value in this order", () => {
    const own = recognizeWeights(fileOf(vitTensors()));
    const theirs = recognizeWeights(fileOf(prefixed("encoder.", hfVitTensors())));
    const shapes = ({ tensors }: typeof own): Record<string, Shape> =>
      Object.fromEntries([...tensors.values()].map(({ name, shape }) => [name, shape]));
    assert.deepEqual(shapes(theirs), shapes(own));
    assert.deepEqual(
      theirs.tensors.get("blocks.1.attn.qkv.weight")?.sources,
      ["query", "key", "value"].map(
        (word) => `encoder.encoder.layer.1.attention.attention.${word}.weight`,
      ),
    );
  });

  test("names other architectures, and several encoders in one file", () => {
    const others: [string, string][] = [
      ["module.layer1.0.conv1.weight", "a ResNet"],
      ["features.denseblock1.denselayer1.conv1.weight", "a DenseNet"],
      ["layers.0.blocks.0.attn.relative_position_bias_table", "a Swin or BEiT transformer"],
      ["visual.conv1.weight", "a CLIP model"],
      ["bert.embeddings.word_embeddings.weight", "a BERT model"],
      ["weight", "nothing that is known"],
    ];
    for (const [name, what] of others) {
      const found = recognizeWeights(fileOf({ [name]: bias }));
      assert.deepEqual([found.what, found.family, found.encoder], [what, undefined, undefined]);
      assert.throws(
        () => requireEncoder(found, 'Cannot take an encoder from "a.pth"'),
        (error: Error) =>
          error instanceof WeightsError &&
          error.message.startsWith(
            `Cannot take an encoder from "a.pth": it holds ${what}, expected`,
          ),
      );
    }
    const twice = { ...prefixed("student.", vitTensors()), ...prefixed("teacher.", vitTensors()) };
    const { what, encoder } = recognizeWeights(fileOf(twice));
    assert.equal(what, 'several encoders, under "student." and "teacher."');
    assert.equal(encoder, undefined);
  });
});

describe("requireEncoder()", () => {
  const refuses = (tensors: Tensors, message: RegExp): void => {
    assert.throws(
      () => requireEncoder(recognizeWeights(fileOf(tensors)), "Cannot start"),
      (error: unknown) => error instanceof WeightsError && message.test(error.message),
    );
  };

  test("refuses variants that compute something else", () => {
    refuses(
      { ...vitTensors(), "blocks.0.ls1.gamma": bias },
      /^Cannot start: its encoder has parameters that this one has not \(blocks\.0\.ls1\.gamma\)/,
    );
    refuses({ ...vitTensors(), dist_token: bias }, /\(dist_token\)/);
    const grey = savedTensor([8, 1, 4, 4], () => 0);
    refuses(
      { ...vitTensors(), "patch_embed.proj.weight": grey },
      /patches have 1 channels, expected 3/,
    );
    const oblong = savedTensor([8, 3, 4, 8], () => 0);
    refuses({ ...vitTensors(), "patch_embed.proj.weight": oblong }, /its patches are not square/);
  });

  test("gives what shapes tell, a table of no square grid as none", () => {
    const twelve = savedTensor([1, 12, 8], () => 0);
    const found = recognizeWeights(fileOf({ ...vitTensors(), pos_embed: twelve }));
    assert.deepEqual(requireEncoder(found, ""), { ...ENCODER, grid: undefined });
  });
});

describe("nameTensors()", () => {
  test("leaves parts of a parameter that is not whole under the file's names", () => {
    const query = "encoder.layer.0.attention.attention.query.bias";
    const { tensors } = nameTensors([
      [query, [4]],
      ["encoder.layer.0.attention.attention.key.bias", [4]],
    ]);
    assert.equal(tensors.has("blocks.0.attn.qkv.bias"), false);
    assert.deepEqual(tensors.get(query)?.sources, [query]);
  });

  test("takes a model's own names as they are", () => {
    const { tensors } = nameTensors(
      [["layernorm.weight", [4]]],
      (name) => name === "layernorm.weight",
    );
    assert.deepEqual([...tensors.keys()], ["layernorm.weight"]);
  });
});

describe("readFloats()", () => {
  async function written(saved: Saved): Promise<string> {
    const file = join(folder, "weights.pth");
    await writeFile(file, zipCheckpoint(saved));
    return file;
  }

  test("puts query, key and value together as the encoder has them", async () => {
    const own = vitTensors(SMALL_VIT);
    await using weights = await openWeights(await written({ model: hfVitTensors(own) }));
    const { tensors } = recognizeWeights(weights);
    for (const [name, { storage, shape }] of Object.entries(own)) {
      const tensor = tensors.get(name);
      assert.ok(tensor !== undefined, name);
      assert.deepEqual(
        await readFloats(weights, tensor),
        { dtype: "f32", shape, data: storage },
        name,
      );
    }
  });

  test("widens other types", async () => {
    const fixture = new URL("../../test/fixtures/pth/dtypes.pth", import.meta.url);
    await using weights = await openWeights(fileURLToPath(fixture));
    for (const name of ["f16", "bf16", "f64"]) {
      const { data, dtype } = await readFloats(weights, { sources: [name] });
      const expected = Array.from((await weights.read(name)).data, Number);
      assert.deepEqual(dtype, "f32");
      assert.deepEqual([...data], expected.map(Math.fround), name);
    }
  });

  test("refuses integers, which are a quantised file's codes", async () => {
    const fixture = new URL("../../test/fixtures/pth/dtypes.pth", import.meta.url);
    await using weights = await openWeights(fileURLToPath(fixture));
    for (const name of ["i64", "i32", "i16", "i8", "u8", "bool"]) {
      await assert.rejects(
        readFloats(weights, { sources: [name] }),
        new RegExp(
          `^WeightsError: Cannot load "${name}" of ".*": its elements are integers \\(${name.toUpperCase()}\\), .* quantised`,
        ),
      );
    }
  });

  test("takes a normalisation's count of batches, which is whole in PyTorch's files", async () => {
    const file = join(folder, "counts.safetensors");
    const count = ndArray("i64", [], BigInt64Array.of(1234n));
    await writeSafetensors(file, [["bn.num_batches_tracked", count]]);
    await using weights = await openWeights(file);
    const read = await readFloats(weights, { sources: ["bn.num_batches_tracked"] });
    assert.deepEqual(read, ndArray("f32", [], [1234]));
  });

  test("names a tensor with values that are not finite", async () => {
    const tensors = {
      good: bias,
      bad: savedTensor([4], [1, Number.NaN, 2, Number.POSITIVE_INFINITY]),
    };
    await using weights = await openWeights(await written(tensors));
    await assert.rejects(
      readFloats(weights, { sources: ["good", "bad"] }),
      /^WeightsError: Cannot load "bad" of ".*weights\.pth": .* not finite \(2 of 4\); the training/,
    );
  });
});
