import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { ShapeError } from "../util/errors.ts";
import { conv, conv3x3 } from "./conv.ts";

const [HEIGHT, WIDTH] = [4, 3];
const layer = traceLayer((s, { x }) => conv3x3(s, x, 3), { x: normal(2, 2, HEIGHT, WIDTH) });

describe("conv3x3()", () => {
  test("correlates with the weight, zeros beyond the border", () => {
    const [x, w, b] = [layer.value("x"), layer.value("layer.weight"), layer.value("layer.bias")];
    const pixel = (sample: number, channel: number, row: number, column: number): number =>
      row < 0 || row >= HEIGHT || column < 0 || column >= WIDTH
        ? 0
        : read(x, [sample, channel, row, column]);
    const expected = build([2, 3, HEIGHT, WIDTH], ([n = 0, out = 0, row = 0, column = 0]) => {
      const taps = sum(2, (c) =>
        sum(9, (tap) => {
          const [i, j] = [Math.floor(tap / 3), tap % 3];
          return read(w, [out, c, i, j]) * pixel(n, c, row + i - 1, column + j - 1);
        }),
      );
      return taps + read(b, [out]);
    });
    assertClose({ what: "conv3x3", actual: layer.output(), expected, tolerance: 1e-12 });
  });

  test("has the gradient of finite differences", () => checkTracedGradients(layer));

  test("starts within ±1/√(9·inputs), weight and bias", () => {
    const bounds = [...layer.trace.parameters.values()].map(({ name, shape, initializer }) => [
      name,
      shape,
      initializer.statistics?.bound,
    ]);
    assert.deepEqual(bounds, [
      ["layer.weight", [3, 2, 3, 3], 1 / Math.sqrt(18)],
      ["layer.bias", [3], 1 / Math.sqrt(18)],
    ]);
  });
});

describe("conv()", () => {
  test("reads every stride-th pixel with a kernel of one", () => {
    const strided = traceLayer(
      (s, { x }) => conv(s, x, { channels: 3, size: 1, stride: 2, bias: false }),
      { x: normal(1, 2, 5, 4) },
    );
    const [x, w] = [strided.value("x"), strided.value("layer.weight")];
    const expected = build([1, 3, 3, 2], ([n = 0, out = 0, row = 0, column = 0]) =>
      sum(2, (c) => read(w, [out, c, 0, 0]) * read(x, [n, c, 2 * row, 2 * column])),
    );
    assertClose({ what: "conv", actual: strided.output(), expected, tolerance: 1e-12 });
    checkTracedGradients(strided);
  });

  test("declares a bias unless it is told not to, and starts by the kernel's size", () => {
    const declared = (bias?: boolean) => {
      const { trace } = traceLayer(
        (s, { x }) => conv(s, x, { channels: 4, size: 5, ...(bias !== undefined && { bias }) }),
        { x: normal(1, 3, 5, 5) },
      );
      return [...trace.parameters.values()].map(({ name, shape, initializer }) => [
        name,
        shape,
        initializer.statistics?.bound,
      ]);
    };
    const weight = ["layer.weight", [4, 3, 5, 5], 1 / Math.sqrt(75)];
    assert.deepEqual(declared(false), [weight]);
    assert.deepEqual(declared(), [weight, ["layer.bias", [4], 1 / Math.sqrt(75)]]);
  });

  test("says where an even kernel stands, which has no middle", () => {
    assert.throws(
      () =>
        traceLayer((s, { x }) => conv(s, x, { channels: 4, size: 2 }), { x: normal(1, 3, 5, 5) }),
      new ShapeError(
        "Cannot convolve f32[1,3,5,5] with a kernel of 2×2: an odd size is expected, so that it has a middle (at layer)",
      ),
    );
  });
});
