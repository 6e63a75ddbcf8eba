import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { exactly, normal } from "../../test/draw.ts";
import { build, read, sum, type Values } from "../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../test/trace-layer.ts";
import { input } from "../engine/tensor.ts";
import { ShapeError } from "../util/errors.ts";
import { attend } from "./attention.ts";
import { Scope, Trace } from "./scope.ts";

const HEADS = 2;
const INPUTS = { query: normal(2, 3, 6), key: normal(2, 4, 6), value: normal(2, 4, 6) };
const LOWEST = -3.4028234663852886e38;

/** Attention by its definition, one number after another; `weigh` changes the probability of a key. */
function attended(
  layer: TracedLayer,
  { bias, weigh = (p) => p }: { bias?: Values; weigh?: (p: number, at: number[]) => number } = {},
): Values {
  const [query, key, value] = ["query", "key", "value"].map((name) => layer.value(name));
  if (query === undefined || key === undefined || value === undefined) throw new RangeError();
  const width = 6 / HEADS;
  const score = (b: number, h: number, n: number, m: number): number =>
    sum(width, (i) => read(query, [b, n, h * width + i]) * read(key, [b, m, h * width + i])) /
      Math.sqrt(width) +
    (bias === undefined ? 0 : read(bias, [b, 0, 0, m]));
  return build([2, 3, 6], ([b = 0, n = 0, d = 0]) => {
    const h = Math.floor(d / width);
    const most = Math.max(...[0, 1, 2, 3].map((m) => score(b, h, n, m)));
    const weight = (m: number): number => Math.exp(score(b, h, n, m) - most);
    const total = sum(4, weight);
    return sum(4, (m) => weigh(weight(m) / total, [b, h, n, m]) * read(value, [b, m, d]));
  });
}

describe("attend()", () => {
  test("weighs values by the softmax of scaled scores, head by head", () => {
    const layer = traceLayer((s, inputs) => attend(s, inputs, { heads: HEADS }), INPUTS);
    assertClose({
      what: "attend",
      actual: layer.output(),
      expected: attended(layer),
      tolerance: 1e-7, // the scale is stored as f32
    });
    assert.equal(layer.trace.parameters.size, 0);
    checkTracedGradients(layer);
  });

  test("adds the bias to the scores, broadcast over heads and queries", () => {
    const layer = traceLayer(
      (s, { bias, ...inputs }) => attend(s, inputs, { heads: HEADS, scoreBias: bias }),
      { ...INPUTS, bias: normal(2, 1, 1, 4) },
    );
    const expected = attended(layer, { bias: layer.value("bias") });
    assertClose({ what: "attend", actual: layer.output(), expected, tolerance: 1e-7 });
    checkTracedGradients(layer);
  });

  test("gives keys with the lowest bias no weight at all", () => {
    const padding = [0, 0, LOWEST, LOWEST, 0, 0, 0, LOWEST];
    const layer = traceLayer(
      (s, { bias, ...inputs }) => attend(s, inputs, { heads: HEADS, scoreBias: bias }),
      { ...INPUTS, bias: exactly("f32", [2, 1, 1, 4], padding) },
    );
    const probs = layer.tap("probs");
    assert.deepEqual(probs.shape, [2, HEADS, 3, 4]);
    for (const [i, p] of probs.data.entries()) {
      const isPadding = padding[4 * Math.floor(i / (HEADS * 3 * 4)) + (i % 4)] === LOWEST;
      assert.equal(p === 0, isPadding);
    }
  });

  test("drops probabilities by a mask, after the softmax", () => {
    const dropoutRate = 0.25;
    const layer = traceLayer(
      (s, inputs) => attend(s, inputs, { heads: HEADS, dropoutRate }),
      INPUTS,
    );
    const mask = layer.value("dropout/layer.probs");
    const expected = attended(layer, { weigh: (p, at) => (p * read(mask, at)) / 0.75 });
    assertClose({ what: "attend", actual: layer.output(), expected, tolerance: 1e-7 });
    checkTracedGradients(layer);
  });

  test("says which width does not split into heads, and where", () => {
    const s = new Scope(new Trace(), "blocks.0.attn");
    const x = input("x", "f32", [1, 2, 6]);
    assert.throws(
      () => attend(s, { query: x, key: x, value: x }, { heads: 4 }),
      new ShapeError("Cannot split f32[1,2,6] into 4 heads: 6 is no multiple (at blocks.0.attn)", {
        cause: new ShapeError("Cannot split f32[1,2,6] into 4 heads: 6 is no multiple"),
      }),
    );
  });
});
