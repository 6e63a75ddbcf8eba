import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createEntityFinder, findEntities } from "./find-entities.ts";
import { CHEST_LEXICON } from "./lexicons/chest.ts";

/** What is found, as `entity: words`. */
const found = (text: string): readonly string[] =>
  findEntities(text, CHEST_LEXICON).map(
    ({ entity, start, end }) => `${entity}: ${text.slice(start, end)}`,
  );

describe("findEntities()", () => {
  test("finds inflections, synonyms and abbreviations, whatever their letter case", () => {
    assert.deepEqual(
      found("EFFUSIONS, Opacities and hyperinflated lungs; CHF, COPD. ETT in place."),
      [
        "effusion: EFFUSIONS",
        "opacity: Opacities",
        "hyperinflate: hyperinflated",
        "chf: CHF",
        "copd: COPD",
        "tube: ETT",
      ],
    );
  });

  test("takes the longest form, from left to right", () => {
    assert.deepEqual(found("Small pericardial effusion, pleural fluid, bare effusion"), [
      "pericardial effusion: pericardial effusion",
      "effusion: pleural fluid",
      "effusion: effusion",
    ]);
    assert.deepEqual(found("congestive heart failure with enlarged heart"), [
      "chf: congestive heart failure",
      "cardiomegaly: enlarged heart",
    ]);
    assert.deepEqual(found("pulmonary artery"), []);
  });

  test("takes hyphens and slashes for spaces, and parts words at other punctuation", () => {
    assert.deepEqual(found("Plate-like atelectasis; a port-a-cath\nand mass / lesion"), [
      "atelectasis: Plate-like atelectasis",
      "port: port-a-cath",
      "mass: mass / lesion",
    ]);
    assert.deepEqual(found("pleural, fluid. mass- "), ["mass: mass"]);
  });

  test("matches whole words only", () => {
    assert.deepEqual(found("massive dis-ease; airport; midline edematousness"), []);
  });

  test("says where a match stands in a text with accents and surrogate pairs", () => {
    assert.deepEqual(found("🫁 É pleural effusión 🫁 mass"), [
      "effusion: pleural effusión",
      "mass: mass",
    ]);
  });

  test("passes through texts of other languages, control characters and lone surrogates", () => {
    assert.deepEqual(found(""), []);
    assert.deepEqual(found(" \n\t"), []);
    assert.deepEqual(found("Herz und Lunge ohne Befund. 心臓は正常です。"), []);
    assert.deepEqual(found("\ud800 edema\u0000 \udc00"), ["edema: edema"]);
  });

  test("gives mentions that stand in order, each a form of its entity", () => {
    const word = fc.constantFrom(
      "pleural",
      "effusion",
      "mass",
      "-",
      "/",
      ".",
      "Heart",
      "size",
      "🫁",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(word, { maxLength: 30 }).map((words) => words.join(" ")),
    );
    const find = createEntityFinder(CHEST_LEXICON);
    const check = (text: string): void => {
      let at = 0;
      for (const { entity, start, end } of find(text)) {
        assert.ok(start >= at && end > start && end <= text.length);
        const words = text
          .slice(start, end)
          .toLowerCase()
          .split(/[\s/-]+/);
        const known = CHEST_LEXICON.entities.find((one) => one.entity === entity);
        assert.ok(known?.forms.includes(words.join(" ")), words.join(" "));
        at = end;
      }
    };
    fc.assert(fc.property(texts, check), { seed: 3, numRuns: 300 });
  });

  test("reads 20,000 characters in milliseconds", () => {
    const text = "There is a small left pleural-effusion and no pneumothorax. ".repeat(333);
    findEntities(text, CHEST_LEXICON);
    const begin = performance.now();
    assert.equal(findEntities(text, CHEST_LEXICON).length, 666);
    const taken = performance.now() - begin;
    assert.ok(taken < 200, `${taken} ms`);
  });
});
