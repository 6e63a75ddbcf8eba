import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { input } from "../engine/tensor.ts";
import { dropPath, dropPathRates } from "./drop-path.ts";
import { Scope, Trace } from "./scope.ts";

const layer = traceLayer((s, { x }) => dropPath(s.at("attn"), x, 0.25), { x: normal(6, 2, 3) });

describe("dropPath()", () => {
  test("leaves out whole samples and divides the others by 1 − rate", () => {
    const [x, mask] = [layer.value("x"), layer.value("drop-path/layer.attn")];
    assert.ok(mask.data.includes(0) && mask.data.includes(1));
    const expected = build([6, 2, 3], (at) =>
      read(mask, [at[0] ?? 0, 0, 0]) === 1 ? read(x, at) / 0.75 : 0,
    );
    assertClose({ what: "branch", actual: layer.output(), expected, tolerance: 1e-12 });
  });

  test("has the gradient of finite differences", () => checkTracedGradients(layer));

  test("asks for one bit a sample, by the scope's stream", () => {
    const [mask] = layer.trace.masks.values();
    assert.equal(mask?.name, "drop-path/layer.attn");
    assert.deepEqual(mask?.shape, [6, 1, 1]);
    assert.equal(mask?.keep, 0.75);
  });

  test("is the tensor itself at rate 0, and asks for nothing", () => {
    const trace = new Trace();
    const x = input("x", "f32", [4, 5]);
    assert.equal(dropPath(new Scope(trace, "layer"), x, 0), x);
    assert.equal(trace.masks.size, 0);
  });
});

test("dropPathRates() rise linearly from 0 to the last block's", () => {
  assert.deepEqual(dropPathRates(5, 0.5), [0, 0.125, 0.25, 0.375, 0.5]);
  assert.deepEqual(dropPathRates(1, 0.5), [0]);
});
