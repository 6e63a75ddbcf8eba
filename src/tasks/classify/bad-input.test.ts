import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bothLabels, TinyClassifier } from "../../../test/tiny-classifier.ts";
import { splitDataset } from "../../data/split/split-dataset.ts";
import { ConfigError } from "../../util/errors.ts";
import { openClassifier } from "./open-classifier.ts";

let tiny: TinyClassifier;
before(async () => {
  tiny = await TinyClassifier.create();
});
after(() => tiny[Symbol.asyncDispose]());

/** Do the notes hold this line? */
const assertNoted = (notes: readonly string[], line: string): void =>
  assert.ok(notes.includes(line), `"${line}" is not among\n${notes.join("\n")}`);

const validations = async (out: string): Promise<readonly Record<string, number>[]> =>
  (await readFile(join(out, "log.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).validation)
    .filter((validation) => validation !== undefined);

/** Records of the split val are those of which i % 4 is 1. */
const isVal = (i: number): boolean => i % 4 === 1;

describe("finetune() names what it cannot judge, and goes on", () => {
  test("a split val in which one class is constant: the mean is of the others", async () => {
    const data = await tiny.dataset("one constant", {
      describe: (drawn) => ({
        labels: { ...bothLabels(drawn).labels, ...(isVal(drawn.i) && { Upper: 1 as const }) },
      }),
    });
    const { notes, best, out } = await tiny.run(tiny.config(data), "one-constant");
    assertNoted(notes, "warning: the split val does not have both presence and absence of Upper");
    assert.ok(best !== undefined && best.value >= 0 && best.value <= 1);
    for (const { auroc = -1 } of await validations(out)) assert.ok(auroc >= 0 && auroc <= 1);
  });

  test("a split val in which every class is constant: models are compared by their loss", async () => {
    const data = await tiny.dataset("all constant", {
      describe: (drawn) => (isVal(drawn.i) ? { labels: { Upper: 1, Coin: 0 } } : bothLabels(drawn)),
    });
    const { notes, best, out } = await tiny.run(tiny.config(data), "all-constant");
    assertNoted(
      notes,
      "warning: the split val does not have both presence and absence of Upper, Coin",
    );
    const losses = (await validations(out)).map(({ loss = Number.NaN }) => loss);
    assert.ok(losses.length > 0 && losses.every(Number.isFinite));
    assert.equal(best?.value, Math.min(...losses));
  });

  test("one class among records of one: accuracy is still one", async () => {
    const data = await tiny.dataset("single constant", {
      classes: ["upper", "lower"],
      describe: ({ i, upper }) => ({ class: upper || isVal(i) ? "upper" : "lower" }),
    });
    const { notes, best } = await tiny.run(tiny.config(data), "single-constant");
    assertNoted(
      notes,
      "warning: the split val does not have both presence and absence of upper, lower",
    );
    assert.ok(best !== undefined && best.value >= 0 && best.value <= 1);
  });

  test("no picture in the split val: the last model is kept", async () => {
    const data = await tiny.dataset("no val", {
      describe: (drawn) => ({ ...bothLabels(drawn), ...(isVal(drawn.i) && { split: "test" }) }),
    });
    const { notes, best, model, step, out } = await tiny.run(tiny.config(data), "no-val");
    assertNoted(
      notes,
      "warning: no records of the split val: models are not compared, and the last one is kept",
    );
    assert.deepEqual([step, best], [3, undefined]);
    assert.equal(model, join(out, "checkpoints", "step-000003", "model.safetensors"));
    assert.deepEqual((await openClassifier(out)).classes, ["Upper", "Coin"]);
  });

  test("a picture without a label: it counts for nothing, and is counted", async () => {
    const data = await tiny.dataset("some unlabelled", {
      describe: (drawn) => (drawn.i % 8 === 2 ? { labels: {} } : bothLabels(drawn)),
    });
    const { notes, finished } = await tiny.run(tiny.config(data), "some-unlabelled");
    assertNoted(
      notes,
      "8 of 32 labels to learn from are unknown and count for nothing; 4 records have none at all",
    );
    assert.equal(finished, true);
  });

  test("a class that 1 % of the labels do not have", async () => {
    const data = await tiny.dataset("rare class", {
      count: 120,
      classes: ["Upper", "Coin", "Rare"],
      describe: (drawn) => ({
        labels: { ...bothLabels(drawn).labels, Rare: drawn.i % 30 === 2 ? 1 : 0 },
      }),
    });
    await splitDataset({
      ...{ folder: data, seed: 1, ratio: { train: 80, val: 10, test: 10 } },
      ...{ fractions: [1, 100], keep: [], created: new Date(0) },
    });
    const config = tiny.config(data, { data: { labels: 1 }, train: { batch: 1 } });
    const { notes, finished } = await tiny.run(config, "rare-class");
    assert.match(notes[0] ?? "", /; 1 records to learn from, /);
    const warning = notes.find((note) => note.startsWith("warning: no record to learn from has"));
    assert.match(warning ?? notes.join("\n"), /Rare$/);
    assert.equal(finished, true);
  });
});

describe("finetune() leaves nothing behind where it cannot write", () => {
  const rejects = (out: string, data: string, message: RegExp): Promise<void> =>
    assert.rejects(tiny.run(tiny.config(data), out), (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      return true;
    });

  test("because a file stands in the way, or above", async () => {
    const data = await tiny.dataset("in the way");
    const file = join(tiny.root, "file");
    await writeFile(file, "kept");
    await rejects("file", data, /^Cannot start a run in ".*file": .*ENOTDIR/);
    await rejects(join("file", "run"), data, /^Cannot start a run in ".*run": .*ENOTDIR/);
    assert.equal(await readFile(file, "utf8"), "kept");
  });

  const mayWriteAnywhere = process.getuid?.() === 0;
  test("because the folder may not be written", {
    skip: mayWriteAnywhere ? "the superuser may write anywhere" : false,
  }, async () => {
    const data = await tiny.dataset("closed set");
    const closed = join(tiny.root, "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    await rejects(join("closed", "run"), data, /^Cannot start a run in ".*run": .*EACCES/);
    assert.deepEqual(await readdir(closed), []);
    await chmod(closed, 0o700);
  });
});
