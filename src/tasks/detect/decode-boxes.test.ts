import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { detectionAnchors } from "../../model/heads/detection-anchors.ts";
import { ndArray, zeros } from "../../util/nd-array.ts";
import { decodeBoxes } from "./decode-boxes.ts";

const ANCHORS = [
  [10, 20],
  [40, 30],
] as const;

describe("decodeBoxes()", () => {
  test("zeros are the middles of cells, at the size of the anchors, half sure", () => {
    const { shape, data } = decodeBoxes(zeros("f32", [1, 14, 2, 2]), {
      anchors: ANCHORS,
      imageSize: 64,
    });
    assert.deepEqual(shape, [1, 8, 7]);
    const rows = Array.from({ length: 8 }, (_, i) => Array.from(data.subarray(7 * i, 7 * i + 7)));
    const middles = [
      [16, 16],
      [48, 16],
      [16, 48],
      [48, 48],
    ];
    const expected = ANCHORS.flatMap((size) =>
      middles.map((at) => [...at, ...size, 0.5, 0.5, 0.5]),
    );
    assert.deepEqual(rows, expected);
  });

  test("takes each number from its channel, cell and image", () => {
    const logits = zeros("f32", [2, 14, 2, 2]);
    // Second image, second anchor, the cell of row 1 and column 0.
    const at = (k: number): number => ((1 * 2 + 1) * 7 + k) * 4 + 2;
    for (const [k, value] of [Math.log(3), -Math.log(3), 1, -1, 2, 30, -2].entries()) {
      logits.data[at(k)] = value;
    }
    const { data } = decodeBoxes(logits, { anchors: ANCHORS, imageSize: 64 });
    const box = Array.from(data.subarray(14 * 7, 15 * 7));
    const expected = [24, 40, 40 * Math.E, 30 / Math.E, 1 / (1 + Math.exp(-2)), 1];
    for (const [k, value] of expected.entries()) {
      assert.ok(Math.abs((box[k] ?? 0) - value) < 1e-5, `${k}: ${box[k]}`);
    }
    assert.equal(box[4], Math.fround(box[4] ?? 0));
    assert.equal(data.filter((value) => value === 0.5).length, 15 * 3);
  });

  test("refuses what is no scale of these anchors", () => {
    const options = { anchors: ANCHORS, imageSize: 64 };
    for (const shape of [
      [1, 13, 2, 2],
      [1, 10, 2, 2],
      [1, 14, 2, 3],
      [14, 2, 2],
    ]) {
      const logits = ndArray("f32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
      assert.throws(() => decodeBoxes(logits, options), /expected \[batch, 2 anchors x/);
    }
  });
});

test("detectionAnchors() scales with the image", () => {
  assert.deepEqual(detectionAnchors(416)[1]?.[2], [59, 119]);
  assert.deepEqual(detectionAnchors(208)[0], [
    [58, 45],
    [78, 99],
    [186.5, 163],
  ]);
});
