import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type AnnotatedSet, allRecords, writeAnnotatedSet } from "../../test/annotated-set.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const root = await mkdtemp(join(tmpdir(), "run-import-annotations-"));
after(() => rm(root, { recursive: true, force: true }));

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

/** Imports a set by a command, as a public one. */
async function imports(source: string, set: AnnotatedSet, ...words: string[]) {
  const { lists, imageRoot, out } = await writeAnnotatedSet(root, set);
  const files = Object.entries(lists).flatMap(([split, file]) => [`--${split}`, file]);
  const common = ["--images", imageRoot, "--out", out, "--public", ...words];
  return { folder: out, ...(await call("data", "import", source, ...files, ...common)) };
}

const warnings = (err: string): readonly string[] =>
  err.split("\n").filter((line) => line.startsWith("warning: "));

describe("ecamp data import", () => {
  test("siim-pneumothorax prints what became of the pictures, and what was mended", async () => {
    const pictures = { "1.png": [256, 256], "2.png": [256, 256], "3.png": [256, 256] } as const;
    const lists = { train: "ImageId,EncodedPixels\n1,0 65536\n2,-1\n3,-1\n4,-1\n1,1048570 10\n" };
    const words = [
      "--repair",
      "--skip-missing",
      "--negatives",
      "balanced",
      "--seed",
      "2",
      "--patient-pattern",
      "\\d",
    ];
    const { status, folder, out, err } = await imports(
      "siim-pneumothorax",
      { pictures, lists },
      ...words,
    );
    assert.equal(status, 0, err);
    assert.equal(
      out,
      [
        `Imported train 2 into "${folder}"`,
        "  2 patients",
        "  1 positive, 1 negative",
        "  1 mask, 0 of them empty",
        "  skipped: 0 without an image file, 0 repeated lines, 2 that were not drawn",
        `Next: ecamp data check ${folder}`,
        "",
      ].join("\n"),
    );
    assert.deepEqual(warnings(err), [
      "warning: masks resized to their pictures, which have another size: 1",
      "warning: pixels of runs behind the picture's last one, left out: 4",
    ]);
    assert.match((await call("data", "check", folder)).out, /The set may be used/);
  });

  test("rsna-pneumonia and object-cxr say how many boxes there are, and of too many", async () => {
    const rsna = await imports("rsna-pneumonia", {
      pictures: { "a.png": [1024, 1024] },
      lists: { train: 'image_path,bbox\na.png,"[[1, 2, 3, 4], [9, 9, 5, 5]]"\n' },
    });
    assert.match(rsna.out, /^ {2}1 positive, 0 negative\n {2}2 boxes, at most 2 a picture$/m);
    assert.deepEqual(warnings(rsna.err), [
      "warning: boxes with swapped corners, turned round: 1",
      "warning: no patients are known, so patients in two lists cannot be found; name them with --patients or --patient-pattern",
    ]);
    const objects = Array.from({ length: 11 }, (_, i) => `0 ${i} ${i} 30 30`).join(";");
    const many = await imports("object-cxr", {
      pictures: { "a.jpg": [50, 50] },
      lists: { val: `image_name,annotation\na.jpg,${objects}\n` },
    });
    assert.match(many.out, /^ {2}11 boxes, at most 11 a picture$/m);
    assert.match(
      many.err,
      /^warning: 1 picture has more than 10 boxes, which detection takes when its maxBoxes is raised$/m,
    );
  });

  test("riga writes two masks a picture; --json prints the counts", async () => {
    const set = {
      pictures: { "a.png": [3, 1] as const, "m.png": [[0, 128, 255]] },
      lists: { test: "img_path,mask_path\na.png,m.png\n" },
    };
    const { folder, out } = await imports("riga", set, "--json");
    const { imported, masks, leaks } = JSON.parse(out);
    assert.deepEqual([imported.test, masks, leaks.leaks], [1, 2, false]);
    assert.deepEqual(Object.keys((await allRecords(folder))[0]?.masks ?? {}), ["disc", "cup"]);
  });

  test("a fault that can be mended is an error unless --repair is given", async () => {
    const set = {
      pictures: { "a.png": [1024, 1024] as const },
      lists: { train: 'image_path,bbox\na.png,"[[1, 2, 3, 4], [5, 5, 5, 9]]"\n' },
    };
    const { status, err, folder } = await imports("rsna-pneumonia", set);
    assert.equal(status, 1);
    assert.match(
      err,
      /^ecamp: Cannot read ".*train\.csv" line 2: "a\.png": its box 2 has no area/m,
    );
    assert.equal(existsSync(folder), false);
    const mended = await imports("rsna-pneumonia", set, "--repair");
    assert.match(mended.err, /^warning: boxes without area in their picture, left out: 1$/m);
    assert.equal((await imports("rsna-pneumonia", { ...set, lists: {} })).status, 2);
  });
});
