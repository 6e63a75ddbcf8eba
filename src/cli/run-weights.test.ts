import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkpointEntries, savedTensor, zipCheckpoint, zipOf } from "../../test/pth-file.ts";
import { vitTensors } from "../../test/vit-tensors.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/pth/${name}`, import.meta.url));

/** Anything but line ends that a terminal would obey. */
const STEERING = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

let folder = "";
let model = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-weights-"));
  model = join(folder, "model.pth");
  await writeFile(model, zipCheckpoint({ model: vitTensors(), epoch: 7 }));
});
after(() => rm(folder, { recursive: true, force: true }));

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

describe("ecamp weights inspect", () => {
  test("prints a line a tensor, and what the whole is", async () => {
    const { status, out } = await call("weights", "inspect", model);
    assert.equal(status, 0);
    assert.match(out, /^tensor +type +shape +becomes\n/);
    assert.match(
      out,
      /^blocks\.1\.attn\.qkv\.weight +F32 +\[24,8\] +blocks\.1\.attn\.qkv\.weight$/m,
    );
    assert.match(out, /^looks like {2}a vision transformer's encoder/m);
    assert.match(
      out,
      /^encoder +width 8, 2 blocks, 3 × 4 × 4 patches, MLP ratio 2, positions of 2 × 2 patches/m,
    );
    assert.match(out, /^beside +epoch \(7\)$/m);
    assert.match(out, /^start from {2}yes/m);
  });

  test("prints an object with --json", async () => {
    const { out } = await call("weights", "inspect", fixture("dtypes.pth"), "--json");
    const inspection = JSON.parse(out);
    assert.equal(inspection.format, "pytorch-zip");
    assert.equal(inspection.encoder, null);
    assert.equal(inspection.tensors.length, 22);
  });

  test("shows names that would steer a terminal, on their lines, and keeps them in JSON", async () => {
    const hiding = join(folder, "hiding.pth");
    const name = "norm\u001b[2K\u009b8m\u202e\nlooks like  MAE";
    const tensors = { ...vitTensors(), [name]: savedTensor([1], [1]) };
    await writeFile(hiding, zipCheckpoint({ model: tensors, "\u001b]0;title\u0007": 1 }));
    const { out } = await call("weights", "inspect", hiding);
    assert.match(out, /^norm\\u001b\[2K\\u009b8m\\u202e\\u000alooks like {2}MAE +F32/m);
    assert.match(out, /^beside +\\u001b\]0;title\\u0007 \(1\)$/m);
    assert.doesNotMatch(out, STEERING);
    const { out: json } = await call("weights", "inspect", hiding, "--json");
    assert.doesNotMatch(json, STEERING);
    assert.ok(JSON.parse(json).tensors.some((tensor: { name: string }) => tensor.name === name));
    const converted = await call("weights", "convert", hiding, join(folder, "hiding.safetensors"));
    assert.match(converted.err, /^left out: \\u001b\]0;title\\u0007 \(1\)$/m);
  });

  test("shows what a refused file calls its parts as it shows other names", async () => {
    const file = join(folder, "refused.pth");
    const part = "archive\u001b[1A\nfine";
    const entries = checkpointEntries({ weight: savedTensor([1], [1]) }).map((entry) => ({
      ...entry,
      name: entry.name.replace("archive", part),
      ...(entry.name.endsWith("data.pkl") ? { method: 8 } : {}),
    }));
    await writeFile(file, zipOf(entries));
    const { err } = await call("weights", "inspect", file);
    assert.match(err, /entry "archive\\u001b\[1A\\u000afine\/data\.pkl" is compressed/);
  });

  test("names what a malicious file asked for, and executes nothing", async () => {
    const { status, err } = await call("weights", "inspect", fixture("evil.pth"));
    assert.equal(status, 1);
    assert.match(err, /its pickle asks for posix\.system, .*; nothing was executed/);
  });
});

describe("ecamp weights convert", () => {
  test("writes the tensors, and says what it left out", async () => {
    const out = join(folder, "converted.safetensors");
    const { status, out: printed, err } = await call("weights", "convert", model, out);
    assert.equal(status, 0);
    assert.equal(printed, `${out}: 30 tensors, 1 MB, from pytorch-zip\n`);
    assert.match(err, /^left out: epoch \(7\)$/m);
    await using stored = await openSafetensors(out);
    const { data } = await stored.read("norm.bias");
    assert.deepEqual([...data], [...(vitTensors()["norm.bias"]?.storage ?? [])]);
  });

  test("replaces a file only with --force, and never a folder", async () => {
    const out = join(folder, "taken.safetensors");
    await writeFile(out, "mine");
    const refused = await call("weights", "convert", model, out);
    assert.equal(refused.status, 1);
    assert.match(refused.err, /there is a file of that name; choose another name, or give --force/);
    assert.equal(await readFile(out, "utf8"), "mine");
    assert.equal((await call("weights", "convert", model, out, "--force")).status, 0);
    const inPlace = await call("weights", "convert", out, out, "--force");
    assert.equal(inPlace.status, 0, inPlace.err);
  });

  test("refuses another ending, a missing file, and a folder without a model", async () => {
    const ending = await call("weights", "convert", model, join(folder, "out.pth"));
    assert.equal(ending.status, 2);
    assert.match(ending.err, /expected a name that ends in \.safetensors/);
    const out = join(folder, "never.safetensors");
    const missing = await call("weights", "convert", join(folder, "none.pth"), out);
    assert.match(missing.err, /Cannot convert ".*none\.pth": no such file/);
    const empty = await call("weights", "convert", folder, out);
    assert.match(empty.err, /Cannot convert ".*": expected a safetensors file/);
    await assert.rejects(readFile(out));
  });
});
