import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { exactly, normal } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { build, read } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { add, gelu } from "../engine/ops/elementwise.ts";
import { slice } from "../engine/ops/layout.ts";
import { attend } from "../nn/attention.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { affine, linear } from "../nn/linear.ts";
import { chooseTokens, cutClassToken, vitBlock, vitEncoder } from "./vit.ts";

describe("vitBlock()", () => {
  const options = { heads: 2, mlpRatio: 1.5, layerNormEps: 1e-6 };
  const layer = traceLayer((s, { x }) => vitBlock(s, x, options), { x: normal(2, 3, 4) });

  test("is x + attn(norm1 x), then x + mlp(norm2 x), with q, k and v one behind the other in qkv", () => {
    const byHand = traceLayer(
      (s, { x }) => {
        const normed = layerNorm(s.at("norm1"), x, { epsilon: 1e-6 });
        const qkv = s.at("attn").at("qkv");
        const [weight, bias] = [qkv.param("weight", [12, 4], none), qkv.param("bias", [12], none)];
        const part = (i: number) =>
          affine(
            normed,
            slice(weight, [
              [4 * i, 4 * i + 4],
              [0, 4],
            ]),
            slice(bias, [[4 * i, 4 * i + 4]]),
          );
        const inputs = { query: part(0), key: part(1), value: part(2) };
        const proj = linear(s.at("attn").at("proj"), attend(s, inputs, { heads: 2 }), 4);
        const attended = add(x, proj);
        const mlp = s.at("mlp");
        const again = layerNorm(s.at("norm2"), attended, { epsilon: 1e-6 });
        return add(attended, linear(mlp.at("fc2"), gelu(linear(mlp.at("fc1"), again, 6)), 4));
      },
      { x: normal(2, 3, 4) },
    );
    assert.deepEqual(byHand.arrays, layer.arrays);
    assertClose({
      what: "block",
      actual: layer.output(),
      expected: byHand.output(),
      tolerance: 1e-12,
    });
  });

  test("has the gradient of finite differences", () =>
    checkTracedGradients(layer, { elements: 5 }));
});

const none = { kind: "constant", fill: () => undefined } as const;

describe("vitEncoder()", () => {
  const image = normal(2, 3, 4, 4);
  const encode = (order: readonly number[]) =>
    traceLayer((s, inputs) => vitEncoder(s, { image: inputs.image, idsKeep: inputs.ids }, NANO), {
      image,
      ids: exactly("i64", [2, order.length / 2], order),
    });

  test("sees the patches that it is given, in any order, each at its own position", () => {
    const whole = traceLayer((s, inputs) => vitEncoder(s, inputs, NANO), { image }).output();
    assert.deepEqual(whole.shape, [2, 5, 8]);
    const order = [2, 0, 3, 1, 1, 2, 3, 0];
    const shuffled = encode(order).output();
    const expected = build([2, 5, 8], ([b = 0, n = 0, d = 0]) =>
      read(whole, [b, n === 0 ? 0 : 1 + (order[4 * b + n - 1] ?? 0), d]),
    );
    assertClose({ what: "latent", actual: shuffled, expected, tolerance: 1e-10 });
  });

  test("does not see the patches that are left out", () => {
    const layer = encode([3, 1, 0, 2]);
    const { shape } = layer.output();
    assert.deepEqual(shape, [2, 3, 8]);
    // Pixel (0, 0) of sample 0 lies in patch 0, pixel (2, 2) in patch 3.
    for (const [at, isSeen] of [
      [[0, 1, 0, 0], false],
      [[0, 1, 2, 2], true],
    ] as const) {
      const picture = layer.value("image");
      const moved = build(
        picture.shape,
        (place) => read(picture, place) + Number(place.every((i, axis) => i === at[axis])),
      );
      const values = traceLayer(
        (s, inputs) => vitEncoder(s, { image: inputs.image, idsKeep: inputs.ids }, NANO),
        {
          image: exactly("f32", picture.shape, [...moved.data]),
          ids: exactly("i64", [2, 2], [3, 1, 0, 2]),
        },
      ).output();
      const changed = values.data.some((value, i) => value !== layer.output().data[i]);
      assert.equal(changed, isSeen);
    }
  });

  test("has the gradient of finite differences", () => {
    checkTracedGradients(encode([3, 1, 0, 2]), { elements: 3 });
  });
});

describe("chooseTokens() and cutClassToken()", () => {
  test("take tokens of each sample, and the first apart", () => {
    const layer = traceLayer(
      (_, { x, ids }) => {
        const { classToken, patches } = cutClassToken(x);
        return [chooseTokens(patches, ids), classToken];
      },
      { x: normal(2, 4, 3), ids: exactly("i64", [2, 2], [2, 0, 1, 1]) },
    );
    const [x, ids] = [layer.value("x"), layer.value("ids")];
    const chosen = build([2, 2, 3], ([b = 0, n = 0, d = 0]) =>
      read(x, [b, 1 + read(ids, [b, n]), d]),
    );
    assert.deepEqual(layer.output(0), chosen);
    assert.deepEqual(
      layer.output(1),
      build([2, 1, 3], ([b = 0, , d = 0]) => read(x, [b, 0, d])),
    );
    checkTracedGradients(layer);
  });
});
