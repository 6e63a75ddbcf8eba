import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { input } from "../engine/tensor.ts";
import { ConfigError } from "../util/errors.ts";
import { dropout } from "./dropout.ts";
import { Scope, Trace } from "./scope.ts";

const layer = traceLayer((s, { x }) => dropout(s.at("output"), x, 0.1), { x: normal(4, 5) });

describe("dropout()", () => {
  test("zeroes where its mask is false and scales the rest by 1/(1 − rate)", () => {
    const [x, mask] = [layer.value("x"), layer.value("dropout/layer.output")];
    assert.ok(mask.data.includes(0) && mask.data.includes(1));
    const expected = build([4, 5], (at) => (read(mask, at) === 1 ? read(x, at) / 0.9 : 0));
    assertClose({ what: "dropout", actual: layer.output(), expected, tolerance: 1e-7 });
  });

  test("has the gradient of finite differences", () => checkTracedGradients(layer));

  test("asks for a mask of the input's shape, by the scope's stream", () => {
    const masks = [...layer.trace.masks.values()].map(({ name, shape, keep, tensor }) => ({
      name,
      shape,
      keep,
      dtype: tensor.dtype,
    }));
    assert.deepEqual(masks, [
      { name: "dropout/layer.output", shape: [4, 5], keep: 0.9, dtype: "bool" },
    ]);
  });

  test("is the tensor itself at rate 0, and asks for nothing", () => {
    const trace = new Trace();
    const x = input("x", "f32", [4, 5]);
    assert.equal(dropout(new Scope(trace, "layer"), x, 0), x);
    assert.equal(trace.masks.size, 0);
  });

  test("refuses two masks from one stream", () => {
    const s = new Scope(new Trace(), "layer");
    const x = input("x", "f32", [4, 5]);
    dropout(s, x, 0.1);
    assert.throws(
      () => dropout(s, x, 0.1),
      new ConfigError('Cannot draw two masks from one stream: "dropout/layer" is used already'),
    );
  });
});
