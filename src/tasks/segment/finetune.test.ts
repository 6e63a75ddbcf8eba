import assert from "node:assert/strict";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type DenseSetOptions, makeGrey, writeDenseSet } from "../../../test/dense-set.ts";
import {
  checkpointOf,
  differing,
  FinetuneRuns,
  recordOfRun,
  SMALL_ENCODER,
  tensorsOf,
  writeSmallEncoder,
} from "../../../test/finetune-runs.ts";
import { splitDataset } from "../../data/split/split-dataset.ts";
import { encodePng } from "../../image/encode.ts";
import { raster } from "../../image/raster.ts";
import { isSegmenterEncoder } from "../../model/heads/segmenter.ts";
import { segmentColumn } from "../../recipes/fidelity.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import { SEGMENT_DEFAULTS } from "../../recipes/segment-recipes.ts";
import { ExecutionError } from "../../util/errors.ts";
import { openModel } from "../finetune/open-model.ts";
import { finetuneSegmenter } from "./finetune.ts";
import { SEGMENTER_FORMAT } from "./segmenter-description.ts";

const SIDE = SMALL_ENCODER.imageSize;
const runs = await FinetuneRuns.open<SegmentConfig>(finetuneSegmenter);
after(() => runs[Symbol.asyncDispose]());
const weights = await writeSmallEncoder(join(runs.root, "encoder.safetensors"));

const setOf = (name: string, describe: DenseSetOptions["describe"], count = 24) =>
  writeDenseSet({ folder: join(runs.root, name), count, width: SIDE, height: SIDE, describe });

/** A mask for two of three records, and for the others a label that denies it. */
const everyThirdDenied: DenseSetOptions["describe"] = ({ i, mask }) =>
  i % 3 === 0 ? { labels: { Block: 0 } } : { masks: { Block: mask } };

const plain = await setOf("plain", ({ mask }) => ({ masks: { Block: mask } }));

type Changes = { readonly [Section in keyof SegmentConfig]?: Partial<SegmentConfig[Section]> };

function configOf(data: string, changes: Changes = {}): SegmentConfig {
  const { run, model, train, data: reading } = SEGMENT_DEFAULTS;
  const few = { batch: 4, steps: 4, warmupSteps: 0, lr: 1e-3 };
  return {
    run: { ...run, data, weights, ...changes.run },
    model: { ...model, decoderWidths: [16, 8], ...changes.model },
    train: { ...train, ...few, ...changes.train },
    data: { ...reading, workers: 0, ...changes.data },
    fidelity: { ...segmentColumn("corrected"), ...changes.fidelity },
  };
}

