import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { type Draw, exactly } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { build, read, sum, type Values } from "../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../test/trace-layer.ts";
import { constant } from "../engine/tensor.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import type { EcampConfig } from "./config.ts";
import { ecamp } from "./ecamp.ts";
import { type Counting, EVERY_ELEMENT, totalLoss } from "./ecamp-losses.ts";

const [BATCH, SIDE, BIG, TOKENS, WORDS] = [2, 4, 8, 5, 11];
const PLACES = [1, 7, 8, 0];
const LABELS = [4, 9, 0, 3];
/** The last place fills the batch up. */
const WEIGHTS = [1, 0.25, 2, 0];

const levels: Draw = (stream) =>
  ndArray(
    "u8",
    [BATCH, BIG, BIG],
    Array.from({ length: BATCH * BIG * BIG }, () => stream.integer(256)),
  );
const f32 = (shape: readonly number[], values: readonly number[]): NdArray =>
  ndArray("f32", shape, values);
const FIXED = {
  patchMask: f32([BATCH, 4], [1, 0, 1, 0, 0, 1, 1, 1]),
  attentionMask: f32([BATCH, TOKENS], [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]),
  tokenWeights: f32([WEIGHTS.length], WEIGHTS),
  windowRows: f32([BATCH, 1, BIG, 1], [0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0]),
  windowColumns: f32([BATCH, 1, 1, BIG], [0, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0]),
};

/** The model with words at chosen places; outputs: mim, res, mlm and their weighted sum. */
function traced(config: EcampConfig, counting: Counting): TracedLayer {
  return traceLayer(
    (s, inputs) => {
      const fixed = Object.entries(FIXED).map(([name, array]) => [name, constant(array)] as const);
      const losses = ecamp(
        s,
        { ...inputs, ...(Object.fromEntries(fixed) as Record<keyof typeof FIXED, never>) },
        config,
        counting,
      );
      return [losses.mim, losses.res, losses.mlm, totalLoss(losses, { mim: 2, res: 0.5, mlm: 3 })];
    },
    {
      image: levels,
      idsKeep: exactly("i64", [BATCH, 2], [3, 1, 0, 3]),
      idsRestore: exactly("i64", [BATCH, 4], [2, 1, 3, 0, 0, 2, 3, 1]),
      ids: exactly("i64", [BATCH, TOKENS], [2, 3, 9, 4, 1, 2, 3, 3, 8, 10]),
      wordPositions: exactly("i64", [PLACES.length], PLACES),
      labels: exactly("i64", [LABELS.length], LABELS),
    },
  );
}

const COUNTED: Counting = { pixelMean: "counted", normalizedPatches: false };
const counted = traced({ ...NANO, finalRelu: false, tiedDecoder: true }, COUNTED);
const HEAD = "bert_encoder.model.cls.predictions";

const assertScalar = (actual: Values, expected: number): void =>
  assertClose({ what: "loss", actual, expected: build([], () => expected), tolerance: 4e-7 });

describe("ecamp() with words at chosen places, counted pixels and a tied head", () => {
  test("divides the squared error of removed patches by their pixels", () => {
    const [small, predicted] = [counted.tap("small"), counted.tap("predictedImage")];
    let [total, pixels] = [0, 0];
    build(small.shape, ([b = 0, c = 0, y = 0, x = 0]) => {
      const patch = Math.floor(y / 2) * 2 + Math.floor(x / 2);
      if (Number(FIXED.patchMask.data[4 * b + patch]) === 0) return 0;
      total += (read(predicted, [b, c, y, x]) - read(small, [b, c, y, x])) ** 2;
      pixels += 1;
      return 0;
    });
    assert.equal(pixels, 5 * 4 * 3);
    assertScalar(counted.output(0), total / pixels);
  });

  test("divides the squared error inside the window by its pixels", () => {
    const [resolved, image] = [counted.tap("super_res.image"), counted.value("image")];
    let [total, pixels] = [0, 0];
    build(resolved.shape, ([b = 0, c = 0, y = 0, x = 0]) => {
      const { windowRows, windowColumns } = FIXED;
      if (Number(windowRows.data[BIG * b + y]) * Number(windowColumns.data[BIG * b + x]) === 0)
        return 0;
      const target = (read(image, [b, y, x]) / 255 - NANO.mean) / NANO.std;
      total += (read(resolved, [b, c, y, x]) - target) ** 2;
      pixels += 1;
      return 0;
    });
    assert.equal(pixels, 3 * 2 * 36);
    assertScalar(counted.output(1), total / pixels);
    assert.ok(
      resolved.data.some((level) => level < 0),
      "levels below the mean can be reached",
    );
  });

  test("divides weighted cross-entropies by the sum of their weights", () => {
    const logits = counted.tap(`${HEAD}.logits`);
    assert.deepEqual(logits.shape, [PLACES.length, WORDS]);
    const loss = (row: number): number =>
      Math.log(sum(WORDS, (word) => Math.exp(read(logits, [row, word])))) -
      read(logits, [row, LABELS[row] ?? 0]);
    const weighted = sum(4, (row) => (WEIGHTS[row] ?? 0) * loss(row));
    assertScalar(counted.output(2), weighted / 3.25);
  });

  test("weighs the three losses in their sum", () => {
    const [mim = 0, res = 0, mlm = 0] = [0, 1, 2].map((i) => counted.output(i).data[0] ?? 0);
    assertScalar(counted.output(3), 2 * mim + 0.5 * res + 3 * mlm);
  });

  test("has one table for words that are read and words that are found", () => {
    const names = [...counted.trace.parameters.keys()];
    assert.ok(!names.includes(`layer.${HEAD}.decoder.weight`));
    assert.ok(names.includes(`layer.${HEAD}.bias`));
    const untied = traced({ ...NANO, tiedDecoder: false }, COUNTED);
    assert.ok(untied.trace.parameters.has(`layer.${HEAD}.decoder.weight`));
  });

  test("has the gradient of finite differences, the shared table's too", () => {
    const parameters = [...counted.inputs].filter(([name]) => name.startsWith("layer."));
    const inputs = new Map(
      parameters.filter(([name], i) => i % 4 === 0 || name.includes("word_embeddings")),
    );
    checkTracedGradients(
      { ...counted, inputs, outputs: counted.outputs.slice(3) },
      { elements: 2 },
    );
  });
});

