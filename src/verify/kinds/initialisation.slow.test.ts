import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyFixtures } from "../verify.ts";

const RECORDED = fileURLToPath(
  new URL("../../../../shared/fixtures/initialisation", import.meta.url),
);

test("verifyFixtures() finds every parameter of the full-size model as recorded", {
  skip: existsSync(RECORDED) ? false : "../shared/fixtures/initialisation is absent",
}, async () => {
  const results = [];
  for await (const result of verifyFixtures([RECORDED], { device: "cpu", threads: 1, slack: 1 })) {
    results.push(result);
  }
  const [result] = results;
  assert.equal(result?.checks.filter(({ name }) => name.startsWith("rule/")).length, 349);
  assert.deepEqual(
    result?.checks.filter(({ pass }) => !pass),
    [],
  );
  assert.equal(result?.pass, true);
});
