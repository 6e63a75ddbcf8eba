import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { exactly, normal } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { bertEmbeddings, bertLayer, maskedWordHead, paddingBias } from "./bert.ts";

const WIDTH = NANO.bertDim;

describe("paddingBias()", () => {
  test("is 0 on real tokens and the lowest f32 on padding, for every head and query", () => {
    const layer = traceLayer((_, { mask }) => paddingBias(mask), {
      mask: exactly("f32", [2, 3], [1, 1, 0, 1, 0, 0]),
    });
    const lowest = -3.4028234663852886e38;
    const { shape, data } = layer.output();
    assert.deepEqual(shape, [2, 1, 1, 3]);
    assert.deepEqual([...data].map(Math.abs), [0, 0, -lowest, 0, -lowest, -lowest]);
    assert.equal(data[2], lowest);
  });
});

describe("bertEmbeddings()", () => {
  const draws = { ids: exactly("i64", [2, 4], [3, 10, 2, 2, 5, 1, 3, 7]) };
  const config = { ...NANO, bertLayerNormEps: 0.02 };
  const layer = traceLayer((s, { ids }) => bertEmbeddings(s, ids, config), draws);

  test("adds the word, its position and kind 0, and normalises", () => {
    const value = (name: string) => layer.value(`layer.${name}`);
    const [words, places, kinds] = [
      value("word_embeddings.weight"),
      value("position_embeddings.weight"),
      value("token_type_embeddings.weight"),
    ];
    assert.deepEqual(
      [words.shape, places.shape, kinds.shape],
      [
        [11, 6],
        [6, 6],
        [2, 6],
      ],
    );
    const ids = layer.value("ids");
    const expected = build([2, 4, WIDTH], ([b = 0, t = 0, d = 0]) => {
      const at = (k: number): number =>
        read(words, [read(ids, [b, t]), k]) + read(places, [t, k]) + read(kinds, [0, k]);
      const mean = sum(WIDTH, at) / WIDTH;
      const variance = sum(WIDTH, (k) => (at(k) - mean) ** 2) / WIDTH;
      const [scale, shift] = [value("LayerNorm.weight"), value("LayerNorm.bias")];
      return ((at(d) - mean) / Math.sqrt(variance + 0.02)) * read(scale, [d]) + read(shift, [d]);
    });
    assertClose({ what: "embeddings", actual: layer.output(), expected, tolerance: 1e-8 });
  });

  test("has the gradient of finite differences", () =>
    checkTracedGradients(layer, { elements: 8 }));
});

describe("bertLayer()", () => {
  const draws = { x: normal(2, 3, WIDTH), bias: normal(2, 1, 1, 3) };
  const dropped = { ...NANO, dropout: 0.1, attentionDropout: 0.2 };

  test("has the gradient of finite differences, with dropout", () => {
    const layer = traceLayer((s, { x, bias }) => bertLayer(s, x, bias, dropped), draws);
    assert.deepEqual(layer.output().shape, [2, 3, WIDTH]);
    checkTracedGradients(layer, { elements: 2 });
  });

  test("drops probabilities, and what comes from each dense layer before its residual", () => {
    const { masks } = traceLayer((s, { x, bias }) => bertLayer(s, x, bias, dropped), draws).trace;
    assert.deepEqual(
      [...masks.values()].map(({ name, shape, keep }) => [name, shape, keep]),
      [
        ["dropout/layer.attention.self.probs", [2, 2, 3, 3], 0.8],
        ["dropout/layer.attention.output", [2, 3, WIDTH], 0.9],
        ["dropout/layer.output", [2, 3, WIDTH], 0.9],
      ],
    );
    const { trace } = traceLayer((s, { x, bias }) => bertLayer(s, x, bias, NANO), draws);
    assert.equal(trace.masks.size, 0);
  });
});

test("maskedWordHead() has the gradient of finite differences", () => {
  const layer = traceLayer((s, { x }) => maskedWordHead(s, x, { config: NANO }), {
    x: normal(1, 3, WIDTH),
  });
  assert.deepEqual(layer.output().shape, [1, 3, 11]);
  checkTracedGradients(layer, { elements: 4 });
});
