import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { placeOf, wordsOf } from "../words.ts";
import { MAX_SENTENCE_WORDS, partsOf, spansOf } from "./sentence-spans.ts";

const text = fc
  .array(
    fc.constantFrom(
      "no",
      "Effusion",
      "of",
      "the",
      "left",
      "lung",
      ",",
      "XXXX",
      "2.5",
      "(",
      ")",
      "é",
    ),
    {
      minLength: 1,
      maxLength: 200,
    },
  )
  .map((words) => words.join(" "));

test("spansOf: whole words of the sentence, within its commas, without small words at their ends", () => {
  assert.deepEqual(spansOf("No fluid in the left lung, nodule."), [
    ...[
      "fluid",
      "fluid in the left",
      "fluid in the left lung",
      "left",
      "left lung",
      "lung",
      "nodule",
    ],
  ]);
  assert.deepEqual(spansOf("It is not XXXX or ___."), []);
});

test("spansOf: every span stands in the sentence, once", () => {
  fc.assert(
    fc.property(text, (sentence) => {
      const spans = spansOf(sentence);
      assert.equal(new Set(spans).size, spans.length);
      for (const span of spans) {
        assert.ok(sentence.includes(span));
        assert.ok(placeOf(span, sentence) !== undefined, span);
      }
    }),
    { seed: 1 },
  );
});

test("partsOf: covers every word once, in order, none of the parts too long", () => {
  fc.assert(
    fc.property(text, (sentence) => {
      const whole = `. ${sentence}`;
      const span = { start: 2, end: whole.length };
      const parts = partsOf(whole, span);
      for (const { start, end } of parts) {
        assert.ok(wordsOf(whole.slice(start, end)).length <= MAX_SENTENCE_WORDS);
      }
      const words = parts.flatMap(({ start, end }) => wordsOf(whole.slice(start, end), start));
      assert.deepEqual(words, wordsOf(sentence, 2));
    }),
    { seed: 2 },
  );
});

test("placeOf: whole words, whatever their case", () => {
  assert.deepEqual(placeOf("pleural EFFUSION", "No pleural effusion"), { start: 3, end: 19 });
  assert.equal(placeOf("eff", "No pleural effusion"), undefined);
  assert.equal(placeOf("", "No pleural effusion"), undefined);
});
