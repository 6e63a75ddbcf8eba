import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lemmaEntityMatcher } from "./lemma-entities.ts";
import { CHEST_LEXICON } from "./lexicons/chest.ts";
import { createTokenizer } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

// Every word of these is whole in the vocabulary; others are cut into characters.
const TOKENIZER = createTokenizer(
  wordVocabulary(["left pleural effusion, pleural fluid - copd / plate like"], { size: 120 }),
);
const MATCHER = lemmaEntityMatcher(TOKENIZER, CHEST_LEXICON);

/** The entities of a text as their pieces, put together again. */
function entities(text: string): readonly string[] {
  const { ids, tokens } = TOKENIZER.encode(text);
  const marks = MATCHER.mark(ids);
  const found: string[] = [];
  for (const [i, token] of tokens.entries()) {
    if (marks[i] === 1) found.push(token);
    else if (marks[i] === 2) found.push(`${found.pop()} ${token}`.replace(" ##", ""));
  }
  return found;
}

describe("lemmaEntityMatcher()", () => {
  test("finds inflections and abbreviations in any letter case, and words in several pieces", () => {
    assert.ok(TOKENIZER.encode("effusions").ids.length > 1);
    assert.deepEqual(entities("[CLS] Left EFFUSIONS, COPD. Picc"), ["effusions", "copd", "picc"]);
  });

  test("finds several words, hyphens and slashes between them too", () => {
    assert.deepEqual(entities("left pleural fluid; pleural-effusion / plate-like atelectasis"), [
      "pleural fluid",
      "pleural - effusion",
      "plate - like atelectasis",
    ]);
  });

  test("marks nothing in padding, special tokens and unknown words", () => {
    const { ids } = TOKENIZER.encodeFixed("[CLS] [UNK] [MASK] 肺 left", 10);
    assert.ok(MATCHER.mark(ids).every((mark) => mark === 0));
    assert.equal(MATCHER.mark(new Int32Array(0)).length, 0);
  });

  test("starts anew at an entity that follows another at once", () => {
    const { ids } = TOKENIZER.encode("copd copd");
    assert.deepEqual([...MATCHER.mark(ids)], [1, 1]);
  });
});
