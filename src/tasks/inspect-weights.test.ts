import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { savedTensor, zipCheckpoint } from "../../test/pth-file.ts";
import { hfVitTensors, prefixed, vitTensors } from "../../test/vit-tensors.ts";
import { openWeights } from "../weights/open-weights.ts";
import { inspectWeights, type WeightsInspection } from "./inspect-weights.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inspect-weights-"));
});
after(() => rm(folder, { recursive: true, force: true }));

type Tensors = ReturnType<typeof vitTensors>;

async function inspected(
  tensors: Tensors,
  beside: Readonly<Record<string, number>> = {},
): Promise<WeightsInspection> {
  const file = join(folder, "model.pth");
  await writeFile(file, zipCheckpoint({ model: tensors, ...beside }));
  await using weights = await openWeights(file);
  return inspectWeights(weights);
}

const without = (tensors: Tensors, name: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== name));

describe("inspectWeights()", () => {
  test("says of a whole encoder what each tensor becomes, and that a run can start from it", async () => {
    const inspection = await inspected(prefixed("module.", vitTensors()), { epoch: 3 });
    assert.equal(inspection.format, "pytorch-zip");
    assert.equal(inspection.family, "vit");
    assert.equal(inspection.prefix, "module.");
    assert.equal(inspection.refusal, null);
    assert.deepEqual(inspection.encoder?.missing, []);
    assert.equal(inspection.encoder?.depth, 2);
    assert.deepEqual(inspection.beside, [{ name: "epoch", what: "3" }]);
    for (const { name, becomes, part } of inspection.tensors) {
      assert.deepEqual({ becomes, part }, { becomes: name.replace("module.", ""), part: null });
    }
    assert.equal(inspection.parts["image encoder"], inspection.tensors.length);
    const elements = Object.values(vitTensors()).reduce((sum, t) => sum + t.storage.length, 0);
    assert.equal(inspection.tensorBytes, 4 * elements);
  });

  test("says which third of qkv each projection of Hugging Face becomes", async () => {
    const { tensors, refusal } = await inspected(hfVitTensors());
    const parts = tensors.filter(({ becomes }) => becomes === "blocks.1.attn.qkv.weight");
    assert.equal(refusal, null);
    assert.deepEqual(
      parts.map(({ name, part }) => [name.split(".").at(-2), part]),
      [
        ["query", 1],
        ["key", 2],
        ["value", 3],
      ],
    );
  });

  test("names what an encoder lacks or has in another shape, and refuses to start from it", async () => {
    const incomplete = await inspected(without(vitTensors(), "blocks.0.norm2.bias"));
    assert.deepEqual(incomplete.encoder?.missing, ["blocks.0.norm2.bias"]);
    assert.match(incomplete.refusal ?? "", /lacks 1 parameters?, blocks\.0\.norm2\.bias first/);
    const reshaped = await inspected({ ...vitTensors(), "norm.bias": savedTensor([9], () => 0) });
    assert.deepEqual(reshaped.encoder?.missing, ["norm.bias"]);
  });

  test("lets a downstream model start another one, though it has no final norm", async () => {
    const bare = without(without(vitTensors(), "norm.weight"), "norm.bias");
    const { encoder, refusal } = await inspected(prefixed("encoder.", bare));
    assert.deepEqual(encoder?.missing, ["norm.weight", "norm.bias"]);
    assert.equal(refusal, null);
  });

  test("says of a convolutional network that nothing becomes of it", async () => {
    const { encoder, family, tensors, refusal } = await inspected({
      "conv1.weight": savedTensor([2, 3, 7, 7], () => 0),
      "layer1.0.bn1.running_mean": savedTensor([2], () => 0),
    });
    assert.deepEqual([encoder, family], [null, null]);
    assert.deepEqual(
      tensors.map(({ becomes }) => becomes),
      [null, null],
    );
    assert.match(refusal ?? "", /expected the encoder of one vision transformer/);
  });

  test("leaves a head that no part of pre-training has unused", async () => {
    const { tensors, refusal } = await inspected({
      ...vitTensors(),
      "head.weight": savedTensor([5, 8], () => 0),
    });
    assert.equal(tensors.find(({ name }) => name === "head.weight")?.becomes, null);
    assert.equal(refusal, null);
  });
});
