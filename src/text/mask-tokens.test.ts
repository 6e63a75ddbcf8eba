import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../util/errors.ts";
import { RandomStream } from "../util/random.ts";
import type { EntityMatcher } from "./entities.ts";
import {
  type DescriptorMasking,
  type MaskedTokens,
  type MaskingVocabulary,
  maskingVocabulary,
  maskTokens,
} from "./mask-tokens.ts";
import { createTokenizer } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

// 0 … 4 special tokens, 5 the full stop, 10 … 19 words, 20 … 29 pieces (`##…`), 30 … 39 entities.
const [PAD, CLS, MASK, DOT] = [0, 2, 3, 5];
const VOCABULARY: MaskingVocabulary = {
  mask: MASK,
  pad: PAD,
  period: DOT,
  continues: Uint8Array.from({ length: 40 }, (_, id) => Number(id >= 20 && id < 30)),
  isWord: Uint8Array.from({ length: 40 }, (_, id) => Number(id >= 10)),
  isSpecial: Uint8Array.from({ length: 40 }, (_, id) => Number(id < 5 && id !== 1)),
  endsSentence: Uint8Array.from({ length: 40 }, (_, id) => Number(id === DOT)),
};
const ENTITIES: EntityMatcher = {
  name: "from 30",
  mark: (ids) => Uint8Array.from(ids, (id) => Number(id >= 30)),
};

/** Masks with given draws; every one of them must be taken, and no more. */
function mask(
  ids: readonly number[],
  draws: readonly number[],
  descriptors: DescriptorMasking = "draw",
): MaskedTokens {
  let drawn = 0;
  const masked = maskTokens(
    { ids: Int32Array.from(ids), vocabulary: VOCABULARY, entities: ENTITIES, descriptors },
    () => draws[drawn++] ?? Number.NaN,
  );
  assert.equal(drawn, draws.length, "draws");
  return masked;
}

test("maskTokens() masks words whole, with one draw each", () => {
  const { maskedIds } = mask([CLS, 10, 20, 21, 11, 22, PAD, PAD], [0.1, 0.9]);
  assert.deepEqual([...maskedIds], [CLS, MASK, MASK, MASK, 11, 22, PAD, PAD]);
});

test("maskTokens() masks below 0.75 where no entity stands, below 0.7 where one does", () => {
  assert.deepEqual([...mask([CLS, 10, 11, PAD], [0.7499, 0.75]).maskedIds], [CLS, MASK, 11, PAD]);
  assert.deepEqual(
    [...mask([CLS, 10, 11, 30, PAD], [0.6999, 0.7, 0, 0.9]).maskedIds],
    [CLS, MASK, 11, 30, PAD],
  );
});

test("maskTokens() masks entities in a second pass, below 0.75, without their pieces", () => {
  const { maskedIds, entityPositions } = mask(
    [CLS, 30, 20, 10, 31, PAD],
    [0, 0.9, 0, 0.7499, 0.75],
  );
  assert.deepEqual([...maskedIds], [CLS, MASK, 20, 10, 31, PAD]);
  assert.deepEqual(entityPositions, [1, 4]);
});

test("maskTokens() collects up to two tokens before an entity, nearest first, each once", () => {
  const context = (ids: number[]): readonly number[] =>
    mask([CLS, ...ids, PAD], new Array(ids.filter((id) => id >= 30).length + ids.length).fill(0.9))
      .contextPositions;
  assert.deepEqual(context([10, 11, 12, 30]), [3, 2]);
  assert.deepEqual(context([10, 11, 30, 31]), [2, 1, 3], "an entity may be another's context");
  assert.deepEqual(context([30, 10]), [], "[CLS] is none");
  assert.deepEqual(context([10, 30]), [1]);
});

test("maskTokens() leaves full stops out of the context, but looks past them", () => {
  assert.deepEqual(mask([CLS, 10, DOT, 30, PAD], [0.9, 0.9, 0.9, 0.9]).contextPositions, [1]);
  assert.deepEqual(mask([CLS, DOT, DOT, 30, PAD], [0.9, 0.9, 0.9, 0.9]).contextPositions, []);
});

test("maskTokens() counts pieces as context, and does not mask for it", () => {
  const { contextPositions, maskedIds } = mask([CLS, 10, 20, 30, PAD], [0.7, 0, 0.9]);
  assert.deepEqual(contextPositions, [2, 1]);
  assert.deepEqual([...maskedIds], [CLS, 10, 20, 30, PAD]);
});

/** With draws that mask nothing. */
function always(ids: readonly number[]): MaskedTokens {
  const count = (isCounted: (id: number) => boolean): number => ids.filter(isCounted).length;
  const draws = count((id) => id !== PAD && id !== CLS && !(id >= 20 && id < 30));
  return mask(ids, new Array(draws + count((id) => id >= 30)).fill(0.99), "always");
}

test("maskTokens() masks the two words before an entity whole, where it always does", () => {
  const { maskedIds, contextPositions } = always([CLS, 10, 11, 20, 21, 12, 30, 22, 13, PAD]);
  assert.deepEqual([...maskedIds], [CLS, 10, MASK, MASK, MASK, MASK, 30, 22, 13, PAD]);
  assert.deepEqual(contextPositions, [5, 4, 3, 2]);
});

test("maskTokens() keeps to the entity's sentence and passes over other punctuation", () => {
  const COMMA = 6;
  assert.deepEqual(always([CLS, 10, DOT, 11, 30, PAD]).contextPositions, [3]);
  assert.deepEqual(always([CLS, 10, DOT, 30, PAD]).contextPositions, []);
  assert.deepEqual(always([CLS, 30, PAD]).contextPositions, []);
  const { maskedIds, contextPositions } = always([CLS, 10, COMMA, 11, COMMA, 30, PAD]);
  assert.deepEqual(contextPositions, [3, 1]);
  assert.deepEqual([...maskedIds], [CLS, MASK, COMMA, MASK, COMMA, 30, PAD]);
});

