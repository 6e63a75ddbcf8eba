import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError, DecodeError } from "../util/errors.ts";
import { createTokenizer, loadTokenizer, tokenizerFileText } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

const JSON_FILE = wordVocabulary(["The lungs are clear. No effusion, no effusions. 12"], {
  size: 200,
});
const TOKENIZER = createTokenizer(JSON_FILE);

/** A copy of the file with one part replaced. */
function changed(change: Record<string, unknown>): unknown {
  return { ...structuredClone(JSON_FILE), ...change };
}

test("encode() gives tokens with offsets in code points of the original", () => {
  const { ids, tokens, offsets } = TOKENIZER.encode("[CLS] Thé 😀 e\ufb00usion.\n12x");
  assert.deepEqual(tokens, ["[CLS]", "the", "[UNK]", "effusion", ".", "12", "x"]);
  assert.deepEqual(offsets, [
    [0, 5],
    [6, 9],
    [10, 11],
    [12, 19],
    [19, 20],
    [21, 23],
    [23, 24],
  ]);
  assert.deepEqual(
    [...ids],
    tokens.map((token) => TOKENIZER.idOf(token)),
  );
});

test("encode() cuts what the vocabulary lacks into its longest pieces", () => {
  const { tokens, offsets } = TOKENIZER.encode("no thes");
  assert.deepEqual(tokens, ["no", "the", "##s"]);
  assert.deepEqual(offsets, [
    [0, 2],
    [3, 6],
    [6, 7],
  ]);
});

test("encode() makes a word unknown as a whole when a piece is missing", () => {
  const { tokens, offsets } = TOKENIZER.encode("the\u00f8 are");
  assert.deepEqual(tokens, ["[UNK]", "are"]);
  assert.deepEqual(offsets, [
    [0, 4],
    [5, 8],
  ]);
});

test("encode() gives up on words over 100 code points, counted after normalising", () => {
  assert.equal(TOKENIZER.encode("a".repeat(100)).tokens.length, 100);
  assert.deepEqual(TOKENIZER.encode("a".repeat(101)).tokens, ["[UNK]"]);
  assert.equal(TOKENIZER.encode("e\u0301".repeat(100)).tokens.length, 100);
  assert.equal(TOKENIZER.encode(`${"a".repeat(60)}1${"a".repeat(60)}`).tokens.length, 121);
});

test("encode() takes special tokens literally, in their own letter case only", () => {
  assert.deepEqual(TOKENIZER.encode("no[MASK]no").tokens, ["no", "[MASK]", "no"]);
  assert.equal(TOKENIZER.encode("no[mask]no").tokens.includes("[MASK]"), false);
});

test("encodeFixed() truncates and pads", () => {
  const { pad } = TOKENIZER.specials;
  const all = [...TOKENIZER.encode("the lungs are clear.").ids];
  const padded = TOKENIZER.encodeFixed("the lungs are clear.", 7);
  assert.deepEqual([...padded.ids], [...all, pad, pad]);
  assert.equal(padded.length, 5);
  const cut = TOKENIZER.encodeFixed("the lungs are clear.", 3);
  assert.deepEqual([...cut.ids], all.slice(0, 3));
  assert.equal(cut.length, 3);
  assert.equal(TOKENIZER.encodeFixed("", 2).length, 0);
});

test("encodeFixed() refuses lengths that are none", () => {
  for (const tokens of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => TOKENIZER.encodeFixed("no", tokens), RangeError);
  }
});

test("encode() is a function of the text alone", () => {
  const fresh = createTokenizer(JSON_FILE);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (text, tokens) => {
      const once = TOKENIZER.encode(text);
      assert.deepEqual(TOKENIZER.encode(text), once);
      assert.deepEqual(fresh.encode(text), once);
      const { ids, length } = TOKENIZER.encodeFixed(text, tokens);
      assert.deepEqual(ids.subarray(0, length), once.ids.subarray(0, tokens));
    }),
    { seed: 3, numRuns: 300 },
  );
});

test("createTokenizer() follows the file's settings", () => {
  const cased = createTokenizer(changed({ normalizer: null }));
  assert.deepEqual(cased.encode("No no é").tokens, ["[UNK]", "no", "[UNK]"]);
  const single = createTokenizer(
    changed({ pre_tokenizer: { type: "Digits", individual_digits: true } }),
  );
  assert.deepEqual(single.encode("12").tokens, ["1", "2"]);
});

