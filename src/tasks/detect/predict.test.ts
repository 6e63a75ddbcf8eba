import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FOUND, writeTwoBoxDetector } from "../../../test/dense-models.ts";
import { encodePng } from "../../image/encode.ts";
import { raster } from "../../image/raster.ts";
import { openDetector } from "./open-detector.ts";
import {
  type BoxPrediction,
  boxesInPicture,
  type PredictBoxesOptions,
  predictBoxes,
} from "./predict.ts";

const DEVICE = { provider: "cpu", threads: 1 };
const root = await mkdtemp(join(tmpdir(), "predict-boxes-"));
after(() => rm(root, { recursive: true, force: true }));
const model = join(root, "model.safetensors");
const SIZES = [
  [64, 16],
  [10, 40],
  [8, 8],
] as const;
const files = SIZES.map(([width, height]) => join(root, `${width}x${height}.png`));

before(async () => {
  await writeTwoBoxDetector(model);
  for (const [i, [width, height]] of SIZES.entries()) {
    const data = new Uint8Array(width * height).fill(90);
    const picture = raster({ width, height, channels: 1, data });
    await writeFile(files[i] ?? "", await encodePng(picture));
  }
});

async function predictAll(options: Partial<PredictBoxesOptions> = {}) {
  const all: BoxPrediction[] = [];
  const detector = await openDetector(model);
  for await (const one of predictBoxes(detector, files, { device: DEVICE, ...options })) {
    all.push(one);
  }
  return all;
}

/** What stands in a prediction, against what is known of the model. */
function assertFound(one: BoxPrediction | undefined, at: number, labels: ("mass" | "nodule")[]) {
  assert.ok(one !== undefined && "boxes" in one);
  const [width = 0, height = 0] = SIZES[at] ?? [];
  assert.deepEqual(
    one.boxes.map(({ label }) => label),
    labels,
  );
  for (const [i, label] of labels.entries()) {
    const expected = FOUND[label];
    const found = one.boxes[i];
    assert.ok(found !== undefined);
    const pairs = [
      [found.x, expected.x * width],
      [found.y, expected.y * height],
      [found.width, expected.width * width],
      [found.height, expected.height * height],
      [found.score, expected.score],
      [found.probability, expected.probability],
    ];
    for (const [actual = 0, wanted = 0] of pairs) {
      assert.ok(Math.abs(actual - wanted) < 1e-4, `${label}: ${actual}, expected ${wanted}`);
    }
  }
}

describe("predictBoxes()", () => {
  test("finds boxes in pixels of each file, cut at its edge, by the model's own objectness", async () => {
    for (const batch of [undefined, 2]) {
      const all = await predictAll({ batch });
      for (const i of SIZES.keys()) assertFound(all[i], i, ["mass"]);
    }
  });

  test("finds less sure ones where that is asked, the surest first", async () => {
    const all = await predictAll({ minObjectness: 0.2 });
    for (const i of SIZES.keys()) assertFound(all[i], i, ["mass", "nodule"]);
  });
});

describe("boxesInPicture()", () => {
  test("orders boxes by score, and leaves out what the edge leaves nothing of", () => {
    const found = boxesInPicture(
      {
        boxes: Float64Array.of(-8, 0, -1, 8, 2, 2, 4, 4, 6, -2, 20, 4),
        scores: Float64Array.of(0.9, 0.6, 0.7),
        labels: Uint32Array.of(0, 0, 1),
        probabilities: Float64Array.of(1, 0.5, 0.25),
      },
      { width: 16, height: 4 },
      { size: 8, classes: ["a", "b"] },
    );
    assert.deepEqual(found, [
      { label: "b", score: 0.7, probability: 0.25, x: 12, y: 0, width: 4, height: 2 },
      { label: "a", score: 0.6, probability: 0.5, x: 4, y: 1, width: 4, height: 1 },
    ]);
  });
});
