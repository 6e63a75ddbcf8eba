import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ndArray } from "../util/nd-array.ts";
import { maskedText, type TextArrays, wholeText } from "./fit-text.ts";

const T = 32;
const FULL = { batch: 2, tokens: T, kept: 4 };

/** Two texts of 3 and 7 tokens, words 10, 11 …; three of them masked by 3. */
function arrays(): TextArrays {
  const lengths = [3, 7];
  const labels = new Int32Array(2 * T);
  const attention = new Float32Array(2 * T);
  const weights = new Float32Array(2 * T).fill(0.5);
  for (const [row, length] of lengths.entries()) {
    for (let i = 0; i < length; i++) labels[row * T + i] = 10 + i;
    attention.fill(1, row * T, row * T + length);
  }
  const ids = labels.slice();
  for (const i of [1, T + 2, T + 5]) {
    ids[i] = 3;
    weights[i] = i;
  }
  const matrix = <D extends "i32" | "f32">(dtype: D, data: ArrayLike<number>) =>
    ndArray(dtype, [2, T], Array.from(data));
  return {
    ids: matrix("i32", ids),
    labels: matrix("i32", labels),
    attentionMask: matrix("f32", attention),
    tokenWeights: matrix("f32", weights),
    length: ndArray("i32", [2], lengths),
  };
}

describe("wholeText()", () => {
  test("keeps every place", () => {
    const { sizes, ids, labels, wordPositions } = wholeText(arrays(), FULL);
    assert.deepEqual(sizes, FULL);
    assert.deepEqual(
      [ids.shape, labels.shape],
      [
        [2, T],
        [2, T],
      ],
    );
    assert.equal(ids.data[1], 3n);
    assert.equal(labels.data[1], 11n);
    assert.equal(wordPositions, undefined);
  });
});

describe("maskedText()", () => {
  const { sizes, ids, attentionMask, wordPositions, labels, tokenWeights } = maskedText(
    arrays(),
    FULL,
  );

  test("cuts texts to the longest, rounded up to an eighth of T", () => {
    assert.deepEqual(sizes, { ...FULL, tokens: 8, words: 4 });
    assert.deepEqual(ids.shape, [2, 8]);
    assert.deepEqual([...ids.data.slice(0, 8)].map(Number), [10, 3, 12, 0, 0, 0, 0, 0]);
    assert.deepEqual([...ids.data.slice(8)].map(Number), [10, 11, 3, 13, 14, 3, 16, 0]);
    assert.deepEqual([...attentionMask.data.slice(8)], [1, 1, 1, 1, 1, 1, 1, 0]);
  });

  test("finds words at masked places, and fills up with places of weight 0", () => {
    assert.deepEqual([...(wordPositions?.data ?? [])].map(Number), [1, 8 + 2, 8 + 5, 0]);
    assert.deepEqual([...labels.data].map(Number), [11, 12, 15, 0]);
    assert.deepEqual([...tokenWeights.data], [1, T + 2, T + 5, 0]);
  });

  test("has at least one place where nothing is masked", () => {
    const plain = arrays();
    const none = maskedText({ ...plain, ids: plain.labels }, FULL);
    assert.equal(none.sizes.words, 4);
    assert.deepEqual([...none.tokenWeights.data], [0, 0, 0, 0]);
  });
});
