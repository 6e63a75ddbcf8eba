import assert from "node:assert/strict";
import { test } from "node:test";
import { findEntities } from "./find-entities.ts";
import { CHEST_LEXICON } from "./lexicons/chest.ts";
import { COUNTED_REPORTS, TEMPLATE_PHRASES, TWO_PHRASES } from "./template-phrases.ts";

const PHRASES = TEMPLATE_PHRASES.map(({ phrase }) => phrase);

test("TEMPLATE_PHRASES holds the two, each phrase once, and stands in one of a hundred reports or more", () => {
  assert.ok(TWO_PHRASES.every((phrase) => PHRASES.includes(phrase)));
  assert.equal(new Set(PHRASES).size, PHRASES.length);
  assert.ok(TEMPLATE_PHRASES.every(({ reports }) => reports / COUNTED_REPORTS >= 0.01));
});

test("TEMPLATE_PHRASES names no entity", () => {
  assert.deepEqual(
    PHRASES.flatMap((phrase) => findEntities(phrase, CHEST_LEXICON)),
    [],
  );
});
