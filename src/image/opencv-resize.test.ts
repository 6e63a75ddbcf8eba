import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { openCvCases, sourceOf } from "../../test/opencv-cases.ts";
import { resizeArea, resizeAreaFloat, resizeLinear, resizeNearest } from "./opencv-resize.ts";
import { type Raster, raster } from "./raster.ts";

const RESIZES = { linear: resizeLinear, area: resizeArea, nearest: resizeNearest } as const;

const sides = fc.integer({ min: 1, max: 12 });
const pictures: fc.Arbitrary<Raster> = fc
  .tuple(sides, sides, fc.constantFrom<1 | 3>(1, 3))
  .chain(([width, height, channels]) =>
    fc
      .uint8Array({
        minLength: width * height * channels,
        maxLength: width * height * channels,
      })
      .map((data) => raster({ width, height, channels, data })),
  );

const RUNS = { numRuns: 200, seed: 14 };

for (const [operation, resize] of [
  ["linear", resizeLinear],
  ["area", resizeArea],
  ["nearest", resizeNearest],
] as const) {
  test(`${resize.name}() equals OpenCV in every byte`, () => {
    const cases = openCvCases(operation);
    assert.ok(cases.length > 1);
    for (const recorded of cases) {
      const [width, height] = recorded.size;
      const { data } = resize(sourceOf(recorded), { width, height });
      const name = `${recorded.shape.join(" x ")} to ${height} x ${width}`;
      assert.deepEqual(Array.from(data), recorded.result, name);
    }
  });
}

test("resizeAreaFloat() equals OpenCV but for the last bit", () => {
  const cases = openCvCases("area-float");
  assert.equal(cases.length, 3);
  for (const { shape, source, size, result } of cases) {
    const [rows = 0, columns = 0] = shape;
    const plane = { width: columns, height: rows, data: Float32Array.from(source) };
    const { data } = resizeAreaFloat(plane, { width: size[0], height: size[1] });
    assert.equal(data.length, result.length);
    for (const [i, value] of data.entries()) {
      assert.ok(Math.abs(value - (result[i] ?? Number.NaN)) <= 2 ** -23, `${i}: ${value}`);
    }
  }
});

describe("every resize", () => {
  test("keeps a picture of its own size, and a picture of one grey level", () => {
    fc.assert(
      fc.property(pictures, sides, sides, fc.nat(255), (source, width, height, level) => {
        const flat = { ...source, data: source.data.map(() => level) };
        for (const resize of Object.values(RESIZES)) {
          assert.deepEqual(resize(source, source).data, source.data);
          assert.ok(resize(flat, { width, height }).data.every((value) => value === level));
        }
      }),
      RUNS,
    );
  });

  test("treats the channels of a picture alike", () => {
    fc.assert(
      fc.property(pictures, sides, sides, (source, width, height) => {
        const { channels } = source;
        const plane = (picture: Raster, channel: number): Uint8Array =>
          picture.data.filter((_, i) => i % channels === channel);
        for (const resize of Object.values(RESIZES)) {
          const together = resize(source, { width, height });
          for (let channel = 0; channel < channels; channel++) {
            const grey = raster({ ...source, channels: 1, data: plane(source, channel) });
            assert.deepEqual(resize(grey, { width, height }).data, plane(together, channel));
          }
        }
      }),
      RUNS,
    );
  });

  test("refuses a size that is none", () => {
    const source = raster({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
    for (const resize of Object.values(RESIZES)) {
      assert.throws(() => resize(source, { width: 0, height: 1 }), /resize a picture: sides must/);
    }
    const plane = { width: 1, height: 1, data: new Float32Array(1) };
    assert.throws(() => resizeAreaFloat(plane, { width: 1, height: 0.5 }), /size is 1 x 0.5$/);
  });
});

test("resizeNearest() makes no grey level that was not there", () => {
  fc.assert(
    fc.property(pictures, sides, sides, (source, width, height) => {
      const levels = new Set(source.data);
      const { data } = resizeNearest(source, { width, height });
      assert.ok(data.every((value) => levels.has(value)));
    }),
    RUNS,
  );
});

test("resizeAreaFloat() keeps the mean of a mask that shrinks by whole numbers", () => {
  const data = Float32Array.from({ length: 96 }, (_, i) => Number((i * 7) % 5 < 2));
  const small = resizeAreaFloat({ width: 12, height: 8, data }, { width: 3, height: 4 });
  const mean = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean(small.data) - mean(data)) < 1e-6);
});
