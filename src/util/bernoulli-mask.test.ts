import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fillBernoulliMask } from "./bernoulli-mask.ts";
import { RandomStream } from "./random.ts";

const key = { seed: 42, name: "dropout/test", step: 7 };

function bytes(size: number, keep: number): Uint8Array {
  const out = new Uint8Array(size).fill(9);
  fillBernoulliMask(out, { key, keep });
  return out;
}

function floats(size: number, keep: number): Float32Array {
  const out = new Float32Array(size).fill(9);
  fillBernoulliMask(out, { key, keep });
  return out;
}

/** One draw at a time, straight from the definition. */
function naiveMask(size: number, keep: number): Uint8Array {
  const stream = new RandomStream(key);
  const draws: number[] = [];
  while (draws.length < size) {
    const word = stream.bits();
    draws.push(word % 65_536, Math.floor(word / 65_536));
  }
  const threshold = Math.round(keep * 65_536);
  return Uint8Array.from(draws.slice(0, size), (draw) => (draw < threshold ? 1 : 0));
}

describe("fillBernoulliMask()", () => {
  test("decides element by element from halves of words, whatever the length", () => {
    const sizes = fc.oneof(fc.nat(50), fc.integer({ min: 131_060, max: 131_100 }));
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (size, keep) => {
        const expected = naiveMask(size, keep);
        assert.deepEqual(bytes(size, keep), expected);
        const kept = Float32Array.from(expected, (value) => (value === 1 ? 1 / keep : 0));
        assert.deepEqual(floats(size, keep), kept);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("keeps the share that was asked for, and neighbours independently", () => {
    const size = 1_000_000;
    for (const keep of [0.9, 0.5, 0.1]) {
      const mask = bytes(size, keep);
      let sum = 0;
      let pairs = 0;
      for (let i = 0; i < size; i++) {
        sum += mask[i] ?? 0;
        pairs += (mask[i] ?? 0) * (mask[i + 1] ?? 0);
      }
      const deviation = Math.sqrt((keep * (1 - keep)) / size);
      assert.ok(Math.abs(sum / size - keep) < 5 * deviation, `mean at ${keep}`);
      const square = keep * keep;
      assert.ok(Math.abs(pairs / size - square) < 10 * deviation, `pairs at ${keep}`);
    }
  });

  test("is exact at 0 and 1", () => {
    assert.ok(bytes(200_001, 1).every((value) => value === 1));
    assert.ok(floats(200_001, 1).every((value) => value === 1));
    assert.ok(bytes(200_001, 0).every((value) => value === 0));
    assert.ok(floats(200_001, 0).every((value) => value === 0));
  });

  test("differs from step to step", () => {
    const other = new Uint8Array(1000);
    fillBernoulliMask(other, { key: { ...key, step: 8 }, keep: 0.5 });
    assert.notDeepEqual(other, bytes(1000, 0.5));
  });

  test("refuses what is no probability", () => {
    for (const keep of [-0.1, 1.1, Number.NaN]) {
      assert.throws(() => bytes(1, keep), RangeError);
    }
  });
});
