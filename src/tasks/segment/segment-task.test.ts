import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeDenseSet } from "../../../test/dense-set.ts";
import { openDataset } from "../../data/dataset.ts";
import { FIDELITY, type SegmentFidelityOptions, segmentColumn } from "../../recipes/fidelity.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import { SEGMENT_DEFAULTS } from "../../recipes/segment-recipes.ts";
import type { DenseView } from "../dense/dense-task.ts";
import { segmentMethod } from "../method-options.ts";
import { SEGMENT_TASK } from "./segment-task.ts";

const root = await mkdtemp(join(tmpdir(), "segment-task-"));
after(() => rm(root, { recursive: true, force: true }));
const dataset = await openDataset(
  await writeDenseSet({
    ...{ folder: root, count: 4, width: 8, height: 8 },
    describe: ({ mask }) => ({ masks: { Block: mask } }),
  }),
);
await using index = await dataset.index({});

const configOf = (
  fidelity: Partial<SegmentFidelityOptions>,
  data: Partial<SegmentConfig["data"]> = {},
): SegmentConfig => ({
  ...SEGMENT_DEFAULTS,
  data: { ...SEGMENT_DEFAULTS.data, ...data },
  fidelity: { ...segmentColumn("corrected"), ...fidelity },
});

function jobOptions(config: SegmentConfig, view: DenseView = "training"): object {
  const { options } = SEGMENT_TASK.job({
    ...{ config, dataset, index, classes: ["Block"], size: 8, view },
    decode: SEGMENT_TASK.decode(config),
  });
  assert.ok(typeof options === "object" && options !== null);
  return options;
}

describe("SEGMENT_TASK", () => {
  test("tells a loader's job what every value of every switch means", () => {
    const keys = Object.keys(segmentColumn("corrected")) as (keyof SegmentFidelityOptions)[];
    assert.ok(keys.length > 2);
    for (const key of keys) {
      const seen = new Set<string>();
      for (const value of FIDELITY[key].values) {
        const config = configOf({ [key]: value });
        const { masksMove, maskFit, maskResize, decode } = segmentMethod(config.fidelity);
        const options = jobOptions(config);
        assert.deepEqual({ ...options, masksMove, maskFit, maskResize, decode }, options);
        seen.add(JSON.stringify(options));
      }
      assert.equal(seen.size, FIDELITY[key].values.length, key);
    }
  });

  test("moves pictures in training only, as the configuration says", () => {
    const movement = { probability: 0.25, scale: [0.5, 2], rotate: 7, flip: "image" } as const;
    const config = configOf({}, movement);
    const moving = jobOptions(config);
    assert.deepEqual({ ...moving, view: { size: 8, movement } }, moving);
    const still = jobOptions(config, "evaluation");
    assert.ok("view" in still);
    assert.deepEqual(still.view, { size: 8 });
  });

  test("knows of a record where there is something, and that there is nothing", () => {
    const record = { id: "a", image: "a.png" };
    const box = { label: "Block", x: 0, y: 0, width: 1, height: 1 };
    const [fromMasks, fromBoxes] = [configOf({}), configOf({}, { masksFrom: "boxes" })];
    const { isKnown, isPositive } = SEGMENT_TASK;
    const of = (config: SegmentConfig, claims: object): readonly boolean[] =>
      [isKnown, isPositive].map((ask) => ask({ ...record, ...claims }, ["Block"], config));
    assert.deepEqual(of(fromMasks, { masks: { Block: "m.png" } }), [true, true]);
    assert.deepEqual(of(fromMasks, { labels: { Block: 0 } }), [true, false]);
    assert.deepEqual(of(fromMasks, { labels: { Block: 1 } }), [false, false]);
    assert.deepEqual(of(fromMasks, { boxes: [box] }), [false, false]);
    assert.deepEqual(of(fromBoxes, { boxes: [box] }), [true, true]);
    assert.deepEqual(of(fromBoxes, { boxes: [] }), [true, false]);
    assert.deepEqual(of(fromBoxes, { labels: { Block: 0 } }), [true, false]);
    assert.deepEqual(of(fromBoxes, { masks: { Block: "m.png" } }), [false, false]);
  });
});
