import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { splitSentences } from "./split-sentences.ts";

const split = (text: string): readonly string[] =>
  splitSentences(text).map(({ start, end }) => text.slice(start, end));

describe("splitSentences()", () => {
  test("cuts at full stops, question and exclamation marks", () => {
    assert.deepEqual(split("Heart is normal. Is the apex clear? It is! No effusion"), [
      "Heart is normal.",
      "Is the apex clear?",
      "It is!",
      "No effusion",
    ]);
    assert.deepEqual(split("all is well. nothing is new."), ["all is well.", "nothing is new."]);
    assert.deepEqual(split("The lungs are clear.Heart is small."), [
      "The lungs are clear.",
      "Heart is small.",
    ]);
    assert.deepEqual(split('He says "better." (See below.) So be it.'), [
      'He says "better."',
      "(See below.)",
      "So be it.",
    ]);
  });

  for (const whole of [
    "A nodule of 2.5 cm, once .5 cm, lies there.",
    "Seen by Dr. Miller and by J. R. Smith.",
    "Told to J. Smith and to Mary B. Jones.",
    "Scar vs. atelectasis, approx. two weeks old, i.e. recent.",
    "Seen at 5 a.m. by the resident.",
    "See fig. 2 and No. 3 there.",
    "There is a ... shadow.",
    "Could be a scar, ? nodule, or (?) vessel.",
    "Dr. XXXX was told of it.",
  ]) {
    test(`keeps ${JSON.stringify(whole)}`, () => assert.deepEqual(split(whole), [whole]));
  }

  test("keeps list numbers with what they number", () => {
    const items = ["1. Large heart.", "2. No edema, grade 2.", "3. Port at T12."];
    assert.deepEqual(split(items.join(" ")), items);
    assert.deepEqual(split(items.join("\n")), items);
    assert.deepEqual(split("1. Large heart\n2. No edema\n- Port"), [
      "1. Large heart",
      "2. No edema",
      "- Port",
    ]);
  });

  test("takes a wrapped line for a space and an empty line for an end", () => {
    assert.deepEqual(split("The heart\nis large.\n\nIMPRESSION\n\nNo edema"), [
      "The heart\nis large.",
      "IMPRESSION",
      "No edema",
    ]);
  });

  test("takes doubled dots for one and gives dots left over to the sentence before", () => {
    assert.deepEqual(split("Clear.. Heart is small. . No edema.."), [
      "Clear..",
      "Heart is small. .",
      "No edema..",
    ]);
  });

  test("takes de-identification marks for words", () => {
    assert.deepEqual(split("Compared to XXXX. XXXX is new. Seen on ___. Clear."), [
      "Compared to XXXX.",
      "XXXX is new.",
      "Seen on ___.",
      "Clear.",
    ]);
  });

  test("ends a sentence after an abbreviation that may be its last word, and after a letter that is no initial", () => {
    assert.deepEqual(split("Tubes, lines etc. The heart is small."), [
      "Tubes, lines etc.",
      "The heart is small.",
    ]);
    assert.deepEqual(split("Effusion: no. Known hepatitis C. No change."), [
      "Effusion: no.",
      "Known hepatitis C.",
      "No change.",
    ]);
  });

  test("finds nothing in an empty text", () => {
    for (const text of ["", "  ", "\n\n\t"]) assert.deepEqual(split(text), []);
  });

  test("passes through any text: spans are in order and all that is left out is white space", () => {
    const piece = fc.constantFrom(
      "a",
      "X",
      "7",
      ".",
      "?",
      " ",
      "\n",
      ")",
      "Dr",
      "\ud800",
      "é",
      "肺",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
    );
    const check = (text: string): void => {
      let at = 0;
      for (const { start, end } of splitSentences(text)) {
        assert.ok(start >= at && end > start && end <= text.length);
        assert.equal(text.slice(at, start).trim(), "");
        assert.equal(text.slice(start, end).trim().length, end - start);
        at = end;
      }
      assert.equal(text.slice(at).trim(), "");
    };
    fc.assert(fc.property(texts, check), { seed: 11, numRuns: 500 });
  });

  test("reads 20,000 characters of anything in milliseconds", () => {
    for (const unit of [".", "a. ", "1. ", "..a", " ", "\n", "A.", "XXXX "]) {
      const text = unit.repeat(20_000 / unit.length);
      const begin = process.cpuUsage();
      splitSentences(text);
      const taken = process.cpuUsage(begin).user / 1000;
      assert.ok(taken < 500, `${JSON.stringify(unit)} took ${taken} ms`);
    }
  });
});
