import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { DatasetRecord, Split } from "../../data/record.ts";
import { encodePng } from "../../image/encode.ts";
import { raster } from "../../image/raster.ts";
import { RandomStream } from "../../util/random.ts";
import { pixelFeatures } from "./features.ts";
import { linearProbe } from "./linear-probe.ts";

const SIDE = 8;
const COUNT = 120;

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "linear-probe-"));
});
after(() => rm(root, { recursive: true }));

const splitOf = (i: number): Split => (i % 4 === 0 ? "test" : i % 4 === 1 ? "val" : "train");

interface Drawn {
  readonly i: number;
  /** Is the left half of the picture brighter than the right? */
  readonly left: boolean;
  /** A coin. */
  readonly coin: boolean;
}

/** Writes a set of noise with one half brighter; `labels` says what each record claims. */
async function writeSet(
  name: string,
  describeRecord: (drawn: Drawn) => Partial<DatasetRecord>,
  classes: readonly string[] = ["Left", "Coin"],
): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  const stream = new RandomStream({ seed: 7, name: "set" });
  const lines: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const drawn = { i, left: stream.uniform() < 0.4, coin: stream.uniform() < 0.5 };
    const data = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
      const bright = at % SIDE < SIDE / 2 === drawn.left;
      return stream.integer(200) + (bright ? 50 : 0);
    });
    const picture = raster({ width: SIDE, height: SIDE, channels: 1, data });
    await writeFile(join(folder, `${i}.png`), await encodePng(picture));
    const record = { id: `r${i}`, image: `${i}.png`, split: splitOf(i), ...describeRecord(drawn) };
    lines.push(JSON.stringify(record));
  }
  await writeFile(join(folder, "records.jsonl"), `${lines.join("\n")}\n`);
  const manifest = {
    ...{ format: 1, name, licence: "CC0-1.0", privacy: "public", imageRoot: "." },
    ...{ task: ["classify"], classes, importer: "test", created: "2020-01-01T00:00:00Z" },
  };
  await writeFile(join(folder, "dataset.json"), JSON.stringify(manifest));
  return folder;
}

const extract = pixelFeatures(SIDE);
const bit = (value: boolean): 1 | 0 => (value ? 1 : 0);
const FAST = { extract, resamples: 200 };

describe("linearProbe()", () => {
  test("reads what is in the pictures, not what is in none, with intervals around both", async () => {
    const dataset = await writeSet("plain", ({ left, coin }) => ({
      labels: { Left: bit(left), Coin: bit(coin) },
    }));
    const seen: string[] = [];
    const result = await linearProbe({
      ...FAST,
      dataset,
      onProgress: (done, total) => seen.push(`${done}/${total}`),
    });
    assert.deepEqual(result.records, { trained: 60, scored: 30 });
    assert.deepEqual(result.scoredOn, ["test"]);
    assert.equal(result.width, SIDE * SIDE);
    assert.deepEqual([seen[0], seen.at(-1)], ["1/90", "90/90"]);
    const { Left, Coin } = result.classes;
    assert.ok(Left?.auroc != null && Coin?.auroc != null && Coin.interval !== null);
    assert.ok(Left.auroc > 0.95, `${Left.auroc}`);
    assert.ok(Coin.interval.low < 0.5 && Coin.interval.high > 0.5);
    assert.ok(Coin.interval.low < Coin.auroc && Coin.auroc < Coin.interval.high);
    assert.equal(Left.scored.positives + Left.scored.negatives, 30);
    assert.equal(result.mean.auroc, (Left.auroc + Coin.auroc) / 2);
    assert.equal(result.mean.classes, 2);
    assert.deepEqual(JSON.parse(JSON.stringify(result)), result);
    assert.deepEqual(await linearProbe({ ...FAST, dataset }), result);
    const more = await linearProbe({ ...FAST, dataset, scoredOn: ["val", "test"] });
    assert.equal(more.records.scored, 60);
  });

  test("leaves uncertain and missing labels out of their class", async () => {
    const dataset = await writeSet("unknown", ({ i, left, coin }) => ({
      labels: { ...(i % 3 !== 0 && { Left: bit(left) }), Coin: i % 5 === 0 ? -1 : bit(coin) },
    }));
    const { classes } = await linearProbe({ ...FAST, dataset });
    const known = (name: string): number =>
      (classes[name]?.scored.positives ?? 0) + (classes[name]?.scored.negatives ?? 0);
    // Of the 30 test records 0, 4, 8 … 116, ten are multiples of 3 and six of 5.
    assert.equal(known("Left"), 20);
    assert.equal(known("Coin"), 24);
    assert.ok((classes["Left"]?.auroc ?? 0) > 0.9);
  });

  test("takes a record's one class as a label of every class", async () => {
    const describeRecord = ({ left }: Drawn) => ({ class: left ? "L" : "R" });
    const dataset = await writeSet("single", describeRecord, ["L", "R", "Other"]);
    const { classes, mean } = await linearProbe({ ...FAST, dataset });
    assert.ok((classes["L"]?.auroc ?? 0) > 0.95);
    assert.ok(Math.abs((classes["L"]?.auroc ?? 0) - (classes["R"]?.auroc ?? 1)) < 1e-12);
    assert.equal(classes["Other"]?.auroc, null);
    assert.equal(classes["Other"]?.interval, null);
    assert.equal(mean.classes, 2);
  });

  test("draws the records of a patient together for its intervals", async () => {
    const widthOf = async (name: string, patient: (i: number) => string): Promise<number> => {
      const dataset = await writeSet(name, ({ i, coin }) => ({
        patient: patient(i),
        labels: { Coin: bit(coin) },
      }));
      const { interval } = (await linearProbe({ ...FAST, dataset, resamples: 500 })).mean;
      return (interval?.high ?? 0) - (interval?.low ?? 0);
    };
    const single = await widthOf("many patients", (i) => `p${i}`);
    const shared = await widthOf("few patients", (i) => `${splitOf(i)}-${Math.floor(i / 24)}`);
    assert.notEqual(single, shared);
  });

  test("refuses a set with a patient on both sides", async () => {
    const shared = await writeSet("shared patients", ({ i, left }) => ({
      patient: `p${i % 7}`,
      labels: { Left: bit(left) },
    }));
    await assert.rejects(linearProbe({ ...FAST, dataset: shared }), {
      name: "ManifestError",
      message: /: 7 patients stand in the split train and among the records that are scored; split/,
    });
  });

  test("refuses a set without classes, without labels, or without the split to be scored", async () => {
    const without = await writeSet("no classes", () => ({}), []);
    await assert.rejects(linearProbe({ ...FAST, dataset: without }), {
      name: "ManifestError",
      message: /^Cannot probe ".*no classes": its dataset.json names no classes/,
    });
    const constant = await writeSet("constant", () => ({ labels: { Left: 1 } }));
    await assert.rejects(linearProbe({ ...FAST, dataset: constant }), {
      name: "ManifestError",
      message:
        /none of its 2 classes is both present and absent among the 60 records of split train$/,
    });
    const unsplit = await writeSet("train only", ({ left }) => ({
      split: "train",
      labels: { Left: bit(left) },
    }));
    await assert.rejects(linearProbe({ ...FAST, dataset: unsplit }), {
      name: "ManifestError",
      message: /none of its 120 records has split test, an image$/,
    });
  });
});
