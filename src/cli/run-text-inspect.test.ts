import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { tokenizerFileText } from "../text/tokenizer.ts";
import { wordVocabulary } from "../text/word-vocabulary.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const REPORT = "There is no large left effusion. The heart is normal in size. A 2.5 cm nodule.";
const RECORDS = [
  { id: "a", report: REPORT },
  { id: "blank", report: " \n" },
  { id: "long", report: "There is no mass. ".repeat(1112) },
  { id: "german", report: "Kein Erguss. Herz nicht vergrößert." },
  { id: "odd", report: "No \u001b[31medema\u0007 \ud800 seen." },
  { id: "none", image: "a.png" },
];

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "text-inspect-"));
  await writeDataset("public");
  const json = wordVocabulary([REPORT], { size: 200 });
  await writeFile(join(folder, "tokenizer.json"), tokenizerFileText(json));
});
after(() => rm(folder, { recursive: true, force: true }));

async function writeDataset(privacy: "public" | "private"): Promise<void> {
  const manifest = {
    ...{ format: 1, name: "made up", licence: "none", privacy, imageRoot: "." },
    ...{ task: ["pretrain"], classes: [], importer: "test", created: "2024-01-01T00:00:00Z" },
  };
  await writeFile(join(folder, "dataset.json"), JSON.stringify(manifest));
  const lines = RECORDS.map((record) => `${JSON.stringify({ image: "a.png", ...record })}\n`);
  await writeFile(join(folder, "records.jsonl"), lines.join(""));
}

async function call(words: readonly string[], { hasColor = false } = {}) {
  const terminal = recordedTerminal({ hasColor });
  const signal = new AbortController().signal;
  const all = ["text", "inspect", folder, ...words];
  const status = await runCli({ words: all, commands: COMMANDS, terminal, signal, version: "0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

describe("ecamp text inspect", () => {
  test("marks entities, descriptors and stock phrases, and counts phrases", async () => {
    const { status, out, err } = await call(["--id", "a"]);
    assert.equal(status, 0, err);
    assert.match(
      out,
      /^record a, seed 42, epoch 0, \d+ of 256 tokens, entities by lemma \(chest\)/,
    );
    assert.match(out, /~there~ ~is~ ~no~ \(large\) \(left\) <effusion> \./);
    assert.match(out, /^entities: effusion, heart, nodule$/m);
    assert.match(out, /____/);
    assert.match(out, /^ {2}left +5 +masked +descriptor +\d+\.\d{3}$/m);
    assert.match(out, /^ {2}there is no +2 +50\.0 % +20\.1 %$/m);
    assert.ok(!out.includes("\u001b"));
  });

  test("shows a weight where there is a loss, and says what the numbers are", async () => {
    const { out } = await call(["--id", "a"]);
    assert.match(out, /^ {2}\[CLS\] +0 +–$/m);
    for (const [line] of out.matchAll(/^ {2}\S+ +\d+ [^%\n]*$/gm)) {
      assert.match(line, line.includes("masked") ? /\d\.\d{3}$/ : /–$/, line);
    }
    assert.match(out, /^ {2}weight: .* stock phrase gets 0\.05; what these lose goes to the desc/m);
    assert.match(out, /^ {2}–: no loss, because only masked tokens have one here/m);
    const published = await call(["--id", "a", "--fidelity", "published"]);
    assert.match(published.out, /^ {2}\[CLS\] +0 +1\.000$/m);
    assert.doesNotMatch(published.out, /–/);
  });

  test("gives the same for the same seed and epoch, and another draw for another epoch", async () => {
    const first = await call(["--id", "a", "--epoch", "3", "--seed", "7", "--json"]);
    const again = await call(["--id", "a", "--epoch", "3", "--seed", "7", "--json"]);
    assert.equal(again.out, first.out);
    const other = await call(["--id", "a", "--epoch", "4", "--seed", "7", "--json"]);
    assert.notEqual(other.out, first.out);
  });

  test("follows the switches", async () => {
    const { out } = await call(["--id", "a", "--fidelity", "published", "--json"]);
    const { matching, phrases, entities } = JSON.parse(out);
    assert.equal(matching, "exact");
    assert.equal(phrases.length, 2);
    assert.deepEqual(entities, [
      { text: "effusion", entity: "effusion" },
      { text: "nodule", entity: "nodule" },
    ]);
    const own = await call(["--id", "a", "--set", "data.lexicon=fundus", "--json"]);
    assert.deepEqual(JSON.parse(own.out).entities, []);
  });

  test("colours what a person sees, in place of marks", async () => {
    const { out } = await call(["--id", "a"], { hasColor: true });
    assert.ok(out.includes("\u001b[1;35meffusion\u001b[0m"));
    assert.ok(!out.includes("<effusion>"));
  });

  test("takes blank, long and foreign reports, and prints no control characters", async () => {
    for (const id of ["blank", "long", "german", "odd"]) {
      const { status, out, err } = await call(["--id", id]);
      assert.equal(status, 0, err);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\ud800-\udfff]/u, id);
    }
  });

  test("says what is missing", async () => {
    const missing = await call(["--id", "zz"]);
    assert.deepEqual([missing.status, missing.out], [1, ""]);
    assert.match(missing.err, /Cannot show record "zz" of ".*": there is no such record/);
    assert.match((await call(["--id", "none"])).err, /it has no report/);
    assert.match((await call(["--id", "a", "--tokenizer", "no.json"])).err, /no\.json/);
  });

  test("refuses a context of another report text, as pre-training does", async () => {
    const context = { id: "a", context: "there is no mass.", reportHash: "0".repeat(64) };
    await writeFile(join(folder, "context.jsonl"), JSON.stringify(context));
    const { status, err } = await call(["--id", "a"]);
    assert.equal(status, 1);
    assert.match(err, /Cannot use the context of record "a": it was written for another text/);
    await rm(join(folder, "context.jsonl"));
  });

  test("prints no report of a private dataset unasked", async () => {
    await writeDataset("private");
    const refused = await call(["--id", "a"]);
    assert.deepEqual([refused.status, refused.out], [1, ""]);
    assert.match(refused.err, /the dataset is private; --include-cases prints the report here/);
    assert.ok(!refused.err.includes("effusion"));
    assert.equal((await call(["--id", "a", "--include-cases"])).status, 0);
    await writeDataset("public");
  });
});
