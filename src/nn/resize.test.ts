import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { type Interpolation, interpolationMatrix, resizeImage } from "./resize.ts";

/** PyTorch's cubic kernel with a = −0.75, written as the two polynomials of Keys (1981). */
function keys(distance: number): number {
  const [a, t] = [-0.75, Math.abs(distance)];
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a : 0;
}

/** One resized sample of a row, straight from the definition: half-pixel centres, the border repeated for ever. */
function resampled(
  row: (i: number) => number,
  at: { output: number; from: number; to: number; interpolation: Interpolation },
): number {
  const { output, from, to, interpolation } = at;
  const source = ((output + 0.5) * from) / to - 0.5;
  const clamped = (i: number): number => row(Math.min(from - 1, Math.max(0, i)));
  const weigh = interpolation === "bicubic" ? keys : (d: number) => Math.max(0, 1 - Math.abs(d));
  const first = Math.floor(source) - 3;
  return sum(8, (k) => weigh(source - (first + k)) * clamped(first + k));
}

const SIZES = [
  { from: [6, 4], to: [3, 8] },
  { from: [5, 7], to: [3, 4] },
  { from: [5, 3], to: [9, 13] },
  { from: [1, 2], to: [4, 1] },
] as const;

describe("resizeImage()", () => {
  for (const interpolation of ["bilinear", "bicubic"] as const) {
    for (const { from, to } of SIZES) {
      const title = `${interpolation} from ${from.join(" × ")} to ${to.join(" × ")}`;
      const layer = traceLayer(
        (_, { x }) => resizeImage(x, { height: to[0], width: to[1], interpolation }),
        { x: normal(2, 3, ...from) },
      );

      test(`follows the definition, ${title}`, () => {
        const x = layer.value("x");
        const expected = build([2, 3, ...to], ([b = 0, c = 0, row = 0, column = 0]) => {
          const alongRow = (i: number): number =>
            resampled((j) => read(x, [b, c, i, j]), {
              output: column,
              from: from[1],
              to: to[1],
              interpolation,
            });
          return resampled(alongRow, { output: row, from: from[0], to: to[0], interpolation });
        });
        // The weights are stored as f32.
        assertClose({ what: title, actual: layer.output(), expected, tolerance: 3e-7 });
      });
    }
  }

  test("has the gradient of finite differences", () => {
    checkTracedGradients(
      traceLayer((_, { x }) => resizeImage(x, { height: 5, width: 3, interpolation: "bicubic" }), {
        x: normal(1, 2, 3, 4),
      }),
    );
  });
});

describe("interpolationMatrix()", () => {
  test("keeps a row of the same length as it is", () => {
    for (const interpolation of ["bilinear", "bicubic"] as const) {
      const { data } = interpolationMatrix({ from: 3, to: 3, interpolation });
      assert.deepEqual([...data], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    }
  });

  test("halves without antialiasing, and clamps at the border", () => {
    const options = { from: 4, to: 2 } as const;
    const bilinear = interpolationMatrix({ ...options, interpolation: "bilinear" });
    assert.deepEqual([...bilinear.data], [0.5, 0.5, 0, 0, 0, 0, 0.5, 0.5]);
    const bicubic = interpolationMatrix({ ...options, interpolation: "bicubic" });
    // w(½) = 0.59375 and w(1½) = −0.09375; the sample before the first is the first.
    assert.deepEqual([...bicubic.data], [0.5, 0.59375, -0.09375, 0, 0, -0.09375, 0.59375, 0.5]);
  });

  test("doubles with weights ¾ and ¼", () => {
    const { data } = interpolationMatrix({ from: 2, to: 4, interpolation: "bilinear" });
    assert.deepEqual([...data], [1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
  });
});
