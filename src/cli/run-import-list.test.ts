import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const root = await mkdtemp(join(tmpdir(), "run-import-list-"));
const images = join(root, "images");
const lists = { train: join(root, "train.txt"), test: join(root, "test.txt") };
before(async () => {
  await mkdir(images);
  for (const name of ["1_a.png", "1_b.png", "2_a.png"]) await writeFile(join(images, name), "x");
  await writeFile(lists.train, "1_a.png 0 1 0 0 0\n2_a.png 1 0 0 0 0\n2_a.png 1 0 0 0 0\n");
  await writeFile(lists.test, "1_b.png 0 0 0 0 0\nx_c.png 0 0 0 0 0\n");
});
after(() => rm(root, { recursive: true, force: true }));

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

/** Imports both lists as a public set of the five CheXpert classes. */
const importBoth = (out: string, ...words: string[]) =>
  call(
    ...["data", "import", "list", "--train", lists.train, "--test", lists.test],
    ...["--images", images, "--preset", "chexpert", "--out", out, ...words],
  );

const warnings = (err: string): readonly string[] =>
  err.split("\n").filter((line) => line.startsWith("warning: "));

describe("ecamp data import list", () => {
  test("prints what became of the lines, and warns of patients in two lists by name", async () => {
    const out = join(root, "leaking");
    const words = ["--skip-missing", "--public", "--patient-pattern", "^(\\d+)_"];
    const { status, out: printed, err } = await importBoth(out, ...words);
    assert.equal(status, 0);
    assert.equal(
      printed,
      [
        `Imported train 2, test 1 into "${out}"`,
        "  2 patients",
        "  skipped: 1 without an image file, 1 repeated line",
        `Next: ecamp data check ${out}`,
        "",
      ].join("\n"),
    );
    assert.deepEqual(warnings(err), [
      `warning: these lists leak: 1 patient and 0 images stand in both train and test, such as "1"; "ecamp data split ${out}" splits the set by patient instead`,
    ]);
    assert.match(
      (await call("data", "check", out)).out,
      /^error: patients in more than one split: 1 /m,
    );
  });

  test("says what cannot be known without patients, or with a table that knows none", async () => {
    const blind = await importBoth(join(root, "blind"), "--skip-missing", "--public", "--json");
    assert.match(blind.err, /^warning: no patients are known, so patients in two lists cannot/m);
    const { imported, withoutPatient, leaks } = JSON.parse(blind.out);
    assert.deepEqual([imported.train, withoutPatient, leaks.leaks], [2, 3, false]);

    const table = join(root, "patients.csv");
    await writeFile(table, "other.png,1\n");
    const words = ["--skip-missing", "--public", "--patients", table];
    const none = await importBoth(join(root, "none"), ...words);
    assert.deepEqual(warnings(none.err), [
      "warning: --patients fits no path of the lists, so no patients are known",
    ]);
    await writeFile(table, "1_a.png,1\n");
    const some = await importBoth(join(root, "some"), ...words);
    assert.deepEqual(warnings(some.err), [
      "warning: --patients gives no patient for 2 records, which may leak unseen",
    ]);
  });

  test("names nobody of a private set, which is the default", async () => {
    const out = join(root, "private");
    const words = [
      "--skip-missing",
      "--id-key",
      join(root, "key"),
      "--patient-pattern",
      "^(\\d+)_",
    ];
    const { status, err } = await importBoth(out, ...words);
    assert.equal(status, 0);
    assert.match(
      err,
      /^warning: these lists leak: 1 patient and 0 images stand in .* test; "ecamp/m,
    );
  });

  test("refuses what does not go together before it writes anything", async () => {
    const out = join(root, "never");
    const common = ["data", "import", "list", "--images", images, "--out", out];
    const refuses = async (words: readonly string[], message: RegExp): Promise<void> => {
      const { status, err } = await call(...common, ...words);
      assert.equal(status, 2, err);
      assert.match(err, message);
    };
    await refuses(
      ["--preset", "rsna"],
      /none is given, expected at least one of --train, --val and --test/,
    );
    const train = ["--train", lists.train];
    await refuses(train, /classes are to be named once, expected either --classes or --preset/);
    await refuses([...train, "--preset", "rsna", "--classes", "A"], /are to be named once/);
    await refuses([...train, "--preset", "nih"], /--preset/);
    await refuses(
      [...train, "--preset", "chexpert", "--patients", "x", "--patient-pattern", "y"],
      /--patients and --patient-pattern exclude each other/,
    );
    const missing = await importBoth(out, "--public");
    assert.equal(missing.status, 1);
    assert.match(
      missing.err,
      /test\.txt" line 2: its picture is not in ".*": there is no file "[^"]+"; correct/,
    );
    assert.equal(existsSync(out), false);
  });
});
