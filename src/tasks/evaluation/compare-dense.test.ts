import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DETECT_JUDGING, type DetectLine } from "../detect/detect-judging.ts";
import { SEGMENT_JUDGING, type SegmentLine } from "../segment/segment-judging.ts";
import { compareDenseEvaluations } from "./compare-dense.ts";
import { writeEvaluationFiles } from "./evaluation-file.ts";

const root = await mkdtemp(join(tmpdir(), "compare-dense-"));
after(() => rm(root, { recursive: true, force: true }));

const OPTIONS = { seed: 1, resamples: 20 };
let folders = 0;

/** An evaluation of four records with these lines. */
async function written(
  task: "segment" | "detect",
  lineOf: (i: number) => SegmentLine | DetectLine,
  dataset = "sets/a",
): Promise<string> {
  const folder = join(root, `${folders++}`);
  const lines = Array.from({ length: 4 }, (_, i) => {
    return `${JSON.stringify({ id: `r${i}`, patient: `p${i}`, ...lineOf(i) })}\n`;
  });
  const figures = {
    ...{ task, classes: ["Block"], smallBelow: 0.01, split: "test", dataset },
    ...{ model: "m", modelSha256: "0", datasetSha256: "0", leaks: false },
    ...{ leakReasons: [], warnings: [] },
  };
  await writeEvaluationFiles(folder, { lines, figures, privacy: "public" });
  return folder;
}

const maskLine =
  (truePixels: number, { pixels = 256, dice = 0.5 } = {}) =>
  (i: number): SegmentLine => ({
    pixels,
    scores: {
      Block: i === 3 ? null : { dice, iou: 0.3, hd95: 2, truePixels, predictedPixels: 40 },
    },
  });

const boxLine = (x: number, score = 0.9): DetectLine => {
  const box = { label: "Block", x, y: 4, width: 10, height: 10 };
  return { width: 64, height: 64, truth: [box], found: [{ ...box, score }] };
};

const segmenters = (a: string, b: string) =>
  compareDenseEvaluations(SEGMENT_JUDGING, [a, b], OPTIONS);
const detectors = (a: string, b: string) =>
  compareDenseEvaluations(DETECT_JUDGING, [a, b], OPTIONS);

describe("compareDenseEvaluations()", () => {
  test("compares models by the same masks", async () => {
    const [a, b] = [
      await written("segment", maskLine(40)),
      await written("segment", maskLine(40, { dice: 0.75 })),
    ];
    const { comparison } = await segmenters(a, b);
    assert.equal(comparison.all.dice.difference, -0.25);
  });

  test("refuses records of the same names with other masks", async () => {
    const a = await written("segment", maskLine(40));
    const b = await written("segment", maskLine(41), "sets/b");
    await assert.rejects(
      segmenters(a, b),
      /what is there is not the same for 3 of 4 records; the one is of "sets\/a", the other of "sets\/b"/,
    );
    const unknown = await written("segment", (i) => ({
      ...maskLine(40)(i),
      ...(i === 0 && { scores: { Block: null } }),
    }));
    await assert.rejects(segmenters(a, unknown), /not the same for 1 of 4 records/);
  });

  test("allows for the edges of masks in images of another size", async () => {
    const a = await written("segment", maskLine(40));
    const b = await written("segment", maskLine(161, { pixels: 1024 }));
    assert.equal((await segmenters(a, b)).comparison.all.dice.difference, 0);
    const other = await written("segment", maskLine(200, { pixels: 1024 }));
    await assert.rejects(segmenters(a, other), /not the same for 3 of 4 records/);
  });

  test("compares detectors by the same boxes, but for rounding", async () => {
    const a = await written("detect", () => boxLine(8));
    const b = await written("detect", () => boxLine(8.01, 0.4));
    assert.equal((await detectors(a, b)).comparison.all.map.difference, 0);
    const moved = await written("detect", (i) => boxLine(i === 2 ? 9 : 8));
    await assert.rejects(detectors(a, moved), /not the same for 1 of 4 records/);
    const less = await written("detect", () => ({ ...boxLine(8), truth: [] }));
    await assert.rejects(detectors(a, less), /not the same for 4 of 4 records/);
  });
});
