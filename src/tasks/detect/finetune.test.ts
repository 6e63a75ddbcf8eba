import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type DenseSetOptions, writeDenseSet } from "../../../test/dense-set.ts";
import {
  checkpointOf,
  FinetuneRuns,
  recordOfRun,
  SMALL_ENCODER,
  tensorsOf,
  writeSmallEncoder,
} from "../../../test/finetune-runs.ts";
import { detectionAnchors } from "../../model/heads/detection-anchors.ts";
import { DETECTOR_ENCODER, isDetectorEncoder } from "../../model/heads/detector.ts";
import type { DetectConfig } from "../../recipes/detect-config.ts";
import { DETECT_DEFAULTS } from "../../recipes/detect-recipes.ts";
import { detectColumn } from "../../recipes/fidelity.ts";
import { ExecutionError } from "../../util/errors.ts";
import { openModel } from "../finetune/open-model.ts";
import { DETECTOR_FORMAT } from "./detector-description.ts";
import { finetuneDetector } from "./finetune.ts";

const SIDE = SMALL_ENCODER.imageSize;
const runs = await FinetuneRuns.open<DetectConfig>(finetuneDetector);
after(() => runs[Symbol.asyncDispose]());
const weights = await writeSmallEncoder(join(runs.root, "encoder.safetensors"));

/** Films of three times the detector's side, so that blocks have more than a handful of sizes. */
const setOf = (name: string, describe: DenseSetOptions["describe"], count = 24) =>
  writeDenseSet({
    ...{ folder: join(runs.root, name), count, width: 3 * SIDE, height: 3 * SIDE, describe },
  });

const plain = await setOf("plain", ({ box, i }) => ({ boxes: i % 7 === 3 ? [] : [box] }));

type Changes = { readonly [Section in keyof DetectConfig]?: Partial<DetectConfig[Section]> };

function configOf(data: string, changes: Changes = {}): DetectConfig {
  const { run, model, train, data: reading } = DETECT_DEFAULTS;
  const few = { batch: 4, steps: 4, warmupSteps: 0, lr: 1e-3 };
  return {
    run: { ...run, data, weights, ...changes.run },
    model: { ...model, channels: [64, 32, 16], ...changes.model },
    train: { ...train, ...few, ...changes.train },
    data: { ...reading, workers: 0, ...changes.data },
    fidelity: { ...detectColumn("corrected"), ...changes.fidelity },
  };
}

