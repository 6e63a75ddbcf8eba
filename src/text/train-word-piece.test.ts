import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../util/errors.ts";
import { createTokenizer, type Tokenizer, tokenizerFileText } from "./tokenizer.ts";
import { parseTokenizerFile } from "./tokenizer-file.ts";
import { trainWordPiece, type WordPieceOptions, WordPieceTraining } from "./train-word-piece.ts";
import { WordCounter } from "./word-counter.ts";

/** Special tokens, and printable ASCII without capitals, alone and as continuations. */
const SMALLEST = 5 + 2 * 68;
const REPORTS = [
  "The left lung is clear. No effusion or effusions; the right lung is clear too.",
  "Small opacities in the left base, perhaps atelectasis. No pneumothorax.",
  "Opacity of the right base is smaller than on 12.03.2019. Œdème; café.",
];

function countsOf(texts: Iterable<string>): ReadonlyMap<string, number> {
  const counter = new WordCounter();
  for (const text of texts) counter.add(text);
  return counter.counts;
}

function trained(texts: Iterable<string>, options: WordPieceOptions): Tokenizer {
  return createTokenizer(trainWordPiece(countsOf(texts), options));
}

/** The pieces that were merged, the first first. */
function merges(texts: Iterable<string>, options: Partial<WordPieceOptions> = {}): string[] {
  const { vocabulary } = trained(texts, { size: 5000, ...options });
  return vocabulary.filter((token, id) => id >= 5 && [...token.replace(/^##/, "")].length > 1);
}

test("trainWordPiece() lists special tokens, characters, continuations, then merges", () => {
  const { vocabulary } = trained(["ab ab abé \u{1d7d8}"], { size: 500 });
  const characters = vocabulary.slice(5, 5 + 68);
  assert.deepEqual(vocabulary.slice(0, 5), ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"]);
  assert.deepEqual([characters[0], characters.at(-1)], ["!", "~"]);
  assert.deepEqual(characters, characters.toSorted());
  assert.deepEqual(vocabulary.slice(5 + 68), [...characters.map((c) => `##${c}`), "ab", "abe"]);
});

test("trainWordPiece() merges the most frequent neighbours first, equally frequent ones by id", () => {
  const words = { hug: 10, pug: 5, pun: 12, bun: 4, hugs: 5 };
  const text = Object.entries(words).map(([word, count]) => `${word} `.repeat(count));
  // ##u##g 20, ##u##n 16, h##ug 15, p##un 12; then p##ug and hug##s 5 each, and p comes before hug.
  const expected = ["##ug", "##un", "hug", "pun", "pug", "hugs", "bun"];
  assert.deepEqual(merges(text), expected);
  assert.deepEqual(merges(text, { minFrequency: 5 }), expected.slice(0, 6));
  assert.deepEqual(merges(text, { minFrequency: 6 }), expected.slice(0, 4));
  assert.deepEqual(merges(text, { size: SMALLEST + 2 }), expected.slice(0, 2));
  assert.deepEqual(merges(["aaaa"]), ["##aa", "aaa", "aaaa"], "from the left");
});

test("trainWordPiece() takes a word of three # for the # that continues", () => {
  assert.deepEqual(merges(["### ### ####"]), ["####"]);
  const tokenizer = trained(["### ##% #"], { size: 500 });
  assert.deepEqual(tokenizer.encode("### ##% #").tokens, ["###", "##%", "#"]);
});

/** The trainer's definition, slowly: all pairs are counted anew for each merge, and pieces are strings. */
function countedAnew(counts: ReadonlyMap<string, number>, options: WordPieceOptions): string[] {
  const { size, minFrequency = 1 } = options;
  const { alphabet } = new WordPieceTraining(counts, options);
  const specials = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"];
  const vocabulary = [...specials, ...alphabet, ...alphabet.map((c) => `##${c}`)];
  const words = [...counts].map(([word, count]) => ({
    pieces: [...word].map((c, i) => (i === 0 ? c : `##${c}`)),
    count,
  }));
  const id = (token: string): number => vocabulary.indexOf(token);
  while (vocabulary.length < size) {
    const pairs = new Map<string, { left: string; right: string; count: number }>();
    for (const { pieces, count } of words) {
      for (const [i, right] of pieces.slice(1).entries()) {
        const left = pieces[i] ?? "";
        const before = pairs.get(`${left} ${right}`)?.count ?? 0;
        pairs.set(`${left} ${right}`, { left, right, count: before + count });
      }
    }
    const [best] = [...pairs.values()].toSorted(
      (a, b) => b.count - a.count || id(a.left) - id(b.left) || id(a.right) - id(b.right),
    );
    if (best === undefined || best.count < minFrequency) break;
    const merged = best.left + best.right.slice(2);
    if (id(merged) === -1) vocabulary.push(merged);
    for (const { pieces } of words) {
      for (let i = 0; i + 1 < pieces.length; i++) {
        if (pieces[i] === best.left && pieces[i + 1] === best.right) pieces.splice(i, 2, merged);
      }
    }
  }
  return vocabulary;
}

test("trainWordPiece() gives what counting all pairs anew for each merge gives", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 9 });
  const corpus = fc.array(fc.tuple(word, fc.integer({ min: 1, max: 9 })), { maxLength: 25 });
  fc.assert(
    fc.property(corpus, fc.integer({ min: 1, max: 4 }), fc.nat(60), (list, minFrequency, more) => {
      const options = { size: SMALLEST + more, minFrequency };
      const counts = new Map(list);
      const { vocabulary } = createTokenizer(trainWordPiece(counts, options));
      assert.deepEqual(vocabulary, countedAnew(counts, options));
    }),
    { seed: 12, numRuns: 60 },
  );
});

test("trainWordPiece() merges nothing that occurs less often than the least frequency", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      (words, least) => {
        const text = words.join(" ");
        for (const token of merges([text], { minFrequency: least })) {
          const isContinuation = token.startsWith("##");
          const [piece, before] = isContinuation ? [token.slice(2), "\\B"] : [token, "\\b"];
          // Overlapping places count: what is asked is only an upper bound of the trainer's own count.
          const places = text.match(new RegExp(`${before}(?=${piece})`, "g"))?.length ?? 0;
          assert.ok(places >= least, `${token} occurs ${places} times in "${text}"`);
        }
      },
    ),
    { seed: 16, numRuns: 100 },
  );
});

