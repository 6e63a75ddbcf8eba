import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { linear } from "./linear.ts";

const layer = traceLayer((s, { x }) => linear(s, x, 5), { x: normal(2, 3, 4) });

describe("linear()", () => {
  test("maps the last axis by x·Wᵀ + b", () => {
    const [x, w, b] = [layer.value("x"), layer.value("layer.weight"), layer.value("layer.bias")];
    const expected = build(
      [2, 3, 5],
      ([sample = 0, row = 0, out = 0]) =>
        sum(4, (k) => read(x, [sample, row, k]) * read(w, [out, k])) + read(b, [out]),
    );
    assertClose({ what: "linear", actual: layer.output(), expected, tolerance: 1e-12 });
  });

  test("has the gradient of finite differences", () => checkTracedGradients(layer));

  test("starts Xavier uniform over [width, inputs], with bias 0", () => {
    const { parameters } = layer.trace;
    assert.deepEqual([...parameters.keys()], ["layer.weight", "layer.bias"]);
    const weight = parameters.get("layer.weight");
    assert.deepEqual(weight?.shape, [5, 4]);
    assert.equal(weight?.initializer.statistics?.bound, Math.sqrt(6 / 9));
    assert.equal(parameters.get("layer.bias")?.initializer.statistics?.bound, 0);
  });
});