describe("finetuneDetector()", () => {
  test("learns to find what is in the pictures, keeps the best model, and says what it is", async () => {
    const train = { steps: 80, lr: 5e-3, trainEncoder: true };
    const { step, finished, best, model, notes, events } = await runs.run(
      configOf(plain, { train, data: { probability: 0 } }),
    );
    assert.deepEqual([step, finished], [80, true]);
    assert.match(notes.find((note) => note.startsWith("Block")) ?? "", /^Block: 12 records \(1\d /);
    const validated = events.flatMap((event) =>
      event.kind === "validation" ? [event.report.losses] : [],
    );
    assert.deepEqual(Object.keys(validated[0] ?? {}).toSorted(), [
      ...["ap50", "loss", "map", "map_filtered", "scale0", "scale1", "scale2"],
    ]);
    const ap50 = Math.max(...validated.map((losses) => losses["ap50"] ?? 0));
    assert.ok(ap50 > 0.4, `AP50 ${ap50}`);
    assert.equal(best?.value, Math.max(...validated.map(({ map = 0 }) => map)));
    const { config, classes, leaks, objectness } = await openModel(DETECTOR_FORMAT, model);
    assert.deepEqual([classes, leaks, objectness], [["Block"], false, 0.01]);
    assert.deepEqual([config.imageSize, config.dim, config.channels], [SIDE, 16, [64, 32, 16]]);
    assert.deepEqual(config.anchors, detectionAnchors(SIDE));
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
    const counters = [...tensors].filter(([name]) => name.endsWith(".num_batches_tracked"));
    assert.ok(counters.length > 20);
    for (const [name, { data }] of counters) assert.equal(Number(data[0]), 14, name);
  });

  test("leaves a frozen encoder as it came, bit for bit, and trains it where that is asked", async () => {
    const encoder = await tensorsOf(weights);
    for (const trainEncoder of [false, true]) {
      const { model } = await runs.run(configOf(plain, { train: { trainEncoder } }));
      const own = [...(await tensorsOf(model))].filter(([name]) => isDetectorEncoder(name));
      assert.equal(own.length, 28);
      for (const [name, { data }] of own) {
        const before = encoder.get(name.slice(DETECTOR_ENCODER.length))?.data;
        const moved = data.some((value, i) => value !== before?.[i]);
        assert.equal(moved, trainEncoder, name);
      }
    }
  });

  test("fits anchors to the training boxes, writes them into the model, and has them again when it goes on", async () => {
    const data = await setOf("sizes", ({ box }) => ({ boxes: [box] }), 60);
    const config = configOf(data, { model: { anchors: "fit" } });
    const whole = await runs.run(config);
    const note = whole.notes.find((each) => each.startsWith("anchors fitted")) ?? "";
    const [, fitted = "", given = ""] = /is (0\.\d+), with YOLOv3's (0\.\d+)$/.exec(note) ?? [];
    assert.ok(Number(fitted) > Number(given), note);
    const { config: model } = await openModel(DETECTOR_FORMAT, whole.model);
    assert.notDeepEqual(model.anchors, detectionAnchors(SIDE));
    const stopped = await runs.run(config, { stopAfter: 2 });
    await runs.run(config, { out: stopped.out, resume: true });
    assert.deepEqual(await recordOfRun(stopped.out, 4), await recordOfRun(whole.out, 4));
  });

  test("keeps its fitted anchors when it goes on with boxes that have changed", async () => {
    const data = await setOf("growing", ({ box }) => ({ boxes: [box] }), 60);
    const config = configOf(data, { model: { anchors: "fit" } });
    const { out, model } = await runs.run(config, { stopAfter: 2 });
    await setOf(
      "growing",
      ({ box: { width, ...box } }) => ({
        boxes: [{ ...box, width: width / 2 }],
      }),
      60,
    );
    await assert.rejects(runs.run(config, { out, resume: true }), /--allow-changed-data/);
    const resumed = await runs.run(config, { out, resume: true, allowChangedData: true });
    const [began, went] = [
      await openModel(DETECTOR_FORMAT, model),
      await openModel(DETECTOR_FORMAT, checkpointOf(resumed.out, 4)),
    ];
    assert.deepEqual(went.config.anchors, began.config.anchors);
  });

  test("leaves out a record of too many boxes where records may be skipped, and names it", async () => {
    const data = await setOf("many", ({ box, i }) => ({
      boxes: i === 2 ? [box, box, box] : [box],
    }));
    const config = configOf(data, { data: { maxBoxes: 2 } });
    await assert.rejects(runs.run(config), /record "r2".*it has 3 boxes, expected at most 2/s);
    const { skipped, out, finished } = await runs.run(
      configOf(data, { data: { maxBoxes: 2, onBadRecord: "skip" } }),
    );
    assert.deepEqual([finished, skipped], [true, 1]);
    assert.match(await readFile(join(out, "skipped.jsonl"), "utf8"), /"r2"/);
  });

  test("goes on without anything to find in the split val", async () => {
    const empty = await setOf("empty val", ({ i, box }) => ({ boxes: i % 4 === 1 ? [] : [box] }));
    const { notes, finished, best } = await runs.run(configOf(empty));
    assert.equal(finished, true);
    assert.equal(best?.by, "loss");
    assert.ok(notes.some((note) => /^warning: nothing is marked in the split val/.test(note)));
  });

  test("validates late where that is asked, and after the last update", async () => {
    const config = configOf(plain, {
      train: { steps: 10, validateFrom: 2, validateUpdates: 1 },
    });
    const { events } = await runs.run(config);
    const at = events.flatMap((event) => (event.kind === "validation" ? [event.report.step] : []));
    assert.deepEqual(at, [9, 10]); // epochs of 3 updates
  });
});

describe("finetuneDetector() refuses", () => {
  /** Before anything is written. */
  const rejects = async (config: DetectConfig, message: RegExp): Promise<void> => {
    const out = runs.newFolder();
    await assert.rejects(runs.run(config, { out }), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
    await assert.rejects(access(out), "the run left a folder");
  };

  test("a set without boxes, and classes that nothing is marked of", async () => {
    const none = await setOf("no boxes", () => ({ boxes: [] }));
    await rejects(configOf(none), /Cannot detect .*none of its 24 records has boxes; import them/);
    await rejects(
      configOf(plain, { data: { classes: ["block"] } }),
      /Cannot detect "block" \(data\.classes\): .* did you mean Block\?/,
    );
    const elsewhere = await setOf("only val", ({ i, box }) => ({
      boxes: i % 4 === 1 ? [box] : [],
    }));
    await rejects(configOf(elsewhere), /nothing is marked in the 12 records to learn from/);
  });

  test("patches of which an odd number stands along a side", async () => {
    await rejects(
      configOf(plain, { model: { imageSize: 20 } }),
      /Cannot detect in images of 20 pixels with patches of 4: there are 5 along a side, an even/,
    );
  });

  test("a batch of one picture whose coarsest scale is one cell", async () => {
    await rejects(
      configOf(plain, { model: { imageSize: 8 }, train: { batch: 1 } }),
      /Cannot normalise the channels of f32\[1,8,1,1\] by the batch: .* larger batch or image/,
    );
  });

  test("to fit more anchors than boxes have sizes, and channels that cannot be divided", async () => {
    const equal = await setOf("equal", ({ box }) => ({ boxes: [{ ...box, width: 9, height: 9 }] }));
    await rejects(
      configOf(equal, { model: { anchors: "fit" } }),
      /Cannot fit 9 anchors: the 12 boxes have 1 different sizes, at least 9 are needed; keep/,
    );
    await rejects(
      configOf(plain, { model: { channels: [64, 32, 12] } }),
      /a detector of 64, 32, 12 channels with expansion 8: each must be a multiple of 4 and of/,
    );
  });

  test("a picture of which no box lies inside", async () => {
    const data = await setOf("outside", ({ box, i }) => ({
      boxes: [i === 2 ? { ...box, x: box.x + 1_000 } : box],
    }));
    await assert.rejects(
      runs.run(configOf(data)),
      /record "r2".*none of its 1 boxes lies in its picture of 48 x 48 pixels/s,
    );
  });
});

test("finetuneDetector() whose training diverges says what is not finite, and keeps what was done before", async () => {
  const config = configOf(plain, { train: { lr: 1e30, decay: "linear", validateUpdates: 100 } });
  const out = runs.newFolder();
  await assert.rejects(runs.run(config, { out }), (error: Error) => {
    assert.ok(error instanceof ExecutionError, String(error));
    assert.match(error.message, /step 2.*loss is (?:NaN|Infinity)/s);
    return true;
  });
  await access(join(checkpointOf(out, 1), "model.safetensors"));
});