test("trainWordPiece() makes every word of a small corpus one token", () => {
  const { vocabulary, encode } = trained(REPORTS, { size: 5000 });
  for (const word of countsOf(REPORTS).keys()) {
    assert.ok(vocabulary.includes(word), word);
    assert.deepEqual(encode(word).tokens, [word]);
  }
  assert.deepEqual(encode("Œdème").tokens, ["œdeme"]);
});

test("trainWordPiece() keeps a full stop a token of its own, whatever the corpus", () => {
  for (const texts of [[], ["no stop"], REPORTS]) {
    const { encode } = trained(texts, { size: 5000 });
    assert.equal(encode("clear.").tokens.at(-1), ".");
  }
});

test("trainWordPiece() leaves no word of its corpus unknown, at any size and frequency", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 8 });
  const room = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(texts, room, fc.integer({ min: 1, max: 3 }), (list, more, minFrequency) => {
      const counts = countsOf(list);
      const { alphabet, unknown } = new WordPieceTraining(counts, { size: 9000 });
      const size = 5 + 2 * alphabet.length + more;
      const { encode, specials } = trained(list, { size, minFrequency });
      assert.equal(unknown, 0);
      for (const text of [...list, "There is no evidence of pneumothorax (2.5 cm)!"]) {
        assert.equal(encode(text).ids.includes(specials.unk), false);
      }
    }),
    {
      seed: 13,
      numRuns: 60,
      examples: [[["__proto__ constructor toString", "\0\x07\u0085 \ud83d\ude00 ### ##%"], 9, 1]],
    },
  );
});

test("trainWordPiece() writes the same file whatever the order of the texts", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.nat(60), (texts, more) => {
      const list = [...texts, ...REPORTS];
      const file = (some: readonly string[]): string =>
        tokenizerFileText(trainWordPiece(countsOf(some), { size: 1000 + more, alphabetSize: 80 }));
      assert.equal(file(list.toReversed()), file(list));
    }),
    { seed: 14, numRuns: 40 },
  );
});

test("WordPieceTraining leaves out words of rare characters and halves of surrogate pairs", () => {
  const counts = countsOf(["é x€ x€ y¥ y\ud800 \ud800"]);
  const all = new WordPieceTraining(counts, { size: 500 });
  // € and ¥ are words of their own; y and U+D800 too, and U+D800 twice.
  assert.equal(all.unknown, 2);
  assert.ok(all.alphabet.includes("¥") && !all.alphabet.includes("\ud800"));
  const few = new WordPieceTraining(counts, { size: 500, alphabetSize: 69 });
  assert.equal(few.unknown, 3);
  assert.deepEqual(few.alphabet.slice(68), ["€"]);
  assert.equal(new WordPieceTraining(counts, { size: 500, alphabetSize: 1 }).alphabet.length, 68);
  assert.doesNotMatch(tokenizerFileText(all.describe()), /\\ud800/);
});

test("WordPieceTraining can be advanced step by step, and described at any", () => {
  const counts = countsOf(REPORTS);
  const training = new WordPieceTraining(counts, { size: 200 });
  assert.equal(training.size, SMALLEST + 2 * (training.alphabet.length - 68));
  assert.equal(training.advance(1), true);
  const early = createTokenizer(training.describe());
  assert.equal(early.size, training.size);
  while (training.advance(7)) {}
  assert.equal(training.size, 200);
  assert.deepEqual(training.describe(), trainWordPiece(counts, { size: 200 }));
  assert.deepEqual(
    createTokenizer(training.describe()).vocabulary.slice(0, early.size),
    early.vocabulary,
  );
});

test("WordPieceTraining writes the settings that the program's reader expects", () => {
  const { rules, specials, continuationPrefix, maxWordLength } = parseTokenizerFile(
    trainWordPiece(countsOf(REPORTS), { size: 300 }),
    "test",
  );
  assert.deepEqual(rules.normalizers, ["Lowercase", "NFKD", "StripAccents"]);
  assert.deepEqual(rules.preTokenizers, ["Whitespace", "Digits"]);
  assert.deepEqual(specials, { pad: 0, unk: 1, cls: 2, mask: 3, sep: 4 });
  assert.deepEqual([continuationPrefix, maxWordLength], ["##", 100]);
});

test("WordPieceTraining refuses sizes that are too small, too large or no numbers", () => {
  const train = (options: WordPieceOptions) => () => new WordPieceTraining(countsOf([]), options);
  assert.doesNotThrow(train({ size: SMALLEST }));
  assert.throws(train({ size: SMALLEST - 1 }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^Cannot train a vocabulary of 140 tokens: .* 68 characters/);
    return true;
  });
  assert.throws(train({ size: 1_000_001 }), ConfigError);
  for (const size of [0, -1, 200.5, Number.NaN]) assert.throws(train({ size }), RangeError);
  assert.throws(train({ size: 500, minFrequency: 0 }), RangeError);
  assert.throws(train({ size: 500, alphabetSize: 0.5 }), RangeError);
});
