import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresOf, namesOf, openCopy } from "../../../test/fixture-copy.ts";
import { replayClassify } from "./classify.ts";

test("replayClassify() finds logits, loss and every gradient of the full-size classifier as recorded", async () => {
  const findings = await replayClassify(await openCopy("classify-base"), {
    device: "cpu",
    threads: 1,
  });
  const names = namesOf(findings);
  // A ViT-B/16 and its head have 152 parameters, each with a norm and first elements.
  for (const kind of ["gradNormOf/", "grad-head/"])
    assert.equal(names.filter((name) => name.startsWith(kind)).length, 152, kind);
  assert.ok(["out/logits", "loss/1", "gradNorm/1"].every((name) => names.includes(name)));
  assert.deepEqual(failuresOf(findings), []);
});
