import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Privacy } from "../data/record.ts";
import { writeDataset } from "../data/write-dataset.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

let root = "";
let table = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "run-tokenizer-train-"));
  table = join(root, "reports.jsonl");
  await writeFile(table, TABLE.map((row) => `${JSON.stringify(row)}\n`).join(""));
});
after(() => rm(root, { recursive: true, force: true }));

const TABLE = [
  { findings: "Both lungs are clear. The heart is small.", impression: "Nothing acute." },
  { findings: "A small nodule, 4 mm, in the left apex.", impression: "" },
  {
    findings: "Tubes\u0000 and \u0007 lines; caf\u00e9 \ud83d\ude00",
    impression: "Broken \ud800x",
  },
  { findings: " \n", impression: null },
  { other: 1 },
];
const COLUMNS = ["--report-column", "findings", "--report-column", "impression"];

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

const train = (...words: string[]) => call("tokenizer", "train", ...words);

/** Writes a set of five records: three to train on, one of each other split. */
async function makeDataset(name: string, privacy: Privacy): Promise<string> {
  const out = join(root, name);
  await writeDataset({
    out,
    manifest: {
      ...{ format: 1, name, licence: "none", privacy, imageRoot: ".", task: ["pretrain"] },
      ...{ classes: [], importer: "test", created: "2026-01-01T00:00:00.000Z" },
    },
    records: [
      { id: "a", split: "train", report: "The pleura is thin." },
      { id: "b", report: "The pleura is thick; both hila are wide." },
      { id: "c", split: "train", image: "c.png" },
      { id: "d", split: "val", report: "Zebra stripes." },
      { id: "e", split: "test", report: "Zebra €." },
    ],
    context: [
      { id: "a", context: "there is no thickening." },
      { id: "d", context: "there are xylophones." },
    ],
  });
  return out;
}

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe("ecamp tokenizer train", () => {
  test("reads reports and contexts of a dataset, but not those of val and test", async () => {
    const folder = await makeDataset("open", "public");
    const out = join(root, "open.json");
    const { status, out: printed, err } = await train(folder, "--out", out);
    assert.equal(status, 0, err);
    assert.equal(err, "train: 5 records, 171 tokens\n");
    assert.equal(
      printed,
      [
        `Wrote "${out}": 171 tokens of at most 30000`,
        "  records 5: reports 2, contexts 1; left out: 2 of val or test, 1 without a report",
        "  20 words, 14 different ones, 0 unknown to it; 68 characters",
        "  1.00 tokens a word, 6.7 a text on average",
        `Next: ecamp pretrain --data ${folder} --tokenizer ${out} --out RUN`,
        "",
      ].join("\n"),
    );
    const tokenizer = await loadTokenizer(out);
    assert.deepEqual(tokenizer.encode("[CLS] No thickening.").tokens, [
      ...["[CLS]", "no", "thickening", "."],
    ]);
    assert.equal(tokenizer.idOf("zebra"), undefined);
    assert.equal(await modeOf(out), 0o666 & ~process.umask());
    const all = join(root, "all.json");
    assert.equal((await train(folder, "--out", all, "--all-splits")).status, 0);
    const { idOf } = await loadTokenizer(all);
    for (const word of ["zebra", "xylophones", "€"]) assert.ok(idOf(word) !== undefined, word);
  });

  test("refuses a context of another report text, as pre-training does", async () => {
    const folder = await makeDataset("stale", "public");
    const context = { id: "a", context: "there is no mass.", reportHash: "0".repeat(64) };
    await writeFile(join(folder, "context.jsonl"), JSON.stringify(context));
    const out = join(root, "stale.json");
    const { status, err } = await train(folder, "--out", out);
    assert.equal(status, 1);
    assert.match(err, /Cannot use the context of record "a": it was written for another text/);
    await assert.rejects(stat(out));
  });

  test("keeps the vocabulary of a private set to its owner, and says so", async () => {
    const folder = await makeDataset("closed", "private");
    const out = join(root, "closed.json");
    const { err } = await train(folder, "--out", out);
    assert.match(err, /^note: ".*closed\.json" holds words of private reports, names too /m);
    assert.equal(await modeOf(out), 0o600);
  });

  test("reads columns of a table, with control characters and halves of surrogate pairs", async () => {
    const out = join(root, "table.json");
    const words = ["--from", table, ...COLUMNS, "--out", out];
    const { status, out: printed, err } = await train(...words, "--json");
    assert.equal(status, 0, err);
    const { file, records, reports, withoutReport, unknownWords } = JSON.parse(printed);
    assert.deepEqual([file, records, reports, withoutReport, unknownWords], [out, 5, 3, 2, 1]);
    assert.match(err, /^warning: 1 of 36 words are \[UNK\]: they hold rare characters/m);
    const { encode, specials } = await loadTokenizer(out);
    for (const { findings } of TABLE) {
      assert.equal(encode(findings ?? "").ids.includes(specials.unk), false, findings);
    }
    assert.equal(await modeOf(out), 0o600, "a table is private");
    const open = await train(...words, "--public", "--force");
    assert.equal(open.status, 0);
    assert.doesNotMatch(open.err, /^note/m);
    assert.equal(await modeOf(out), 0o666 & ~process.umask());
  });

  test("makes no token of what is rarer than --min-frequency", async () => {
    const out = join(root, "frequent.json");
    const words = ["--from", table, ...COLUMNS, "--min-frequency", "2", "--out", out];
    assert.equal((await train(...words)).status, 0);
    const { idOf } = await loadTokenizer(out);
    assert.ok(idOf("small") !== undefined && idOf("the") !== undefined);
    assert.equal(idOf("nodule"), undefined);
  });

  test("refuses a vocabulary smaller than its characters, and writes nothing", async () => {
    const out = join(root, "never.json");
    const words = ["--from", table, ...COLUMNS, "--out", out];
    const small = await train(...words, "--vocab", "100");
    assert.equal(small.status, 1);
    assert.match(
      small.err,
      /^ecamp: Cannot train a vocabulary of 100 tokens: 5 special tokens and \d+ characters, .* take \d+; ask for more/m,
    );
    assert.equal((await train(...words, "--vocab", "0")).status, 2);
    await assert.rejects(stat(out));
  });

  test("refuses inputs without a report", async () => {
    const out = join(root, "none.json");
    const blank = join(root, "blank.csv");
    await writeFile(blank, 'id,text\n1,\n2," "\n');
    const read = (from: string) => train("--from", from, "--report-column", "text", "--out", out);
    assert.match(
      (await read(blank)).err,
      /Cannot train a vocabulary on ".*blank\.csv": none of its 2 records has a report\n$/,
    );
    const empty = join(root, "empty.jsonl");
    await writeFile(empty, "");
    assert.match((await read(empty)).err, /Cannot read ".*empty\.jsonl": it is empty\n$/);
    assert.match((await read(table)).err, /Cannot read ".*": it has no column "text"/);
    assert.match((await read(join(root, "no.jsonl"))).err, /no such file$/m);
    assert.match((await train(root, "--out", out)).err, /it has no dataset\.json/);
    const nested = join(root, "nested.jsonl");
    await writeFile(nested, '{"text":["secret words"]}\n');
    const { err } = await read(nested);
    assert.match(err, /line 1: column "text" is .*, expected text\n$/);
    assert.doesNotMatch(err, /secret/);
    await assert.rejects(stat(out));
  });

  test("refuses a file that is there unless --force is given, a folder, and what it reads", async () => {
    const out = join(root, "mine.json");
    await writeFile(out, "mine");
    const words = ["--from", table, ...COLUMNS];
    const taken = await train(...words, "--out", out);
    assert.equal(taken.status, 1);
    assert.match(taken.err, /mine\.json": there is a file of that name; choose another name, or /);
    assert.equal(await readFile(out, "utf8"), "mine");
    assert.equal((await train(...words, "--out", out, "--force")).status, 0);
    const folder = join(root, "folder.json");
    await mkdir(folder);
    assert.match((await train(...words, "--out", folder, "--force")).err, /a folder of that name/);
    for (const name of ["reports.jsonl", "dataset.json", "tokenizer.txt"]) {
      const refused = await train(...words, "--out", join(root, name), "--force");
      assert.equal(refused.status, 2, name);
      assert.match(refused.err, /expected another name that ends in \.json/);
    }
  });

  test("refuses a place that cannot be written to before it reads", async () => {
    const words = ["--from", table, ...COLUMNS, "--out"];
    const missing = await train(...words, join(root, "no/such/tokenizer.json"));
    assert.match(missing.err, /^ecamp: Cannot write the vocabulary to .*there is no folder ".*"/);
    assert.match((await train(...words, join(table, "t.json"))).err, /there is no folder/);
  });

  test("refuses a folder without permission", { skip: asRoot() }, async () => {
    const closed = join(root, "closed-folder");
    await mkdir(closed);
    await chmod(closed, 0o500);
    const { err } = await train("--from", table, ...COLUMNS, "--out", join(closed, "t.json"));
    assert.match(err, /its folder takes no files: /);
  });

  test("refuses lines that name no reports, or two sources", async () => {
    const out = ["--out", join(root, "t.json")];
    const refused = async (...words: string[]) => {
      const { status, err } = await train(...words, ...out);
      assert.equal(status, 2, err);
      return err;
    };
    assert.match(await refused(), /neither is given, expected a dataset folder or --from FILE/);
    assert.match(await refused(root, "--from", table), /both are given/);
    assert.match(await refused("--from", table), /no column is named, .*--report-column/);
    assert.match(await refused(root, ...COLUMNS), /Cannot use --report-column with a dataset/);
    assert.match(await refused(root, "--public"), /Cannot use --public with a dataset folder/);
  });

  test("stops when asked, and writes nothing", async () => {
    const out = join(root, "stopped.json");
    const words = ["tokenizer", "train", "--from", table, ...COLUMNS, "--out", out];
    const terminal = recordedTerminal();
    const signal = AbortSignal.abort();
    const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
    assert.equal(status, 1);
    assert.match(terminal.errText(), /Stopped before the end, as asked/);
    await assert.rejects(stat(out));
  });
});

/** Root may write everywhere. */
function asRoot(): string | false {
  return process.getuid?.() === 0 ? "root may write to every folder" : false;
}
