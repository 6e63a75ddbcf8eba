import assert from "node:assert/strict";
import { test } from "node:test";
import { CHEST_ENTITIES } from "../entities.ts";
import { FINDING_LABELS } from "../lexicon.ts";
import { CHEST_LEXICON } from "./chest.ts";

const { entities } = CHEST_LEXICON;
const allForms = entities.flatMap(({ forms }) => forms);

test("CHEST_LEXICON holds each of the authors' entities", () => {
  const missing = CHEST_ENTITIES.filter((entity) => !allForms.includes(entity.toLowerCase()));
  assert.deepEqual(missing, []);
});

test("CHEST_LEXICON names every finding", () => {
  const named = new Set(entities.map(({ label }) => label));
  assert.deepEqual(
    FINDING_LABELS.filter((label) => !named.has(label)),
    [],
  );
});

test("CHEST_LEXICON knows inflections, synonyms and abbreviations", () => {
  const entityOf = (form: string) => entities.find(({ forms }) => forms.includes(form))?.entity;
  assert.equal(entityOf("effusions"), "effusion");
  assert.equal(entityOf("pleural fluid"), "effusion");
  assert.equal(entityOf("opacities"), "opacity");
  assert.equal(entityOf("hyperinflated"), "hyperinflate");
  assert.equal(entityOf("congestive heart failure"), "chf");
  assert.equal(entityOf("ett"), "tube");
});