describe("ecamp() at chosen places", () => {
  test("finds the same words as at every place", () => {
    const places = traced(NANO, EVERY_ELEMENT);
    const every = traceLayer(
      (s, inputs) => {
        const fixed = Object.entries({
          ...FIXED,
          tokenWeights: f32([BATCH, TOKENS], Array(10).fill(1)),
        });
        const constants = fixed.map(([name, array]) => [name, constant(array)] as const);
        return ecamp(
          s,
          { ...inputs, ...(Object.fromEntries(constants) as Record<keyof typeof FIXED, never>) },
          NANO,
        ).mlm;
      },
      {
        image: levels,
        idsKeep: exactly("i64", [BATCH, 2], [3, 1, 0, 3]),
        idsRestore: exactly("i64", [BATCH, 4], [2, 1, 3, 0, 0, 2, 3, 1]),
        ids: exactly("i64", [BATCH, TOKENS], [2, 3, 9, 4, 1, 2, 3, 3, 8, 10]),
        labels: exactly("i64", [BATCH, TOKENS], Array(10).fill(0)),
      },
    );
    const [some, all] = [places.tap(`${HEAD}.logits`), every.tap(`${HEAD}.logits`)];
    const expected = build([PLACES.length, WORDS], ([row = 0, word = 0]) => {
      const place = PLACES[row] ?? 0;
      return read(all, [Math.floor(place / TOKENS), place % TOKENS, word]);
    });
    assertClose({ what: "logits", actual: some, expected, tolerance: 1e-12 });
  });
});

describe("ecamp() with normalised patches", () => {
  const layer = traced(NANO, { pixelMean: "counted", normalizedPatches: true });

  test("compares with patches in units of their own mean and deviation, and draws grey levels", () => {
    const [small, drawn] = [layer.tap("small"), layer.tap("predictedImage")];
    let [total, pixels] = [0, 0];
    for (let b = 0; b < BATCH; b++) {
      for (let patch = 0; patch < 4; patch++) {
        const values: (readonly [number, number])[] = [];
        for (let c = 0; c < 3; c++) {
          for (let i = 0; i < 4; i++) {
            const y = 2 * Math.floor(patch / 2) + Math.floor(i / 2);
            const x = 2 * (patch % 2) + (i % 2);
            values.push([read(small, [b, c, y, x]), read(drawn, [b, c, y, x])]);
          }
        }
        const mean = sum(12, (i) => values[i]?.[0] ?? 0) / 12;
        const variance = sum(12, (i) => ((values[i]?.[0] ?? 0) - mean) ** 2) / 11;
        const deviation = Math.sqrt(variance + 1e-6);
        if (Number(FIXED.patchMask.data[4 * b + patch]) === 0) continue;
        // What was predicted is the drawn level in the same units.
        for (const [truth, level] of values) total += ((level - truth) / deviation) ** 2;
        pixels += values.length;
      }
    }
    assert.equal(small.shape[2], SIDE);
    assertScalar(layer.output(0), total / pixels);
  });

  test("has the gradient of finite differences", () => {
    const parameters = [...layer.inputs].filter(([name]) => /layer\.(decoder_|super)/.test(name));
    checkTracedGradients(
      { ...layer, inputs: new Map(parameters), outputs: layer.outputs.slice(0, 2) },
      { elements: 2 },
    );
  });
});
