import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openCopy } from "../../test/fixture-copy.ts";
import { ndArray, toDoubles } from "../util/nd-array.ts";
import { fillUniform } from "../util/random.ts";
import { keptPatches, randomMasking } from "./random-masking.ts";

const numbers = (array: Parameters<typeof toDoubles>[0]): readonly number[] => [
  ...toDoubles(array),
];

describe("keptPatches()", () => {
  test("rounds down, as the ratio's own rounding has it, and keeps one at least", () => {
    assert.equal(keptPatches(196, 0.75), 49);
    assert.equal(keptPatches(196, 0), 196);
    assert.equal(keptPatches(196, 0.6), 78);
    assert.equal(keptPatches(100, 0.9), 9); // 100 · (1 − 0.9) is 9.999999999999998 in double precision
    assert.equal(keptPatches(4, 0.99), 1);
  });
});

test("keptPatches() refuses a ratio that is none", () => {
  for (const ratio of [1, -0.1, Number.NaN]) {
    assert.throws(
      () => keptPatches(4, ratio),
      new RangeError(
        `Cannot mask patches: the ratio must be at least 0 and less than 1, current value is ${ratio}`,
      ),
    );
  }
});

describe("randomMasking()", () => {
  test("keeps the patches of the lowest noise, in its order; equal noises keep theirs", () => {
    const noise = ndArray("f32", [2, 5], [0.5, 0.25, 0.75, 0.25, 0, 0.5, 0.5, 0.5, 0.5, 0.5]);
    const { idsKeep, idsRestore, mask } = randomMasking(noise, 3);
    assert.deepEqual(idsKeep.shape, [2, 3]);
    assert.deepEqual(numbers(idsKeep), [4, 1, 3, 0, 1, 2]);
    assert.deepEqual(idsRestore.shape, [2, 5]);
    assert.deepEqual(numbers(idsRestore), [3, 1, 4, 2, 0, 0, 1, 2, 3, 4]);
    assert.deepEqual(numbers(mask), [1, 0, 1, 0, 0, 0, 0, 0, 1, 1]);
  });

  test("removes none at ratio 0, and still shuffles", () => {
    const { idsKeep, idsRestore, mask } = randomMasking(ndArray("f32", [1, 3], [0.9, 0.1, 0.5]), 3);
    assert.deepEqual(numbers(idsKeep), [1, 2, 0]);
    assert.deepEqual(numbers(idsRestore), [2, 0, 1]);
    assert.deepEqual(numbers(mask), [0, 0, 0]);
  });

  test("agrees with itself: ids restore the order, and the mask counts what is removed", () => {
    const [batch, patches, kept] = [7, 196, 49];
    const data = new Float32Array(batch * patches);
    fillUniform(data, { seed: 5, name: "test" });
    const { idsKeep, idsRestore, mask } = randomMasking(
      { dtype: "f32", shape: [batch, patches], data },
      kept,
    );
    for (let b = 0; b < batch; b++) {
      const row = (array: readonly number[], width: number) =>
        array.slice(b * width, (b + 1) * width);
      const [keep, restore, removed] = [
        row(numbers(idsKeep), kept),
        row(numbers(idsRestore), patches),
        row(numbers(mask), patches),
      ];
      assert.deepEqual(
        restore.toSorted((x, y) => x - y),
        [...Array(patches).keys()],
      );
      for (const [position, patch] of keep.entries()) assert.equal(restore[patch], position);
      assert.deepEqual(
        removed,
        restore.map((position) => Number(position >= kept)),
      );
      assert.equal(
        removed.reduce((sum, bit) => sum + bit, 0),
        patches - kept,
      );
    }
  });

  test("chooses the recorded patches", async () => {
    const fixture = await openCopy("pretrain-nano");
    const { shape, data } = await fixture.tensor("in/noise");
    assert.ok(data instanceof Float32Array);
    const masking = randomMasking(ndArray("f32", shape, data), 49);
    assert.deepEqual(masking.idsKeep, await fixture.tensor("out/ids_keep"));
    assert.deepEqual(masking.idsRestore, await fixture.tensor("out/ids_restore"));
    assert.deepEqual(masking.mask, await fixture.tensor("out/mask"));
  });
});
