import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FUNDUS_LEXICON } from "../text/lexicons/fundus.ts";
import { ConfigError } from "../util/errors.ts";
import { loadLexicon } from "./load-lexicon.ts";

const folder = await mkdtemp(join(tmpdir(), "lexicon-"));

async function fileOf(text: string): Promise<string> {
  const file = join(folder, "lexicon.json");
  await writeFile(file, text);
  return file;
}

test("loadLexicon() knows this project's by name", async () => {
  assert.deepEqual(await loadLexicon("chest"), { lexicon: undefined, sha256: undefined });
  assert.equal((await loadLexicon("fundus")).lexicon, FUNDUS_LEXICON);
});

test("loadLexicon() reads a user's own, and says which it was by a hash", async () => {
  const entities = [{ entity: "tear", label: null, forms: ["tear"] }];
  const { lexicon, sha256 } = await loadLexicon(
    await fileOf(JSON.stringify({ name: "knee", entities })),
  );
  assert.deepEqual(lexicon, { name: "knee", entities });
  assert.match(sha256 ?? "", /^[0-9a-f]{64}$/);
});

test("loadLexicon() refuses what is no lexicon", async () => {
  await assert.rejects(loadLexicon("knee"), {
    name: "ConfigError",
    message:
      'Cannot read the lexicon "knee": there is no such file; expected chest, fundus, or the path of a JSON file',
  });
  await assert.rejects(loadLexicon(folder), ConfigError);
  await assert.rejects(loadLexicon(await fileOf("{")), /it is not valid JSON/);
  await assert.rejects(loadLexicon(await fileOf("[]")), ConfigError);
});
