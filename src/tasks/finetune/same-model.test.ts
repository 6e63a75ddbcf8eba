import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { WeightsError } from "../../util/errors.ts";
import { zeros } from "../../util/nd-array.ts";
import { writeSafetensors } from "../../weights/safetensors.ts";
import { requireSameModel } from "./same-model.ts";

const root = await mkdtemp(join(tmpdir(), "same-model-"));
after(() => rm(root, { recursive: true, force: true }));

const described = (fields: object): Readonly<Record<string, string>> => ({
  format: "ecamp-classifier-1",
  classifier: JSON.stringify(fields),
});
const BEFORE = { classes: ["A", "B"], normalization: { mean: 0.5, std: 0.25 }, leaks: false };

describe("requireSameModel()", async () => {
  const file = join(root, "model.safetensors");
  await writeSafetensors(file, [["head.bias", zeros("f32", [2])]], { metadata: described(BEFORE) });
  const goOn = (fields: object) => requireSameModel("runs/a", file, described(fields));

  test("lets a run go on whose description is the same, in whatever order of keys", async () => {
    const { classes, ...rest } = BEFORE;
    await goOn({ ...rest, classes });
  });

  test("lets what says nothing of the parameters become another", () =>
    goOn({ ...BEFORE, leaks: true }));

  test("refuses other grey levels and other classes, naming both", async () => {
    const other = { ...BEFORE, normalization: { mean: 0.4, std: 0.25 } };
    await assert.rejects(goOn(other), (error: unknown) => {
      assert.ok(error instanceof WeightsError);
      assert.match(error.message, /"runs\/a".*"normalization\.mean" is 0\.4, and was 0\.5/);
      return true;
    });
    await assert.rejects(goOn({ ...BEFORE, classes: ["B", "A"] }), /"classes" is \["B","A"\]/);
  });

  test("refuses a file of another kind", () =>
    assert.rejects(requireSameModel("runs/a", file, { format: "ecamp-detector-1" }), /"format"/));
});