test("maskTokens() masks an entity that stands before another, where it always masks what does", () => {
  const { maskedIds, contextPositions } = always([CLS, 30, 31, PAD]);
  assert.deepEqual([...maskedIds], [CLS, MASK, 31, PAD]);
  assert.deepEqual(contextPositions, [1]);
});

test("maskTokens() stops at a [PAD] of the text itself, which hides no entity", () => {
  const { maskedIds, entityPositions } = mask([CLS, 10, PAD, 30, 11, PAD], [0.72]);
  assert.deepEqual(
    [...maskedIds],
    [CLS, 10, PAD, 30, 11, PAD],
    "0.7 holds: an entity stands behind",
  );
  assert.deepEqual(entityPositions, []);
});

test("maskTokens() goes on from a [MASK] of the text itself", () => {
  assert.deepEqual([...mask([CLS, MASK, 20, PAD], [0.9]).maskedIds], [CLS, MASK, MASK, PAD]);
});

test("maskTokens() sees no entity at the first position", () => {
  assert.deepEqual([...mask([30, 10, PAD], [0.72]).maskedIds], [30, MASK, PAD]);
});

test("maskTokens() never masks the last position, nor sees an entity there", () => {
  assert.deepEqual([...mask([CLS, 10, 11], [0.1]).maskedIds], [CLS, MASK, 11]);
  assert.deepEqual([...mask([CLS, 10, 30], [0.72]).maskedIds], [CLS, MASK, 30]);
});

test("maskTokens() accepts texts of one or two positions", () => {
  assert.deepEqual([...mask([CLS], []).maskedIds], [CLS]);
  assert.deepEqual([...mask([CLS, 30], []).maskedIds], [CLS, 30]);
});

test("maskTokens() takes other probabilities", () => {
  const masked = maskTokens(
    {
      ids: Int32Array.of(CLS, 10, 30, PAD),
      vocabulary: VOCABULARY,
      entities: ENTITIES,
      probabilities: { mask: 0, noEntityMask: 0, entityMask: 1 },
    },
    () => 0,
  );
  assert.deepEqual([...masked.maskedIds], [CLS, 10, MASK, PAD]);
});

const texts = fc.array(fc.integer({ min: 5, max: 39 }), { maxLength: 30 });
const seeds = fc.nat();

function maskSeeded(tokens: readonly number[], seed: number): [Int32Array, MaskedTokens] {
  const ids = Int32Array.from([CLS, ...tokens, PAD, PAD]);
  const stream = new RandomStream({ seed, name: "mask" });
  const input = { ids, vocabulary: VOCABULARY, entities: ENTITIES };
  return [ids, maskTokens(input, () => stream.uniform())];
}

test("maskTokens() changes tokens to [MASK] only, and never the first or a pad", () => {
  fc.assert(
    fc.property(texts, seeds, (tokens, seed) => {
      const [ids, { maskedIds }] = maskSeeded(tokens, seed);
      assert.deepEqual([...ids], [CLS, ...tokens, PAD, PAD], "the input is left as it is");
      assert.ok(maskedIds.every((id, i) => id === ids[i] || id === MASK));
      assert.equal(maskedIds[0], CLS);
      assert.deepEqual([...maskedIds.subarray(-2)], [PAD, PAD]);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("maskTokens() treats the pieces of a word that is no entity as the word", () => {
  fc.assert(
    fc.property(texts, seeds, (tokens, seed) => {
      const [ids, { maskedIds }] = maskSeeded(tokens, seed);
      let word = 0;
      for (const [i, id] of ids.entries()) {
        if (VOCABULARY.continues[id] !== 1) word = i;
        const isMasked = maskedIds[i] === MASK;
        const wordIsMasked = maskedIds[word] === MASK;
        if (i > word) assert.equal(isMasked, wordIsMasked && (ids[word] ?? 0) < 30);
      }
    }),
    { seed: 8, numRuns: 300 },
  );
});

test("maskTokens() is a function of text and draws", () => {
  fc.assert(
    fc.property(texts, seeds, (tokens, seed) => {
      assert.deepEqual(maskSeeded(tokens, seed), maskSeeded(tokens, seed));
    }),
    { seed: 9, numRuns: 100 },
  );
});

test("maskTokens() masks as often as asked", () => {
  const tokens = new Array<number>(20_000).fill(10);
  const share = (ids: readonly number[]): number => {
    const [, { maskedIds }] = maskSeeded(ids, 1);
    return maskedIds.filter((id) => id === MASK).length / ids.length;
  };
  assert.ok(Math.abs(share(tokens) - 0.75) < 0.01);
  assert.ok(Math.abs(share([...tokens, 30]) - 0.7) < 0.01);
});

test("maskingVocabulary() finds ids and pieces in a vocabulary", () => {
  const json = wordVocabulary(["edema."], { size: 200 });
  const tokenizer = createTokenizer(json);
  const { mask, pad, period, continues } = maskingVocabulary(tokenizer);
  assert.deepEqual([mask, pad, period], [3, 0, tokenizer.idOf(".")]);
  const pieces = tokenizer.vocabulary.filter((_, id) => continues[id] === 1);
  assert.deepEqual(
    pieces,
    tokenizer.vocabulary.filter((token) => /^##/.test(token)),
  );
  assert.ok(pieces.length > 0);

  const { ".": id = 0, ...vocab } = json.model.vocab;
  const dotless = createTokenizer({
    ...json,
    model: { ...json.model, vocab: { ...vocab, "·": id } },
  });
  assert.throws(() => maskingVocabulary(dotless), ConfigError);
});
