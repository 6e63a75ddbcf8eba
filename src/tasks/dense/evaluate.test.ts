import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type DenseSetOptions, makeGrey, writeDenseSet } from "../../../test/dense-set.ts";
import type { Box } from "../../data/record.ts";
import { input } from "../../engine/tensor.ts";
import { type SegmenterConfig, segmenter } from "../../model/heads/segmenter.ts";
import { initialValues } from "../../nn/initializers.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { segmentColumn } from "../../recipes/fidelity.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import { SEGMENT_DEFAULTS } from "../../recipes/segment-recipes.ts";
import { writeSafetensors } from "../../weights/safetensors.ts";
import { describeModel } from "../finetune/model-description.ts";
import { SEGMENT_JUDGING } from "../segment/segment-judging.ts";
import { SEGMENTER_FORMAT } from "../segment/segmenter-description.ts";
import { evaluateDense } from "./evaluate.ts";

const SIDE = 16;
const COUNT = 28; // seven of them, r0, r4 … r24, in the split test

const root = await mkdtemp(join(tmpdir(), "evaluate-dense-"));
after(() => rm(root, { recursive: true, force: true }));

/** A segmenter as drawn, by its file. */
async function drawnSegmenter(classes: readonly string[]): Promise<string> {
  const config: SegmenterConfig = {
    ...{ imageSize: SIDE, patch: 4, dim: 8, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
    ...{ positionExponent: "k/(d/2)", classes, decoders: "shared", decoderWidths: [4, 4] },
  };
  const trace = new Trace();
  const image = input("image", "f32", [1, 3, SIDE, SIDE]);
  segmenter(new Scope(trace), image, { ...config, training: false });
  const drawn = [...trace.parameters.values()].map(
    (parameter) => [parameter.name, initialValues({ ...parameter, seed: 5 })] as const,
  );
  const normalization = { mean: 0.5, std: 0.25 };
  const description = { config, normalization, sixteenBit: "range", leaks: false } as const;
  const file = join(root, `${classes.join("-")}.safetensors`);
  await writeSafetensors(file, drawn, { metadata: describeModel(SEGMENTER_FORMAT, description) });
  return file;
}

const block = await drawnSegmenter(["Block"]);

/** A set of pictures of the model's size, and their boxes by id. */
async function setOf(name: string, claims: DenseSetOptions["describe"]) {
  const boxes = new Map<string, Box>();
  const folder = await writeDenseSet({
    ...{ folder: join(root, name), count: COUNT, width: SIDE, height: SIDE },
    describe: (drawn) => {
      boxes.set(`r${drawn.i}`, drawn.box);
      return claims(drawn);
    },
  });
  return { folder, boxes };
}

const masked = await setOf("masked", ({ mask }) => ({ masks: { Block: mask } }));

interface Judged {
  readonly own?: string;
  readonly data?: string;
  readonly run?: string;
  readonly split?: "train" | "val" | "test";
  readonly pictures?: number;
  readonly folder?: string;
}

/** Evaluates in batches of three, bad records skipped. */
async function judged({ own, data, run = block, split = "test", pictures = 0, ...to }: Judged) {
  const defaults = SEGMENT_DEFAULTS;
  const config: SegmentConfig = {
    ...{ ...defaults, fidelity: segmentColumn("corrected") },
    run: { ...defaults.run, data: own ?? null },
    train: { ...defaults.train, batch: 3 },
    data: { ...defaults.data, workers: 0, onBadRecord: "skip" },
  };
  const notes: string[] = [];
  const { folder = await mkdtemp(join(root, "figures-")) } = to;
  const evaluation = await evaluateDense(SEGMENT_JUDGING, {
    ...{ run, config, data, folder, split, smallBelow: 0.01, seed: 0, resamples: 10, pictures },
    onNote: (text) => notes.push(text),
    onProgress: () => undefined,
  });
  const text = await readFile(join(folder, "predictions.jsonl"), "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { evaluation, notes, lines, folder };
}

const warningsOf = async (options: Judged): Promise<string> =>
  (await judged(options)).evaluation.warnings.join("; ");

describe("evaluateDense()", () => {
  test("scores every record by its own mask, though one in the middle of a batch is skipped", async () => {
    const { folder, boxes } = await setOf("damaged", ({ mask }) => ({ masks: { Block: mask } }));
    await writeFile(join(folder, "4.png"), "no picture");
    await rm(join(folder, "16-mask.png"));
    const { evaluation, notes, lines } = await judged({ data: folder });
    assert.deepEqual(
      lines.map(({ id }) => id),
      ["r0", "r8", "r12", "r20", "r24"],
    );
    for (const { id, scores } of lines) {
      const { width = 0, height = 0 } = boxes.get(id) ?? {};
      assert.equal(scores.Block.truePixels, width * height, id);
    }
    assert.equal(evaluation.report.records, 5);
    assert.match(
      evaluation.warnings.join("; "),
      /2 of 7 records could not be used and are skipped/,
    );
    assert.equal(notes.length, 2);
    assert.match(notes.join("; "), /skipped record "r4".*; skipped record "r16": .*16-mask\.png/);
  });

  test("says when the records have taught the model or chosen it", async () => {
    assert.equal((await warningsOf({ own: masked.folder })).includes("flatter"), false);
    assert.match(await warningsOf({ own: masked.folder, split: "val" }), /have chosen the best/);
    assert.match(await warningsOf({ own: masked.folder, split: "train" }), /has learnt from these/);
  });

  test("says what was mended in the records, each counted once", async () => {
    const { folder } = await setOf("grey", ({ mask }) => ({ masks: { Block: mask } }));
    for (const i of [0, 2, 8]) await makeGrey(join(folder, `${i}-mask.png`)); // two of them of the split test
    assert.match(
      await warningsOf({ data: folder }),
      /mended as they were read: masks with grey edges, cut at half of their greatest level: 2$/,
    );
  });

  test("draws cases anew, and leaves none of an evaluation before", async () => {
    const drawn = async (folder: string) => (await readdir(join(folder, "pictures"))).toSorted();
    const { folder } = await judged({ data: masked.folder, pictures: 2 });
    assert.equal((await drawn(folder)).length, 7); // two of each kind, and their list
    const half = ".worst-01.png.01234567-89ab-cdef-0123-456789abcdef.tmp"; // which a kill has left
    for (const name of [half, "own.png"]) await writeFile(join(folder, "pictures", name), "");
    await judged({ data: masked.folder, pictures: 1, folder });
    await rm(join(folder, "pictures", "own.png"));
    const kept = ["best-01.png", "middle-01.png", "pictures.json", "worst-01.png"];
    assert.deepEqual(await drawn(folder), kept);
    // Figures that the disk does not take, as if a kill had come then: pictures of others never lie beside them.
    await rm(join(folder, "evaluation.json"));
    await mkdir(join(folder, "evaluation.json", "in the way"), { recursive: true });
    await assert.rejects(judged({ data: masked.folder, folder }), /Cannot write/);
    assert.deepEqual(await drawn(folder), []);
  });

  test("refuses a dataset that says nothing of the model's classes, and names one that is missing", async () => {
    const run = await drawnSegmenter(["Shadow", "Veil"]);
    await assert.rejects(
      judged({ run, data: masked.folder }),
      /says nothing of what the model marks, Shadow, Veil; the classes of its labels and masks are Block, Ghost/,
    );
    const half = await drawnSegmenter(["Block", "Veil"]);
    const { evaluation } = await judged({ run: half, data: masked.folder });
    assert.match(evaluation.warnings.join("; "), /the dataset says nothing of Veil: figures of it/);
    assert.deepEqual(
      evaluation.report.classes.map(({ known }) => known),
      [7, 0],
    );
  });
});