test("createTokenizer() accepts added tokens beyond the model's vocabulary", () => {
  const { size } = TOKENIZER;
  const extra = { ...JSON_FILE.added_tokens[0], content: "[FINDING]", id: size };
  const tokenizer = createTokenizer(changed({ added_tokens: [...JSON_FILE.added_tokens, extra] }));
  assert.equal(tokenizer.size, size + 1);
  assert.deepEqual([...tokenizer.encode("[FINDING]").ids], [size]);
});

const { model, added_tokens: addedTokens } = JSON_FILE;
const REFUSED: readonly (readonly [what: string, json: unknown, message: RegExp])[] = [
  ["a list", [], /expected an object$/],
  [
    "another model",
    changed({ model: { ...model, type: "BPE" } }),
    /model\.type: expected WordPiece \(found "BPE"\)/,
  ],
  [
    "a normaliser",
    changed({ normalizer: { type: "BertNormalizer" } }),
    /normalizer\.0\.type: .*StripAccents \(found "BertNormalizer"\)/,
  ],
  [
    "a normaliser's setting",
    changed({ normalizer: { type: "NFKD", strip: true } }),
    /normalizer\.0: unknown key "strip"/,
  ],
  [
    "a pre-tokeniser",
    changed({ pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Punctuation" }] } }),
    /pre_tokenizer\.0\S*: expected "Whitespace" or "Digits" \(found "Punctuation"\)$/,
  ],
  [
    "a post-processor",
    changed({ post_processor: { type: "TemplateProcessing" } }),
    /post_processor: .*expected null/,
  ],
  ["truncation", changed({ truncation: { max_length: 8 } }), /truncation: .*expected null/],
  ["a setting it does not know", changed({ dropout: 0.1 }), /unknown key "dropout"/],
  [
    "stripping added tokens",
    changed({ added_tokens: addedTokens.map((token) => ({ ...token, lstrip: true })) }),
    /added_tokens\.0\.lstrip: .*expected false \(found true\)/,
  ],
  [
    "missing special tokens",
    changed({ added_tokens: addedTokens.slice(0, 3) }),
    /lacks \[MASK\], \[SEP\]/,
  ],
  [
    "two ids for one token",
    changed({ added_tokens: addedTokens.map((token) => ({ ...token, id: token.id + 1 })) }),
    /"\[PAD\]" has id 1, its vocabulary another/,
  ],
  [
    "an id twice",
    changed({ model: { ...model, vocab: { ...model.vocab, ".": 10 } } }),
    /have the same id 10/,
  ],
  [
    "a gap in the ids",
    changed({ model: { ...model, vocab: { ...model.vocab, ".": 9999 } } }),
    /token "\." has id 9999, a whole number from 0 to \d+ expected/,
  ],
  [
    "an id that is no number",
    changed({ model: { ...model, vocab: { ...model.vocab, ".": "7" } } }),
    /token "\." has id "7"/,
  ],
  [
    "an empty token",
    changed({ model: { ...model, vocab: { ...model.vocab, "": TOKENIZER.size } } }),
    /"" /,
  ],
  [
    "a vocabulary that is a list",
    changed({ model: { ...model, vocab: ["a"] } }),
    /model\.vocab: expected an object/,
  ],
];

for (const [what, json, message] of REFUSED) {
  test(`createTokenizer() refuses ${what}`, () => {
    assert.throws(
      () => createTokenizer(json),
      (error) => {
        assert.ok(error instanceof DecodeError, String(error));
        assert.match(error.message, /^Cannot use tokenizer "\(in memory\)": /);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test("loadTokenizer() reads what tokenizerFileText() wrote, and says what is wrong otherwise", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ecamp-tokenizer-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "tokenizer.json");
  await writeFile(file, tokenizerFileText(JSON_FILE));
  const loaded = await loadTokenizer(file);
  assert.deepEqual(loaded.vocabulary, TOKENIZER.vocabulary);
  assert.equal(loaded.sha256, TOKENIZER.sha256);
  assert.match(loaded.sha256, /^[0-9a-f]{64}$/);

  await assert.rejects(loadTokenizer(join(folder, "none.json")), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^Cannot read tokenizer ".*none\.json": .*no such file/);
    return true;
  });
  await assert.rejects(loadTokenizer(folder), ConfigError);
  await writeFile(file, "{ no json");
  await assert.rejects(loadTokenizer(file), (error) => {
    assert.ok(error instanceof DecodeError);
    assert.match(
      error.message,
      /^Cannot read tokenizer ".*tokenizer\.json": it is not valid JSON; /,
    );
    assert.doesNotMatch(error.message, /no json/, "the file may be a table of reports");
    return true;
  });
});
