import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { conv3x3 } from "./conv.ts";

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
