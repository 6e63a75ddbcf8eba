import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeDataset } from "../data/write-dataset.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "ecamp-distill-cli-"));
});
after(() => rm(root, { recursive: true }));

async function ecamp(
  words: readonly string[],
  look: { hasColor?: boolean; columns?: number } = {},
) {
  const terminal = recordedTerminal(look);
  const { signal } = new AbortController();
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

const SECRET = "Small left effusion near the zebra. No pneumothorax.";

async function dataset(name: string, privacy: "public" | "private"): Promise<string> {
  const out = join(root, name);
  await writeDataset({
    out,
    manifest: {
      ...{ format: 1, name, licence: "none", privacy, imageRoot: ".", task: ["pretrain"] },
      ...{ classes: [], importer: "test", created: "2030-01-01T00:00:00Z" },
    },
    records: [
      { id: "1", report: SECRET },
      { id: "2", report: "Rien à signaler." },
    ],
  });
  return out;
}

describe("ecamp distill", () => {
  test("run, then show: report and context side by side, evidence in colour where it may be", async () => {
    const folder = await dataset("open", "public");
    const made = await ecamp(["distill", "run", folder]);
    assert.equal(made.status, 0, made.err);
    assert.match(made.out, /2 reports distilled/);
    assert.match(made.out, /1 reports name nothing/);
    const plain = await ecamp(["distill", "show", folder, "--id", "1"], { columns: 120 });
    assert.match(
      plain.out,
      /Small left effusion near the zebra\. .* \| {2}there is small left pleural effusion\./,
    );
    assert.match(plain.out, /absent {3}pneumothorax/);
    assert.ok(!plain.out.includes("\u001b"));
    const colours = await ecamp(["distill", "show", folder], { hasColor: true });
    assert.ok(colours.out.includes("\u001b[31mSmall left effusion\u001b[0m"));
    assert.ok(colours.out.includes("\u001b[32mpneumothorax\u001b[0m"));
  });

  test("a private set: files for its owner, texts only when asked for, none in errors", async () => {
    const folder = await dataset("closed", "private");
    const before = await ecamp(["distill", "show", folder, "--include-cases"]);
    assert.match(before.err, /run "ecamp distill run/);
    const made = await ecamp(["distill", "run", folder]);
    if (process.platform !== "win32") {
      assert.equal((await stat(join(folder, "context.jsonl"))).mode & 0o777, 0o600);
    }
    const refused = await ecamp(["distill", "show", folder]);
    assert.match(refused.err, /private dataset.*--include-cases/);
    for (const { out, err } of [before, made, refused]) assert.ok(!/zebra/.test(out + err));
    assert.match((await ecamp(["distill", "show", folder, "--include-cases"])).out, /zebra/);
  });

  test("a table without images, scored against labels", async () => {
    const [table, out, labels] = ["t.csv", "c.jsonl", "l.jsonl"].map((name) => join(root, name));
    assert.ok(table && out && labels);
    await writeFile(table, 'uid,text\n7,"No edema, no fracture."\n8,\n');
    const words = [
      "distill",
      "run",
      "--from",
      table,
      "--id-column",
      "uid",
      "--report-column",
      "text",
    ];
    assert.match((await ecamp(words)).err, /--out/);
    const made = await ecamp([...words, "--out", out]);
    assert.match(made.out, /1 records have no report/, made.err);
    const edema = { entity: "Edema", status: "absent" };
    await writeFile(labels, `${JSON.stringify({ id: "7", findings: [edema] })}\n`);
    const scored = await ecamp(["distill", "score", out, "--against", labels, "--resamples", "50"]);
    assert.match(scored.out, /Edema +absent +1 +1 +0 +0 +1\.000/);
    assert.match(scored.out, /Fracture +absent +0 +0 +1 +0 +0\.000/);
    const json: { reports: number } = JSON.parse(
      (await ecamp(["distill", "score", out, "--against", labels, "--json"])).out,
    );
    assert.equal(json.reports, 1);
  });

  test("a table whose reports stand in several columns", async () => {
    const [table, out] = [join(root, "parts.csv"), join(root, "parts.jsonl")];
    await writeFile(
      table,
      "id,findings,impression\n1,Mild edema.,No fracture.\n2,,No mass.\n3,,\n",
    );
    const words = ["distill", "run", "--from", table, "--out", out];
    assert.match((await ecamp(words)).err, /it has no column "report"/);
    const columns = ["--report-column", "findings", "--report-column", "impression"];
    const { err, out: printed } = await ecamp([...words, ...columns]);
    assert.match(printed, /2 reports distilled/, err);
    assert.match(printed, /1 records have no report/);
    const [first] = (await readFile(out, "utf8")).split("\n");
    const { context } = JSON.parse(first ?? "");
    assert.equal(context, "there is mild pulmonary edema. there is no evidence of fracture.");
    const other = await ecamp(["distill", "run", "--from", join(root, "t.xlsx"), "--out", out]);
    assert.match(other.err, /its extension says no format, expected one of \.csv/);
  });

  test("its own source is never written over", async () => {
    const folder = await dataset("source", "public");
    const records = join(folder, "records.jsonl");
    const before = await readFile(records, "utf8");
    const { status, err } = await ecamp(["distill", "run", folder, "--out", records, "--force"]);
    assert.equal(status, 2);
    assert.match(err, /Cannot write contexts to ".*records\.jsonl": it is a dataset's own file/);
    const words = ["distill", "run", "--from", records, "--out", join(folder, ".", "x.jsonl")];
    assert.equal((await ecamp(words)).status, 0);
    const own = await ecamp([...words.slice(0, 4), "--out", records, "--force"]);
    assert.match(own.err, /it is the table that is read/);
    assert.equal(await readFile(records, "utf8"), before);
  });

  test("a file in use by another run is left to it", async () => {
    const folder = await dataset("busy", "public");
    const lock = { pid: process.pid, started: null, since: "2030-01-01" };
    await writeFile(join(folder, ".context.jsonl.lock"), JSON.stringify(lock));
    assert.match((await ecamp(["distill", "run", folder])).err, /has been using it since 2030/);
  });
});

test("a dataset and a table at once, or neither, are a usage error", async () => {
  assert.equal((await ecamp(["distill", "run"])).status, 2);
  assert.equal((await ecamp(["distill", "run", root, "--from", "x.csv"])).status, 2);
  const damaged = join(root, "half.jsonl");
  await writeFile(damaged, '{"id": "1", "report": "zeb');
  const { err } = await ecamp([
    "distill",
    "run",
    "--from",
    damaged,
    "--out",
    join(root, "o.jsonl"),
  ]);
  assert.match(err, /line 1/);
  assert.ok(!err.includes("zeb"));
  await assert.rejects(readFile(join(root, "o.jsonl")), /ENOENT/);
});