describe("finetuneSegmenter()", () => {
  test("learns to mark what is in the pictures, keeps the best model, and says what it is", async () => {
    const train = { steps: 60, lr: 3e-3, trainEncoder: true };
    const { step, finished, best, model, notes, events } = await runs.run(
      configOf(plain, { train, data: { probability: 0 } }),
    );
    assert.deepEqual([step, finished], [60, true]);
    assert.equal(
      notes.find((note) => note.startsWith("Block")),
      "Block: 12 records (12 with something marked) to learn from, 6 records (6 with something marked) to validate on",
    );
    const validated = events.flatMap((event) =>
      event.kind === "validation" ? [event.report.losses] : [],
    );
    assert.deepEqual(Object.keys(validated[0] ?? {}).toSorted(), [
      ...["dice", "dice_loss", "dice_positives", "focal", "loss"],
    ]);
    assert.ok((best?.value ?? 0) > 0.6, `Dice ${best?.value}`);
    assert.equal(best?.value, Math.max(...validated.map(({ dice = 0 }) => dice)));
    const { config, normalization, leaks, sixteenBit } = await openModel(SEGMENTER_FORMAT, model);
    assert.deepEqual([config.classes, config.decoders, leaks], [["Block"], "shared", false]);
    assert.deepEqual([config.imageSize, config.dim, sixteenBit], [SIDE, 16, "range"]);
    assert.deepEqual(normalization, { mean: 0.5, std: 0.25 });
  });

  test("goes on exactly where it stopped, with other workers too", async () => {
    const train = { batch: 3, accumulate: 2, steps: 7, trainEncoder: true, validateUpdates: 1 };
    const config = configOf(plain, { train, data: { probability: 1, flip: "image" } });
    const whole = await runs.run(config);
    const threaded = { ...config, data: { ...config.data, workers: 1 } };
    const stopped = await runs.run(threaded, { stopAfter: 3 });
    assert.deepEqual([stopped.step, stopped.finished], [3, false]);
    const resumed = await runs.run(config, { out: stopped.out, resume: true });
    assert.deepEqual([resumed.step, resumed.finished], [7, true]);
    assert.deepEqual(await recordOfRun(stopped.out, 7), await recordOfRun(whole.out, 7));
    const tensors = await tensorsOf(join(checkpointOf(whole.out, 7), "model.safetensors"));
    const counted = tensors.get("decoder.decoder_1.1.num_batches_tracked");
    assert.deepEqual(Array.from(counted?.data ?? [], Number), [14]);
  });

  test("leaves a frozen encoder as it came, bit for bit, and trains it where that is asked", async () => {
    const encoder = await tensorsOf(weights);
    const frozen = await runs.run(configOf(plain));
    const trained = await runs.run(configOf(plain, { train: { trainEncoder: true } }));
    const drawn = await runs.run(configOf(plain, { train: { steps: 1, lr: 1e-30 } }));
    for (const [{ model }, moves] of [
      [frozen, false],
      [trained, true],
    ] as const) {
      const tensors = await tensorsOf(model);
      const own = [...tensors].filter(([name]) => isSegmenterEncoder(name));
      assert.equal(own.length, 28);
      for (const [name, { data }] of own) {
        const before = encoder.get(name.slice("encoder.".length))?.data;
        assert.equal(
          data.some((value, i) => value !== before?.[i]),
          moves,
          name,
        );
      }
      const moved = differing(tensors, await tensorsOf(drawn.model));
      const head = [...tensors.keys()].filter((name) => !isSegmenterEncoder(name));
      assert.deepEqual(
        head.filter((name) => !moved.includes(name) && !name.endsWith("_tracked")),
        [],
      );
    }
  });

  test("learns from as many negatives as positives, drawn by the seed", async () => {
    const data = await setOf("few positives", ({ i, mask }) =>
      i % 4 < 2 || i < 8 ? { masks: { Block: mask } } : { labels: { Block: 0 } },
    );
    const balanced = configOf(data, { data: { negatives: "balanced" } });
    const { notes, out } = await runs.run(balanced);
    assert.ok(
      notes.includes("8 of 12 records to learn from: as many without a mark as with one"),
      notes.join("\n"),
    );
    assert.ok(notes.some((note) => note.startsWith("Block: 8 records (4 with something marked)")));
    const again = await runs.run(balanced);
    assert.deepEqual(await recordOfRun(again.out, 4), await recordOfRun(out, 4));
    const all = await runs.run(configOf(data));
    assert.ok(all.notes.some((note) => note.startsWith("Block: 12 records (4 with")));
  });

  test("learns from a part of the labels, and from all at once where they are few", async () => {
    const data = await setOf("divided", everyThirdDenied, 40);
    const ratio = { train: 75, val: 25, test: 0 };
    await splitDataset({
      ...{ folder: data, seed: 1, ratio, fractions: [10, 100], keep: [], created: new Date(0) },
    });
    const { notes } = await runs.run(configOf(data, { data: { labels: 10 }, train: { steps: 1 } }));
    assert.ok(
      notes.some((note) => note.startsWith("Block: 3 records (")),
      notes.join("\n"),
    );
    assert.ok(notes.some((note) => /there are 3 to learn from: it takes 3 × 1$/.test(note)));
  });

  test("goes on without anything to find in the split val, and without a split val", async () => {
    const empty = await setOf("empty val", ({ i, mask }) =>
      i % 4 === 1 ? { labels: { Block: 0 } } : { masks: { Block: mask } },
    );
    const { notes, finished, best } = await runs.run(configOf(empty));
    assert.equal(finished, true);
    assert.ok(best !== undefined);
    assert.ok(
      notes.some((note) => /^warning: nothing is marked in the split val: it cannot/.test(note)),
    );
    const none = await setOf("no val", ({ i, mask }) => ({
      masks: { Block: mask },
      ...(i % 4 === 1 && { split: "test" as const }),
    }));
    const last = await runs.run(configOf(none));
    assert.equal(last.best, undefined);
    assert.equal(last.model, join(checkpointOf(last.out, 4), "model.safetensors"));
    assert.ok(
      last.notes.some((note) => /^warning: no records of the split val with masks/.test(note)),
    );
  });

  test("counts the masks that it has mended, those of the split val too", async () => {
    const data = await setOf("grey", ({ mask }) => ({ masks: { Block: mask } }));
    for (const i of [0, 1, 2]) await makeGrey(join(data, `${i}-mask.png`)); // test, val and train
    const { mended } = await runs.run(configOf(data));
    assert.deepEqual(mended, { "grey-mask": 2 });
  });

  test("leaves out a mask of another size where records may be skipped, and names it", async () => {
    const data = await setOf("other size", ({ mask }) => ({ masks: { Block: mask } }));
    const levels = { width: 12, height: 12, channels: 1, data: new Uint8Array(144) } as const;
    await writeFile(join(data, "2-mask.png"), await encodePng(raster(levels)));
    await assert.rejects(runs.run(configOf(data)), /record "r2".*2-mask\.png.*12 x 12.*16 x 16/s);
    const { skipped, out, finished } = await runs.run(
      configOf(data, { data: { onBadRecord: "skip" } }),
    );
    assert.deepEqual([finished, skipped], [true, 1]);
    assert.match(await readFile(join(out, "skipped.jsonl"), "utf8"), /"r2"/);
  });
});

