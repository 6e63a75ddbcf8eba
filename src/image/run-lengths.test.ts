import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../util/errors.ts";
import type { Mask } from "./mask.ts";
import { decodeRunLengths, encodeRunLengths } from "./run-lengths.ts";

const SIZE = { width: 4, height: 3 };

const rowsOf = ({ width, data }: Mask): string[] =>
  Array.from({ length: data.length / width }, (_, row) =>
    data.subarray(row * width, (row + 1) * width).join(""),
  );

const masks: fc.Arbitrary<Mask> = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) =>
    fc
      .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
      .map((pixels) => ({ width, height, data: Uint8Array.from(pixels) })),
  );

const RUNS = { numRuns: 300, seed: 3 };

describe("decodeRunLengths()", () => {
  test("goes down the columns, each start counted from the end of the run before", () => {
    const { mask, cut } = decodeRunLengths(["1 3 4 1"], SIZE);
    assert.deepEqual(rowsOf(mask), ["0100", "1000", "1010"]);
    assert.equal(cut, 0);
  });

  test("counts absolute starts from 1", () => {
    const { mask } = decodeRunLengths(["2 3 9 1"], { ...SIZE, starts: "absolute" });
    assert.deepEqual(mask, decodeRunLengths(["1 3 4 1"], SIZE).mask);
  });

  test("unites the codes of a picture, overlapping ones too; -1 marks nothing", () => {
    assert.deepEqual(rowsOf(decodeRunLengths(["0 2", "1 2"], SIZE).mask), ["1000", "1000", "1000"]);
    assert.deepEqual(rowsOf(decodeRunLengths(["-1"], SIZE).mask), ["0000", "0000", "0000"]);
    assert.deepEqual(decodeRunLengths([], SIZE), decodeRunLengths([" -1 "], SIZE));
  });

  test("gaps and runs of nothing change nothing", () => {
    const joined = decodeRunLengths(["0 2 0 3"], SIZE);
    assert.deepEqual(joined, decodeRunLengths(["0 5"], SIZE));
    assert.deepEqual(decodeRunLengths(["0 2 7 0"], SIZE), decodeRunLengths(["0 2"], SIZE));
  });

  test("refuses pixels beyond the picture, or cuts and counts them", () => {
    assert.doesNotThrow(() => decodeRunLengths(["10 2"], SIZE));
    assert.throws(
      () => decodeRunLengths(["0 1", "10 3"], SIZE),
      /code 2 of the picture: its run of pixels 11 to 13 passes the last of 4 x 3 pixels, 12;/,
    );
    const { mask, cut } = decodeRunLengths(["10 3 1 20"], { ...SIZE, beyond: "cut" });
    assert.deepEqual(rowsOf(mask), ["0000", "0001", "0001"]);
    assert.equal(cut, 21);
  });

  test("refuses what is no code", () => {
    const refuses = (code: string, message: RegExp, starts: "relative" | "absolute"): void =>
      assert.throws(
        () => decodeRunLengths([code], { ...SIZE, starts }),
        (error) => error instanceof DecodeError && message.test(error.message),
      );
    refuses("1 2 3", /code 1 .* an odd count of 3 numbers, expected pairs/, "relative");
    refuses(" ", /it has nothing, expected pairs/, "relative");
    refuses("1 2 three 1", /its pair 2 is "three 1", expected two whole numbers/, "relative");
    refuses("1 -2", /its pair 1 is "1 -2"/, "relative");
    refuses("1e1 0x2", /expected two whole numbers/, "relative");
    refuses("1.5 2", /its pair 1 is "1.5 2"/, "relative");
    refuses("1 99999999999999999999", /expected two whole numbers/, "relative");
    refuses("4 3 -1 2", /begins before the end of the run before, pixel 7;/, "relative");
    refuses("4 3 6 2", /begins before the end of the run before, pixel 6; .* absolute/, "absolute");
    refuses("0 2", /begins before the first pixel;/, "absolute");
  });
});

describe("encodeRunLengths()", () => {
  test("what it writes is read back as the same mask, in both forms", () => {
    fc.assert(
      fc.property(masks, fc.constantFrom("relative", "absolute"), (mask, starts) => {
        const code = encodeRunLengths(mask, { starts });
        const { width, height } = mask;
        assert.deepEqual(decodeRunLengths([code], { width, height, starts }), { mask, cut: 0 });
      }),
      RUNS,
    );
  });

  test("writes the longest runs, and -1 for none", () => {
    const { mask } = decodeRunLengths(["0 2 0 3", "7 1"], SIZE);
    assert.equal(encodeRunLengths(mask), "0 5 2 1");
    assert.equal(encodeRunLengths(mask, { starts: "absolute" }), "1 5 8 1");
    assert.equal(encodeRunLengths(decodeRunLengths(["-1"], SIZE).mask), "-1");
  });
});
