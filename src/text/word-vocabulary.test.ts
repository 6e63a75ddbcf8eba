import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTokenizer, tokenizerFileText } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

const BASE = [..."abcdefghijklmnopqrstuvwxyz0123456789."].toSorted();

test("wordVocabulary() lists special tokens, characters, pieces, then words by frequency", () => {
  const { vocabulary } = createTokenizer(
    wordVocabulary(["Edema. No edema, no mass", "No hernia; Ödem"], { size: 500 }),
  );
  const characters = [",", ".", ..."0123456789", ";", ..."abcdefghijklmnopqrstuvwxyz"];
  assert.deepEqual(vocabulary, [
    ...["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"],
    ...characters,
    ...characters.map((character) => `##${character}`),
    ...["no", "edema", "hernia", "mass", "odem"],
  ]);
});

test("wordVocabulary() keeps the most frequent words when there is room for few", () => {
  const smallest = 5 + 2 * BASE.length;
  const texts = ["mass mass edema edema edema hernia"];
  const { vocabulary } = createTokenizer(wordVocabulary(texts, { size: smallest + 2 }));
  assert.deepEqual(vocabulary.slice(smallest), ["edema", "mass"]);
  assert.throws(() => wordVocabulary(texts, { size: smallest - 1 }), RangeError);
  assert.throws(() => wordVocabulary(texts, { size: 200.5 }), RangeError);
});

test("wordVocabulary() orders equally frequent words by code point", () => {
  // U+FB20 is a larger UTF-16 unit than the surrogates of U+1D7D8, and a smaller code point.
  const texts = ["\u{10330}\u{10330} \ua9cf\ua9cf zz z1 za a"];
  const { vocabulary } = createTokenizer(wordVocabulary(texts, { size: 500 }));
  assert.deepEqual(vocabulary.slice(-4), ["za", "zz", "\ua9cf\ua9cf", "\u{10330}\u{10330}"]);
});

test("wordVocabulary() leaves out special tokens and overlong words of the texts", () => {
  const { vocabulary } = createTokenizer(
    wordVocabulary([`[CLS] edema [MASK] ${"x".repeat(101)} ####`], { size: 500 }),
  );
  assert.deepEqual(vocabulary.slice(-2), ["##z", "edema"]);
});

test("wordVocabulary() writes the same file whatever the order of the texts", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      const size = 5000;
      const file = tokenizerFileText(wordVocabulary(texts, { size }));
      assert.equal(tokenizerFileText(wordVocabulary(texts.toReversed(), { size })), file);
    }),
    { seed: 4, numRuns: 50 },
  );
});

test("wordVocabulary() leaves no word of its texts unknown", () => {
  const property = fc.property(fc.array(fc.string({ unit: "binary", maxLength: 40 })), (texts) => {
    const tokenizer = createTokenizer(wordVocabulary(texts, { size: 5000 }));
    for (const text of [...texts, "there is no evidence of pneumothorax."]) {
      assert.equal(tokenizer.encode(text).ids.includes(tokenizer.specials.unk), false);
    }
  });
  fc.assert(property, { seed: 5, numRuns: 50, examples: [[["__proto__ constructor", "\ud800"]]] });
});
