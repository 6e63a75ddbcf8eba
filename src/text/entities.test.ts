import assert from "node:assert/strict";
import { test } from "node:test";
import { CHEST_ENTITIES, exactEntityIds, exactEntityMatcher } from "./entities.ts";
import { createTokenizer } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

const TOKENIZER = createTokenizer(
  wordVocabulary(["No effusion, effusions; COPD. Mass"], { size: 200 }),
);

test("CHEST_ENTITIES holds 44 different entities", () => {
  assert.equal(CHEST_ENTITIES.length, 44);
  assert.equal(new Set(CHEST_ENTITIES).size, 44);
});

test("exactEntityIds() finds list members that stand in the vocabulary as they are", () => {
  const found = exactEntityIds(TOKENIZER).map((id) => TOKENIZER.vocabulary[id]);
  assert.deepEqual(found, ["effusion", "mass"], "neither effusions nor copd");
  assert.deepEqual(exactEntityIds(TOKENIZER, ["copd"]), [TOKENIZER.idOf("copd")]);
});

test("exactEntityMatcher() marks entities in a text", () => {
  const matcher = exactEntityMatcher(TOKENIZER);
  const marks = (text: string): number[] => [...matcher.mark(TOKENIZER.encode(text).ids)];
  assert.deepEqual(marks("No Effusion, MASS. effusions COPD"), [0, 1, 0, 1, 0, 0, 0]);
  // An entity that the vocabulary lacks is cut into pieces, none of which matches.
  assert.ok(marks("edema").length > 1);
  assert.equal(marks("edema").includes(1), false);
});
