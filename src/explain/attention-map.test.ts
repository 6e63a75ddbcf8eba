import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ndArray } from "../util/nd-array.ts";
import { meanAttention } from "./attention-map.ts";

const SHAPE = [2, 3, 5, 4] as const;

describe("meanAttention()", () => {
  test("is the mean that four loops find", () => {
    const numbers = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), {
      minLength: 120,
      maxLength: 120,
    });
    const words = fc.uniqueArray(fc.nat(4), { minLength: 1 });
    fc.assert(
      fc.property(numbers, fc.nat(1), words, (values, pair, tokens) => {
        const [, heads, length, patches] = SHAPE;
        const probs = ndArray("f32", SHAPE, values);
        const expected = Array.from({ length: patches }, (_, patch) => {
          let sum = 0;
          for (let head = 0; head < heads; head++) {
            for (const token of tokens) {
              sum += values[((pair * heads + head) * length + token) * patches + patch] ?? 0;
            }
          }
          return sum / heads / tokens.length;
        });
        const found = meanAttention(probs, { pair, tokens });
        for (const [patch, value] of expected.entries()) {
          assert.ok(Math.abs((found[patch] ?? 0) - value) < 1e-12);
        }
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  test("refuses what is not finite among the words that count, and no others", () => {
    const values = new Float32Array(120).fill(0.25);
    values[4 * 1 + 2] = Number.NaN; // pair 0, head 0, word 1
    const probs = ndArray("f32", SHAPE, values);
    assert.throws(() => meanAttention(probs, { pair: 0, tokens: [0, 1] }), {
      name: "ExecutionError",
      message: /^Cannot average attention that is not finite: /,
    });
    const even = new Float64Array(4).fill(0.25);
    assert.deepEqual(meanAttention(probs, { pair: 0, tokens: [0, 2] }), even);
    assert.deepEqual(meanAttention(probs, { pair: 1, tokens: [1] }), even);
  });

  test("refuses pairs and words that are not there", () => {
    const probs = ndArray("f32", SHAPE, new Float32Array(120));
    assert.throws(() => meanAttention(probs, { pair: 2, tokens: [0] }), /pair 2 of 2/);
    assert.throws(() => meanAttention(probs, { pair: 0, tokens: [] }), /0 words/);
    assert.throws(() => meanAttention(probs, { pair: 0, tokens: [5] }), /word 5 of 5/);
  });
});
