import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Saved, savedTensor, zipCheckpoint } from "../../test/pth-file.ts";
import { hfVitTensors, prefixed, SMALL_VIT, vitTensors } from "../../test/vit-tensors.ts";
import { input } from "../engine/tensor.ts";
import { resizePositionTable } from "../model/position-table.ts";
import { vitEncoder } from "../model/vit.ts";
import { normal } from "../nn/initializers.ts";
import { type Parameter, Scope, Trace } from "../nn/scope.ts";
import { DEFAULTS } from "../recipes/defaults.ts";
import { decayByRank } from "../train/parameter-groups.ts";
import { ParameterStore } from "../train/parameter-store.ts";
import { WeightsError } from "../util/errors.ts";
import { openInitial } from "./initial-file.ts";
import { type InitialLoad, startingParameters } from "./load-initial.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "load-initial-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const WORDS = "bert_encoder.model.bert.embeddings.word_embeddings.weight";
const GAP = "bert_encoder.model.bert.context_fusion_layer.gap_mlp.bias";
const ARCHITECTURE = { positionExponent: "k/(2d)", finalRelu: true, tiedDecoder: false } as const;
const own = vitTensors();

/** The parameters of an encoder, and two of a report decoder. */
function declare(grid: number): readonly Parameter[] {
  const { dim, depth, patch } = SMALL_VIT;
  const trace = new Trace();
  const s = new Scope(trace);
  const side = grid * patch;
  const sizes = { imageSize: side, patch, dim, depth, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 };
  const image = input("image", "f32", [1, 3, side, side]);
  vitEncoder(s, { image }, { ...sizes, positionExponent: "k/(d/2)" });
  s.param(WORDS, [5, 4], normal({ std: 1 }));
  s.param(GAP, [4], normal({ std: 1 }));
  return [...trace.parameters.values()];
}

/** Starts from what was saved. */
async function start(
  saved: Saved,
  { grid = SMALL_VIT.grid, tokenizerSha256 = "a" } = {},
): Promise<{ readonly store: ParameterStore; readonly initial: InitialLoad }> {
  const file = join(folder, "initial.pth");
  await writeFile(file, zipCheckpoint(saved));
  const parameters = declare(grid);
  const trained = parameters.filter(({ trainable }) => trainable);
  const fixed = parameters.filter(({ trainable }) => !trainable);
  const store = new ParameterStore({ trained, fixed, rules: decayByRank(0), slots: [] });
  const run = { ...DEFAULTS.run, init: file };
  const target = { store, parameters, model: ARCHITECTURE, tokenizerSha256 };
  const initial = await startingParameters({ ...DEFAULTS, run }, target);
  assert.ok(initial !== undefined);
  return { store, initial };
}

describe("startingParameters() from a PyTorch file", () => {
  for (const [name, model] of [
    ["MAE", own],
    ["several devices", prefixed("module.", own)],
    ["Hugging Face", prefixed("vit.", hfVitTensors(own))],
  ] as const) {
    test(`takes the encoder and its position table, and draws the rest: ${name}`, async () => {
      const { store, initial } = await start({ model });
      for (const [tensor, { storage }] of Object.entries(own)) {
        assert.deepEqual(store.values.get(tensor)?.data, storage, tensor);
      }
      assert.equal(initial.report.loaded.length, Object.keys(own).length);
      assert.deepEqual([...initial.report.missing].sort(), [GAP, WORDS]);
      assert.ok(store.values.get(GAP)?.data.some((value) => value !== 0));
    });
  }

  test("interpolates the position table to another grid", async () => {
    const { store, initial } = await start(own, { grid: 3 });
    assert.deepEqual(
      initial.report.reshaped.map(({ name }) => name),
      ["pos_embed"],
    );
    const { pos_embed: table } = own;
    assert.ok(table !== undefined);
    const { shape, storage: data } = table;
    const expected = resizePositionTable({ dtype: "f32", shape, data }, 3);
    assert.deepEqual(store.values.get("pos_embed")?.data, expected.data);
  });

  test("takes the released file's fusion layer, and leaves out the words of a vocabulary of another size", async () => {
    const gap = savedTensor([4], [1, 2, 3, 4]);
    const released = { ...own, "bert_encoder.model.bert.cross_attn_layer.gap_mlp.bias": gap };
    const words = (count: number) => savedTensor([count, 4], (index) => index);
    const same = await start({ ...released, [WORDS]: words(5) });
    assert.deepEqual(same.store.values.get(GAP)?.data, gap.storage);
    assert.deepEqual(same.store.values.get(WORDS)?.data, words(5).storage);
    assert.equal(same.initial.leavesWordsOut, false);
    const other = await start({ ...released, [WORDS]: words(7) });
    assert.equal(other.initial.leavesWordsOut, true);
    assert.deepEqual(other.initial.report.missing, [WORDS]);
  });

  test("refuses what is not the encoder of this model", async () => {
    const refuses = (saved: Saved, message: RegExp): Promise<void> =>
      assert.rejects(start(saved), (error: unknown) => {
        assert.ok(error instanceof WeightsError, String(error));
        assert.match(error.message, message);
        return true;
      });
    const resnet = {
      "conv1.weight": own["cls_token"] ?? null,
      "layer1.0.conv1.weight": own["cls_token"] ?? null,
    };
    await refuses(resnet, /^Cannot start from ".*": it holds a ResNet/);
    await refuses(
      vitTensors({ ...SMALL_VIT, depth: 3 }),
      /has 3 blocks, expected 2; choose the size that it has, such as --set model\.depth=3/,
    );
    const { pos_embed: _, ...without } = own;
    await refuses(without, /into the pre-training model: 1 missing \(pos_embed\)/);
    await refuses(
      { ...own, pos_embed: savedTensor([5, 8], () => 0) },
      /its position table pos_embed has the shape \[5,8\], expected \[1, 1 \+ grid², 8\]/,
    );
    await refuses(vitTensors({ ...SMALL_VIT, depth: 1 }), /12 missing \(blocks\.1\./);
    await refuses(vitTensors({ ...SMALL_VIT, dim: 16 }), /reshaped \(.*: \[/);
    await refuses(
      { ...own, "norm.bias": savedTensor([8], () => Number.NEGATIVE_INFINITY) },
      /Cannot load "norm\.bias" of ".*": .* not finite/,
    );
  });
});

describe("openInitial() of a PyTorch file", () => {
  const open = async (saved: Saved) => {
    const file = join(folder, "opened.pth");
    await writeFile(file, zipCheckpoint(saved));
    return openInitial(file);
  };

  test("takes a file with a report decoder for what the authors' program trains, and an encoder for no architecture", async () => {
    const bias = savedTensor([5], () => 0);
    const whole = await open({
      model: { ...own, "bert_encoder.model.cls.predictions.bias": bias },
    });
    assert.deepEqual(whole.architecture, ARCHITECTURE);
    assert.equal((await open(own)).architecture, undefined);
  });
});
