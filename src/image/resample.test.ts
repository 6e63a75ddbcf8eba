import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { crop } from "./geometry.ts";
import type { Raster } from "./raster.ts";
import { type ResampleOptions, resample } from "./resample.ts";
import { type Interpolation, resampleWeights, WEIGHT_BITS } from "./resample-weights.ts";

const side = fc.integer({ min: 1, max: 40 });
const interpolation = fc.constantFrom<Interpolation>("bilinear", "bicubic");
const picture = fc
  .tuple(side, side, fc.constantFrom<1 | 3>(1, 3))
  .chain(([width, height, channels]) =>
    fc
      .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
      .map((data): Raster => ({ width, height, channels, data })),
  );

/** The definition in doubles: rows, then columns, cut to 0 … 255 after each, never rounded. */
function exactly(
  source: Raster,
  { width, height, interpolation: filter }: ResampleOptions,
): number[] {
  const { channels } = source;
  const columns = axis(source.width, width, filter);
  const across: number[] = [];
  for (let y = 0; y < source.height; y++) {
    for (const weights of columns) {
      for (let channel = 0; channel < channels; channel++) {
        const at = (x: number) => source.data[(y * source.width + x) * channels + channel] ?? 0;
        across.push(clamped(weights.reduce((sum, weight, x) => sum + weight * at(x), 0)));
      }
    }
  }
  const out: number[] = [];
  for (const weights of axis(source.height, height, filter)) {
    for (let i = 0; i < width * channels; i++) {
      const at = (y: number) => across[y * width * channels + i] ?? 0;
      out.push(clamped(weights.reduce((sum, weight, y) => sum + weight * at(y), 0)));
    }
  }
  return out;
}

function clamped(value: number): number {
  return Math.min(255, Math.max(0, value));
}

/** `[out][in]`: the weight of every input sample, by the distance of its centre; the filter is widened to shrink. */
function axis(from: number, to: number, filter: Interpolation): number[][] {
  const cubic = (x: number): number =>
    x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
  const kernel = filter === "bicubic" ? cubic : (x: number): number => Math.max(0, 1 - x);
  const scale = Math.max(1, from / to);
  return Array.from({ length: to }, (_out, i) => {
    const centre = ((i + 0.5) * from) / to;
    const weights = Array.from({ length: from }, (_in, x) =>
      kernel(Math.abs(x + 0.5 - centre) / scale),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

describe("resample()", () => {
  test("is within its two roundings of the exact convolution", () => {
    fc.assert(
      fc.property(picture, side, side, interpolation, (source, width, height, filter) => {
        const options = { width, height, interpolation: filter };
        const { data } = resample(source, options);
        // Half a level from each pass, the first one's times the sum of the second one's absolute weights.
        const bound = filter === "bilinear" ? 1.001 : 1.3;
        exactly(source, options).forEach((value, i) => {
          const error = Math.abs(value - (data[i] ?? Number.NaN));
          assert.ok(error <= bound, `${error} at sample ${i}`);
        });
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  test("keeps every byte at the same size", () => {
    fc.assert(
      fc.property(picture, interpolation, (source, filter) => {
        const { width, height } = source;
        assert.deepEqual(resample(source, { width, height, interpolation: filter }), source);
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  test("takes a box as if the picture had been cropped first", () => {
    const part = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(picture, part, side, interpolation, (source, [a, b, c, d], size, filter) => {
        const left = a % source.width;
        const top = b % source.height;
        const width = 1 + (c % (source.width - left));
        const height = 1 + (d % (source.height - top));
        const box = { left, top, width, height };
        const options = { width: size, height: size, interpolation: filter };
        assert.deepEqual(
          resample(source, { ...options, box }),
          resample(crop(source, box), options),
        );
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  test("treats the channels of a colour picture alike", () => {
    fc.assert(
      fc.property(picture, side, side, interpolation, (source, width, height, filter) => {
        const options = { width, height, interpolation: filter };
        const whole = resample(source, options).data;
        for (let channel = 0; channel < source.channels; channel++) {
          const plane = source.data.filter((_, i) => i % source.channels === channel);
          const alone = resample({ ...source, channels: 1, data: plane }, options).data;
          assert.deepEqual(
            whole.filter((_, i) => i % source.channels === channel),
            alone,
          );
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test("cuts the overshoot of a cubic instead of wrapping it", () => {
    const edge: Raster = { width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 0, 255, 255) };
    const { data } = resample(edge, { width: 16, height: 1, interpolation: "bicubic" });
    assert.deepEqual([...data.subarray(0, 8)].slice(0, 6), [0, 0, 0, 0, 0, 0]);
    assert.ok([...data.subarray(10)].every((level) => level === 255));
  });

  test("refuses a box that leaves the picture, and sides that are not whole", () => {
    const source: Raster = { width: 4, height: 3, channels: 1, data: new Uint8Array(12) };
    const size = { width: 2, height: 2, interpolation: "bilinear" } as const;
    const box = { left: 2, top: 0, width: 3, height: 3 };
    assert.throws(() => resample(source, { ...size, box }), {
      name: "RangeError",
      message: /the box of 3 x 3 at column 2, row 0: the picture has 4 x 3 pixels/,
    });
    assert.throws(() => resample(source, { ...size, width: 0 }), RangeError);
    assert.throws(() => resample(source, { ...size, height: 1.5 }), RangeError);
  });
});

describe("resampleWeights()", () => {
  test("sums to one for every output sample, within the fixed point's rounding", () => {
    fc.assert(
      fc.property(side, side, interpolation, (from, to, filter) => {
        const { taps, weights } = resampleWeights({ from, to, interpolation: filter });
        for (let i = 0; i < to; i++) {
          const sum = weights.subarray(i * taps, (i + 1) * taps).reduce((a, b) => a + b, 0);
          assert.ok(Math.abs(sum - 2 ** WEIGHT_BITS) <= taps / 2, `${sum} for sample ${i}`);
        }
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  test("never reads outside the input", () => {
    fc.assert(
      fc.property(side, side, interpolation, (from, to, filter) => {
        const { taps, starts } = resampleWeights({ from, to, interpolation: filter });
        assert.ok(starts.every((start) => start >= 0 && start + taps <= from));
      }),
      { numRuns: 200, seed: 6 },
    );
  });

  test("takes four taps to enlarge by a cubic and two by a triangle", () => {
    assert.equal(resampleWeights({ from: 300, to: 448, interpolation: "bicubic" }).taps, 4);
    assert.equal(resampleWeights({ from: 300, to: 448, interpolation: "bilinear" }).taps, 2);
  });
});
