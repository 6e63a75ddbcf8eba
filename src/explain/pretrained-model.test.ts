import assert from "node:assert/strict";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { WeightsError } from "../util/errors.ts";
import { ndArray } from "../util/nd-array.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { readPretrainedModel } from "./pretrained-model.ts";

const root = await mkdtemp(join(tmpdir(), "pretrained-model-"));
after(() => rm(root, { recursive: true, force: true }));

const TENSORS = [
  ["cls_token", ndArray("f32", [1, 1, 8], [1, 2, 3, 4, 5, 6, 7, 8])],
  ["norm.bias", ndArray("f32", [2], [-1, 0.5])],
] as const;

let files = 0;
async function modelFile(metadata: Readonly<Record<string, string>>): Promise<string> {
  const file = join(root, `${files++}.safetensors`);
  await writeSafetensors(file, TENSORS, { metadata });
  return file;
}

describe("readPretrainedModel()", () => {
  test("gives sizes and parameters", async () => {
    const file = await modelFile({ config: JSON.stringify(NANO), format: "ecamp-pretrain-1" });
    const { config, normalizedPatches, parameters } = await readPretrainedModel(file);
    assert.deepEqual(config, NANO);
    assert.equal(normalizedPatches, false);
    const other = await modelFile({ config: JSON.stringify(NANO), normalizedPatches: "true" });
    assert.equal((await readPretrainedModel(other)).normalizedPatches, true);
    assert.deepEqual([...parameters], TENSORS);
  });

  test("refuses a file that does not say what model it holds", async () => {
    const { dim: _dim, ...incomplete } = NANO;
    const cases: readonly [Readonly<Record<string, string>>, RegExp][] = [
      [{}, /: its header has no "config", so its sizes are unknown$/],
      [{ config: '{"dim": 8' }, /: "config" of its header is not understood: /],
      [{ config: JSON.stringify(incomplete) }, /: "config\.dim" of its header is not understood: /],
      [{ config: JSON.stringify({ ...NANO, patch: 2.5 }) }, /: "config\.patch" of its header /],
      [
        { config: JSON.stringify({ ...NANO, positionExponent: "k" }) },
        /"config\.positionExponent"/,
      ],
    ];
    for (const [metadata, message] of cases) {
      const file = await modelFile(metadata);
      await assert.rejects(readPretrainedModel(file), (error) => {
        assert.ok(error instanceof WeightsError);
        assert.ok(error.message.startsWith(`Cannot read the model "${file}": `));
        assert.match(error.message, message);
        return true;
      });
    }
  });

  test("refuses a file that is missing or cut off", async () => {
    const file = await modelFile({ config: JSON.stringify(NANO) });
    await truncate(file, 100);
    await assert.rejects(readPretrainedModel(file), WeightsError);
    await assert.rejects(readPretrainedModel(join(root, "absent")), WeightsError);
  });
});
