import assert from "node:assert/strict";
import { test } from "node:test";
import { createWordSplitter, type WordRules } from "./split-words.ts";

const RULES: WordRules = {
  addedTokens: ["[MA", "[MASK]"],
  normalizers: ["Lowercase"],
  preTokenizers: ["Whitespace", "Digits"],
};

function words(text: string, rules: Partial<WordRules> = {}): string[] {
  return Array.from(createWordSplitter({ ...RULES, ...rules })(text), (word) => word.text);
}

test("createWordSplitter() parts words from punctuation, and digits from both", () => {
  assert.deepEqual(words("No 2.5cm mass., T12"), [
    "no",
    "2",
    ".",
    "5",
    "cm",
    "mass",
    ".,",
    "t",
    "12",
  ]);
  assert.deepEqual(words("a__1_b"), ["a__", "1", "_b"]);
  assert.deepEqual(words(""), []);
  assert.deepEqual(words(" \n\t"), []);
});

test("createWordSplitter() cuts digits singly when told", () => {
  assert.deepEqual(words("t123", { preTokenizers: ["Whitespace", "IndividualDigits"] }), [
    "t",
    "1",
    "2",
    "3",
  ]);
});

test("createWordSplitter() knows Unicode's words and spaces, not JavaScript's", () => {
  assert.deepEqual(words("µg Łódź"), ["µg", "łódź"], "letters outside ASCII join their word");
  assert.deepEqual(words("a\u0085b"), ["a", "b"], "U+0085 is white space");
  assert.deepEqual(words("a\ufeffb"), ["a", "\ufeff", "b"], "U+FEFF is not");
  assert.deepEqual(words("a\u200db"), ["a\u200db"], "a joiner is part of a word");
  assert.deepEqual(
    words("x²٣5ⅳ"),
    ["x", "²", "٣5ⅳ"],
    "numbers of every kind, superscripts no letters",
  );
});

test("createWordSplitter() finds added tokens first, case-sensitively, the longest at a place", () => {
  const split = createWordSplitter(RULES);
  const found = Array.from(split("a[MASK]b [Mask] [MA]"), ({ text, isAddedToken }) =>
    isAddedToken ? `<${text}>` : text,
  );
  assert.deepEqual(found, ["a", "<[MASK]>", "b", "[", "mask", "]", "<[MA>", "]"]);
});

test("createWordSplitter() takes added tokens literally, whatever they mean in a pattern", () => {
  assert.deepEqual(words("a.*b a|c-d", { addedTokens: [".*", "|", "c-d"] }), [
    "a",
    ".*",
    "b",
    "a",
    "|",
    "c-d",
  ]);
});

test("createWordSplitter() may be used for several texts at once", () => {
  const split = createWordSplitter(RULES);
  const first = split("one two three")[Symbol.iterator]();
  assert.equal(first.next().value?.text, "one");
  assert.deepEqual(
    Array.from(split("four five"), (word) => word.text),
    ["four", "five"],
  );
  assert.equal(first.next().value?.text, "two");
});