describe("finetuneSegmenter() refuses", () => {
  /** Before anything is written. */
  const rejects = async (config: SegmentConfig, message: RegExp): Promise<void> => {
    const out = runs.newFolder();
    await assert.rejects(runs.run(config, { out }), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
    await assert.rejects(access(out), "the run left a folder");
  };

  test("a set without masks, and classes that nothing is marked of", async () => {
    const none = await setOf("no masks", () => ({ labels: { Block: 0 } }));
    await rejects(configOf(none), /Cannot segment .*none of its 24 records has masks; import them/);
    await rejects(
      configOf(plain, { data: { classes: ["Blok"] } }),
      /Cannot segment "Blok" \(data\.classes\): .* did you mean Block\?/,
    );
    const elsewhere = await setOf("only val", ({ i, mask }) =>
      i % 4 === 1 ? { masks: { Block: mask } } : { labels: { Block: 0 } },
    );
    await rejects(configOf(elsewhere), /nothing is marked in the 12 records to learn from/);
    const unknown = await setOf("unknown", ({ i, mask }) =>
      i % 4 === 1 ? { masks: { Block: mask } } : {},
    );
    await rejects(configOf(unknown), /no records of the split train with an image and known masks/);
  });

  test("patients on two sides, unless that is allowed and then said in the model", async () => {
    const data = await setOf("leaking", ({ i, mask }) => ({
      ...{ masks: { Block: mask }, patient: `p${i % 9}` },
    }));
    await rejects(configOf(data), /5 patients and 0 images stand in both train and val.*--allow-/);
    const { model } = await runs.run(
      configOf(data, { run: { allowLeak: true }, train: { steps: 1 } }),
    );
    assert.equal((await openModel(SEGMENTER_FORMAT, model)).leaks, true);
  });

  test("a warm-up that never ends, a side of no whole patches, and steps that do not lead to pixels", async () => {
    await rejects(
      configOf(plain, { train: { steps: 4, warmupSteps: 4 } }),
      /train\.warmupSteps = 4 and train\.steps = 4: the learning rate would never leave/,
    );
    await rejects(
      configOf(plain, { model: { imageSize: 18 } }),
      /Cannot use images of 18 pixels: expected a multiple of the patch's side, 4/,
    );
    await rejects(
      configOf(plain, { model: { decoderWidths: [16, 8, 8, 8] } }),
      /with 4 decoder widths .* patches of 4 pixels .*: 2 are expected/,
    );
  });

  test("to go on with data that have changed, unless that is allowed", async () => {
    const data = await setOf("changing", ({ mask }) => ({ masks: { Block: mask } }));
    const { out } = await runs.run(configOf(data), { stopAfter: 2 });
    const file = join(data, "records.jsonl");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace('"split":"test"', '"split":"train"'));
    await assert.rejects(
      runs.run(configOf(data), { out, resume: true }),
      /dataset.*--allow-changed-data/s,
    );
    const { step } = await runs.run(configOf(data), {
      ...{ out, resume: true, allowChangedData: true },
    });
    assert.equal(step, 4);
  });
});

test("finetuneSegmenter() whose training diverges says what is not finite, and keeps what was done before", async () => {
  // The step of an optimiser is as large as its rate: with this one weights overflow products.
  const config = configOf(plain, { train: { lr: 1e30, decay: "linear", validateUpdates: 100 } });
  const out = runs.newFolder();
  await assert.rejects(runs.run(config, { out }), (error: Error) => {
    assert.ok(error instanceof ExecutionError, String(error));
    assert.match(error.message, /step 2/);
    assert.match(error.message, /loss is (?:NaN|Infinity)/);
    return true;
  });
  const kept = await tensorsOf(join(checkpointOf(out, 1), "model.safetensors"));
  assert.ok([...kept.values()].every(({ data }) => data.every((value) => Number.isFinite(value))));
});
