import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { type Draw, exactly, indices } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { build, read, sum, type Values } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { constant } from "../engine/tensor.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { ecamp } from "./ecamp.ts";
import { totalLoss } from "./ecamp-losses.ts";

const [BATCH, SIDE, BIG, TOKENS, WORDS] = [2, 4, 8, 5, 11];

const levels: Draw = (stream) =>
  ndArray(
    "u8",
    [BATCH, BIG, BIG],
    Array.from({ length: BATCH * BIG * BIG }, () => stream.integer(256)),
  );

const f32 = (shape: readonly number[], values: readonly number[]): NdArray =>
  ndArray("f32", shape, values);

/** Masks and weights: constants here, so that they take no part in finite differences. */
const FIXED = {
  patchMask: f32([BATCH, 4], [1, 0, 1, 0, 0, 1, 1, 0]),
  attentionMask: f32([BATCH, TOKENS], [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]),
  tokenWeights: f32([BATCH, TOKENS], [1, 1, 0.25, 1, 1, 2, 1, 1, 1, 0]),
  windowRows: f32([BATCH, 1, BIG, 1], [0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0]),
  windowColumns: f32([BATCH, 1, 1, BIG], [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0]),
};

const model = traceLayer(
  (s, inputs) => {
    const { patchMask, attentionMask, tokenWeights, windowRows, windowColumns } = FIXED;
    const losses = ecamp(
      s,
      {
        ...inputs,
        patchMask: constant(patchMask),
        attentionMask: constant(attentionMask),
        tokenWeights: constant(tokenWeights),
        windowRows: constant(windowRows),
        windowColumns: constant(windowColumns),
      },
      NANO,
    );
    return [losses.mim, losses.res, losses.mlm, totalLoss(losses)];
  },
  {
    image: levels,
    idsKeep: exactly("i64", [BATCH, 2], [3, 1, 0, 3]),
    idsRestore: exactly("i64", [BATCH, 4], [2, 1, 3, 0, 0, 2, 3, 1]),
    ids: exactly("i64", [BATCH, TOKENS], [2, 3, 9, 4, 1, 2, 3, 3, 8, 10]),
    labels: indices(WORDS, BATCH, TOKENS),
  },
);

describe("ecamp()", () => {
  test("averages squared errors of removed patches over all pixels", () => {
    const [small, predicted, mask] = [
      model.tap("small"),
      model.tap("predictedImage"),
      FIXED.patchMask,
    ];
    assert.deepEqual(small.shape, [BATCH, 3, SIDE, SIDE]);
    assert.deepEqual(predicted.shape, [BATCH, 3, SIDE, SIDE]);
    const squares = build(small.shape, ([b = 0, c = 0, y = 0, x = 0]) => {
      const patch = Math.floor(y / 2) * 2 + Math.floor(x / 2);
      const removed = Number(mask.data[4 * b + patch]);
      return removed * (read(predicted, [b, c, y, x]) - read(small, [b, c, y, x])) ** 2;
    });
    assertScalar(model.output(0), squares.data.reduce((a, b) => a + b) / squares.data.length);
  });

  test("averages squared errors inside the window over all pixels of the big image", () => {
    const [resolved, image] = [model.tap("super_res.image"), model.value("image")];
    assert.deepEqual(resolved.shape, [BATCH, 3, BIG, BIG]);
    const { windowRows, windowColumns } = FIXED;
    const squares = build(resolved.shape, ([b = 0, c = 0, y = 0, x = 0]) => {
      const target = (read(image, [b, y, x]) / 255 - NANO.mean) / NANO.std;
      const inside = Number(windowRows.data[BIG * b + y]) * Number(windowColumns.data[BIG * b + x]);
      return inside * (read(resolved, [b, c, y, x]) - target) ** 2;
    });
    assertScalar(model.output(1), squares.data.reduce((a, b) => a + b) / squares.data.length);
  });

  test("averages weighted cross-entropies over all positions", () => {
    const logits = model.tap("bert_encoder.model.cls.predictions.logits");
    const labels = model.value("labels");
    const { tokenWeights } = FIXED;
    const losses = build([BATCH, TOKENS], ([b = 0, t = 0]) => {
      const total = sum(WORDS, (word) => Math.exp(read(logits, [b, t, word])));
      const loss = Math.log(total) - read(logits, [b, t, read(labels, [b, t])]);
      return Number(tokenWeights.data[TOKENS * b + t]) * loss;
    });
    assertScalar(model.output(2), losses.data.reduce((a, b) => a + b) / losses.data.length);
  });

  test("adds the three up", () => {
    const [mim, res, mlm] = [0, 1, 2].map((index) => model.output(index).data[0] ?? Number.NaN);
    assertScalar(model.output(3), (mim ?? 0) + (res ?? 0) + (mlm ?? 0));
  });

  test("has the gradient of finite differences, in one element of every third parameter", () => {
    const parameters = [...model.inputs].filter(([name]) => name.startsWith("layer."));
    const inputs = new Map(parameters.filter((_, i) => i % 3 === 0));
    assert.ok(inputs.size > 25);
    checkTracedGradients({ ...model, inputs, outputs: model.outputs.slice(3) }, { elements: 1 });
  });
});

function assertScalar(actual: Values, expected: number): void {
  // Normalisation and resizing have constants in f32.
  assertClose({ what: "loss", actual, expected: build([], () => expected), tolerance: 2e-7 });
}
