import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { renderResult } from "./render.ts";
import { verifyFixtures } from "./verify.ts";

const SHARED = fileURLToPath(new URL("../../../shared/fixtures", import.meta.url));

describe("verifyFixtures()", () => {
  for (const name of ["posembed", "schedule-pretrain", "schedule-downstream"]) {
    const directory = join(SHARED, name);
    test(`passes the whole of ${name}, without slack`, {
      skip: existsSync(directory) ? false : `../shared/fixtures/${name} is absent`,
    }, async () => {
      const options = { device: "cpu", threads: 1, slack: 1 };
      for await (const result of verifyFixtures([directory], options)) {
        assert.ok(result.pass, renderResult(result));
      }
    });
  }
});
