import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { alignText, type NormalizerStep, normalizeText, sliceAligned } from "./normalize-text.ts";

const ALL: readonly NormalizerStep[] = ["Lowercase", "NFKD", "StripAccents"];

function normalized(text: string, steps: readonly NormalizerStep[] = ALL): [string, number[]] {
  const aligned = normalizeText(alignText(text), steps);
  const { sources, start } = aligned;
  return [
    aligned.text,
    [...(sources ?? aligned.text)].map((source, i) =>
      sources === undefined ? start + i : Number(source),
    ),
  ];
}

test("normalizeText() keeps the place of ASCII characters", () => {
  assert.deepEqual(normalized("Ab"), ["ab", [0, 1]]);
  assert.deepEqual(normalized("Ab", ["NFKD"]), ["Ab", [0, 1]]);
});

test("normalizeText() lowers case code point by code point", () => {
  assert.deepEqual(normalized("ΟΣ", ["Lowercase"]), ["οσ", [0, 1]]);
  assert.equal("ΟΣ".toLowerCase(), "ος", "a whole string is lowered otherwise");
  assert.deepEqual(normalized("İa", ["Lowercase"]), ["i\u0307a", [0, 0, 1]]);
});

test("normalizeText() decomposes, and strips every mark", () => {
  assert.deepEqual(normalized("e\ufb00é"), ["effe", [0, 1, 1, 2]]);
  assert.deepEqual(normalized("½"), ["1\u20442", [0, 0, 0]]);
  assert.deepEqual(normalized("½", ["NFD"]), ["½", [0]]);
  assert.deepEqual(normalized("a\u0301\u0302b"), ["ab", [0, 3]]);
  assert.deepEqual(normalized("\u0939\u093f"), ["\u0939", [0]], "spacing marks too");
});

test("normalizeText() counts code points of the original, not UTF-16 units", () => {
  assert.deepEqual(normalized("😀é"), ["😀e", [0, 0, 1]]);
  const slice = sliceAligned(alignText("😀éx"), { from: 2, to: 4 });
  assert.deepEqual([...(normalizeText(slice, ALL).sources ?? [])], [1, 2]);
});

test("normalizeText() gives what the whole string's normal form gives", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const step of ["NFD", "NFKD"] as const) {
        const aligned = normalizeText(alignText(text), [step]);
        assert.equal(aligned.text, text.normalize(step));
        assert.ok(aligned.sources === undefined || aligned.sources.length === aligned.text.length);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("normalizeText() keeps sources ascending and within the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const { sources } = normalizeText(alignText(text), ALL);
      const list = [...(sources ?? [])];
      assert.deepEqual(
        list,
        list.toSorted((a, b) => a - b),
      );
      assert.ok(list.every((source) => source >= 0 && source < [...text].length));
    }),
    { seed: 2, numRuns: 300 },
  );
});
