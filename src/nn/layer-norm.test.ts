import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { layerNorm } from "./layer-norm.ts";

const EPSILON = 0.03; // large, so that it matters
const layer = traceLayer((s, { x }) => layerNorm(s, x, { epsilon: EPSILON }), {
  x: normal(2, 3, 7),
});

describe("layerNorm()", () => {
  test("normalises the last axis with ε under the root, then scales and shifts", () => {
    const [x, w, b] = [layer.value("x"), layer.value("layer.weight"), layer.value("layer.bias")];
    const expected = build([2, 3, 7], ([sample = 0, row = 0, i = 0]) => {
      const at = (k: number): number => read(x, [sample, row, k]);
      const mean = sum(7, at) / 7;
      const variance = sum(7, (k) => (at(k) - mean) ** 2) / 7;
      return ((at(i) - mean) / Math.sqrt(variance + EPSILON)) * read(w, [i]) + read(b, [i]);
    });
    // ε is stored as f32
    assertClose({ what: "layerNorm", actual: layer.output(), expected, tolerance: 1e-8 });
  });

  test("has the gradient of finite differences", () => checkTracedGradients(layer));

  test("starts as the bare normalisation", () => {
    const starts = [...layer.trace.parameters.values()].map(({ name, shape, initializer }) => [
      name,
      shape,
      initializer.statistics?.mean,
    ]);
    assert.deepEqual(starts, [
      ["layer.weight", [7], 1],
      ["layer.bias", [7], 0],
    ]);
  });
});
