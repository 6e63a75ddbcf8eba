import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { build, read, sum } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { type Interpolation, interpolationMatrix, resizeImage, upsample2 } from "./resize.ts";

/** PyTorch's cubic kernel with a = −0.75, written as the two polynomials of Keys (1981). */
function keys(distance: number): number {
  const [a, t] = [-0.75, Math.abs(distance)];
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a : 0;
}

/** Where a new sample lies among the old ones. */
function placed(at: { output: number; from: number; to: number; interpolation: Interpolation }) {
  const { output, from, to, interpolation } = at;
  if (interpolation === "nearest") return Math.floor(output * (from / to));
  // The last of one row on the last of the other; a row of one sample is the first.
  if (interpolation === "bilinear-aligned") return output * ((from - 1) / Math.max(to - 1, 1));
  return ((output + 0.5) * from) / to - 0.5;
}

/** One resized sample of a row, straight from the definition, the border repeated for ever. */
function resampled(
  row: (i: number) => number,
  at: { output: number; from: number; to: number; interpolation: Interpolation },
): number {
  const { from, interpolation } = at;
  const source = placed(at);
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
  { from: [3, 2], to: [6, 4] },
  { from: [1, 1], to: [2, 2] },
] as const;

const ALL = ["nearest", "bilinear", "bilinear-aligned", "bicubic"] as const;

describe("resizeImage()", () => {
  for (const interpolation of ALL) {
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
    for (const interpolation of ALL) {
      checkTracedGradients(
        traceLayer((_, { x }) => resizeImage(x, { height: 5, width: 3, interpolation }), {
          x: normal(1, 2, 3, 4),
        }),
      );
    }
  });
});

describe("upsample2()", () => {
  test("doubles height and width, each by itself", () => {
    const layer = traceLayer((_, { x }) => upsample2(x, { interpolation: "nearest" }), {
      x: normal(1, 2, 2, 3),
    });
    const x = layer.value("x");
    const expected = build([1, 2, 4, 6], ([b = 0, c = 0, row = 0, column = 0]) =>
      read(x, [b, c, row >> 1, column >> 1]),
    );
    assertClose({ what: "upsample2", actual: layer.output(), expected, tolerance: 0 });
  });
});

describe("interpolationMatrix()", () => {
  test("keeps a row of the same length as it is", () => {
    for (const interpolation of ALL) {
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

  test("keeps the corners where they are aligned, and divides what is between evenly", () => {
    const { data } = interpolationMatrix({ from: 2, to: 5, interpolation: "bilinear-aligned" });
    assert.deepEqual([...data], [1, 0, 0.75, 0.25, 0.5, 0.5, 0.25, 0.75, 0, 1]);
    const one = interpolationMatrix({ from: 3, to: 1, interpolation: "bilinear-aligned" });
    assert.deepEqual([...one.data], [1, 0, 0]);
  });

  test("repeats and drops samples for the nearest one", () => {
    const twice = interpolationMatrix({ from: 2, to: 4, interpolation: "nearest" });
    assert.deepEqual([...twice.data], [1, 0, 1, 0, 0, 1, 0, 1]);
    const fewer = interpolationMatrix({ from: 5, to: 2, interpolation: "nearest" });
    assert.deepEqual([...fewer.data], [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  });

  test("doubles with weights ¾ and ¼", () => {
    const { data } = interpolationMatrix({ from: 2, to: 4, interpolation: "bilinear" });
    assert.deepEqual([...data], [1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
  });
});
