import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../util/errors.ts";
import { RandomStream } from "../util/random.ts";
import { pretrainingText, pretrainingTextRules } from "./pretraining-text.ts";
import { createTokenizer } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

const REPORT = "The heart is normal. There is no pleural effusion.";
const CONTEXT = "there is no effusion.";
const TOKENIZER = createTokenizer(wordVocabulary([REPORT, CONTEXT], { size: 200 }));
const RULES = pretrainingTextRules({ tokenizer: TOKENIZER, tokens: 24 });

function words(ids: Int32Array): string {
  return Array.from(ids, (id) => TOKENIZER.vocabulary[id]).join(" ");
}

test("pretrainingText() composes, encodes, masks and weighs, in this order of draws", () => {
  const draws = [
    ...[0.79, 0], // inserted, in front
    ...[0.9, 0.9, 0.9, 0, 0.9], // there is no effusion .
    ...[0.6999, 0.7, 0.9, 0.9, 0.9], // the heart is normal .
    ...[0.9, 0.9, 0.9, 0.1, 0.9, 0.9], // there is no pleural effusion .
    ...[0.74, 0.75], // the two entities
  ];
  let drawn = 0;
  const text = pretrainingText({ report: REPORT, context: CONTEXT }, RULES, () => {
    const value = draws[drawn++];
    assert.ok(value !== undefined, "a draw too many");
    return value;
  });
  assert.equal(drawn, draws.length);
  assert.equal(text.sentence, `[CLS] ${CONTEXT}${REPORT}`);
  assert.equal(text.length, 17);
  const pads = " [PAD]".repeat(7);
  assert.equal(
    words(text.ids),
    `[CLS] there is no effusion . the heart is normal . there is no pleural effusion .${pads}`,
  );
  assert.equal(
    words(text.maskedIds),
    `[CLS] there is no [MASK] . [MASK] heart is normal . there is no [MASK] effusion .${pads}`,
  );
  assert.deepEqual(text.entityPositions, [4, 15]);
  assert.deepEqual(text.contextPositions, [3, 2, 14, 13]);
  // d = 6, m = 4, k = 3: (0.95 · 3 + 4) / (4 - 0.95 · 3)
  const factor = 6.85 / 1.15;
  const expected = new Map([
    ...[1, 11, 12].map((i) => [i, 0.05] as const),
    ...[2, 3, 13].map((i) => [i, 0.05 * factor] as const),
    [14, factor],
  ]);
  for (const [i, weight] of text.weights.entries()) {
    assert.ok(Math.abs(weight - (expected.get(i) ?? 1)) < 1e-6 * factor, `weight ${i}`);
  }
});

test("pretrainingText() gives the same for the same stream, and truncates", () => {
  const rules = { ...RULES, tokens: 8 };
  const at = (step: number): unknown => {
    const stream = new RandomStream({ seed: 1, name: "mask/a", step });
    return pretrainingText({ report: REPORT, context: CONTEXT }, rules, () => stream.uniform());
  };
  assert.deepEqual(at(0), at(0));
  assert.notDeepEqual(at(0), at(1));
  const text = pretrainingText({ report: REPORT, context: CONTEXT }, rules, () => 0.9);
  assert.deepEqual([text.length, text.ids.length, text.weights.length], [8, 8, 8]);
});

test("pretrainingText() follows every option", () => {
  const rules = pretrainingTextRules({
    tokenizer: TOKENIZER,
    tokens: 24,
    insertProbability: 0,
    probabilities: { entityMask: 1 },
    templates: [],
    diminished: 0.5,
  });
  const text = pretrainingText({ report: REPORT, context: CONTEXT }, rules, () => 0.76);
  assert.equal(text.sentence, `[CLS] ${REPORT}`);
  assert.equal(
    words(text.maskedIds)
      .split(" ")
      .filter((word) => word === "[MASK]").length,
    1,
  );
  assert.ok(text.weights.every((weight) => weight === 1));
  assert.deepEqual(rules.probabilities, { mask: 0.7, noEntityMask: 0.75, entityMask: 1 });
});

test("pretrainingTextRules() refuses a vocabulary that cannot spell the stock phrases", () => {
  const json = wordVocabulary([], { size: 200 });
  const vocab = Object.entries(json.model.vocab).map(([token, id]): [string, number] =>
    token === "v" || token === "##v" ? [`${token}\u0436`, id] : [token, id],
  );
  const tokenizer = createTokenizer({
    ...json,
    model: { ...json.model, vocab: Object.fromEntries(vocab) },
  });
  assert.throws(() => pretrainingTextRules({ tokenizer, tokens: 8 }), ConfigError);
});

test("pretrainingText() holds its shape for any text", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (report, context, seed) => {
      const stream = new RandomStream({ seed, name: "text" });
      const text = pretrainingText({ report, context }, RULES, () => stream.uniform());
      assert.equal(text.ids[0], TOKENIZER.specials.cls);
      assert.ok(text.ids.subarray(text.length).every((id) => id === TOKENIZER.specials.pad));
      assert.equal(text.maskedIds.length, 24);
      assert.equal(text.weights.length, 24);
    }),
    { seed: 11, numRuns: 200 },
  );
});
