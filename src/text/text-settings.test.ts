import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../util/errors.ts";
import { RandomStream } from "../util/random.ts";
import { FUNDUS_LEXICON } from "./lexicons/fundus.ts";
import {
  type PretrainingText,
  type PretrainingTextRules,
  pretrainingText,
} from "./pretraining-text.ts";
import { type PretrainingTextSettings, settingsRules } from "./text-settings.ts";
import { createTokenizer } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

const TOKENS = 48;
const WORDS =
  "there is no evidence of large left pleural effusion fluid mass without heart size normal are clear lungs the small in";
// `effusions`, `cm` and other words are in pieces.
const TOKENIZER = createTokenizer(wordVocabulary([WORDS], { size: 110 }));

type Switches = Required<
  Pick<PretrainingTextSettings, "entities" | "descriptors" | "phrases" | "sentences">
>;

const COMBINATIONS: readonly Switches[] = (["exact", "lemma"] as const).flatMap((entities) =>
  (["draw", "always"] as const).flatMap((descriptors) =>
    (["two", "list"] as const).flatMap((phrases) =>
      (["dot", "sentence"] as const).map((sentences) => ({
        ...{ entities, descriptors, phrases, sentences },
      })),
    ),
  ),
);

const piece = fc.oneof(
  fc.constantFrom(...WORDS.split(" ")),
  fc.constantFrom(
    ...[
      "effusions",
      "nodules",
      "there is no",
      "2.5 cm",
      "Dr.",
      "..",
      ".",
      ".",
      "1.",
      "XXXX",
      "-",
      "/",
    ],
    ...["[SEP]", "[CLS]", "[MASK]", "x_y", "___", "a_", "_b"],
    ...["肺", "\ud800", "\u0000", "PLEURAL", "é"],
  ),
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(" "));
const pair = fc.record({ report: text, context: text });

function make(
  rules: PretrainingTextRules,
  { report, context, seed }: { report: string; context: string; seed: number },
): { readonly text: PretrainingText; readonly drawn: number } {
  const stream = new RandomStream({ seed, name: "mask/a", step: 0 });
  let drawn = 0;
  const made = pretrainingText({ report, context }, rules, () => {
    drawn += 1;
    return stream.uniform();
  });
  return { text: made, drawn };
}

/** The words of the text as runs of positions, as far as masking reaches. */
function wordsOf({ ids, length }: PretrainingText, { continues }: { continues: Uint8Array }) {
  const words: number[][] = [];
  for (let i = 1; i < Math.min(length, ids.length - 1); i++) {
    if (continues[ids[i] ?? 0] === 1) words.at(-1)?.push(i);
    else words.push([i]);
  }
  return words;
}

for (const switches of COMBINATIONS) {
  const rules = settingsRules(TOKENIZER, { tokens: TOKENS, ...switches });
  const { mask } = TOKENIZER.specials;

  describe(`pretrainingText() with ${Object.values(switches).join(", ")}`, () => {
    test("keeps the weights' mean at 1, masks words and entities whole and no special token", () => {
      const check = ({ report, context }: { report: string; context: string }): void => {
        const { text: made, drawn } = make(rules, { report, context, seed: 5 });
        const { ids, maskedIds, weights, length, entityPositions, contextPositions } = made;
        const sum = weights.reduce((total, weight) => total + weight, 0);
        assert.ok(Math.abs(sum / TOKENS - 1) < 1e-5 * Math.max(1, ...weights), `mean ${sum}`);
        const changed = [...ids.keys()].filter((i) => ids[i] !== maskedIds[i]);
        assert.ok(changed.every((i) => maskedIds[i] === mask && i > 0 && i < TOKENS - 1));
        assert.ok(
          changed.every((i) => i < length),
          "padding is never masked",
        );
        const special = new Set(Object.values(TOKENIZER.specials));
        special.delete(TOKENIZER.specials.unk);
        if (switches.descriptors === "always") {
          assert.ok(
            changed.every((i) => !special.has(ids[i] ?? 0)),
            "no special token is masked",
          );
        }
        const marks = rules.entities.mark(ids);
        const words = wordsOf(made, rules.vocabulary);
        for (const word of words) {
          const [first = 0] = word;
          if (switches.entities === "exact" && marks[first] === 1) continue; // its first piece only
          const masked = word.filter((i) => maskedIds[i] === mask);
          assert.ok(masked.length === 0 || masked.length === word.length, `word at ${first}`);
        }
        if (switches.descriptors === "always") {
          const reachable = contextPositions.filter((i) => i < TOKENS - 1);
          assert.ok(reachable.every((i) => maskedIds[i] === mask));
        } else if (switches.entities === "lemma") {
          for (const start of entityPositions) {
            for (let i = start + 1; i < TOKENS - 1 && marks[i] === 2; i++) {
              assert.equal(maskedIds[i] === mask, maskedIds[start] === mask, "an entity whole");
            }
          }
        }
        const mixing = drawn - words.length - entityPositions.length;
        assert.ok(mixing === 1 || mixing === 2, `${mixing} draws for mixing`);
      };
      fc.assert(fc.property(pair, check), { seed: 7, numRuns: 60 });
    });

    test("gives the same bits for the same seed", () => {
      const check = ({ report, context }: { report: string; context: string }): void => {
        const once = make(rules, { report, context, seed: 9 });
        assert.deepEqual(make(rules, { report, context, seed: 9 }), once);
      };
      fc.assert(fc.property(pair, check), { seed: 8, numRuns: 20 });
    });

    test("masks between 0.6 and 0.9 of the words", () => {
      const report =
        "The heart size is normal. There is no left pleural effusion. No mass is in the small lungs. There are clear lungs.";
      const shares = Array.from({ length: 200 }, (_, seed) => {
        const { text: made } = make(rules, { report, context: "", seed });
        const words = wordsOf(made, rules.vocabulary);
        const masked = words.filter(([first = 0]) => made.maskedIds[first] === mask);
        return masked.length / words.length;
      });
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      const [low, high] = switches.descriptors === "always" ? [0.7, 0.9] : [0.66, 0.74];
      assert.ok(mean > low && mean < high, `${mean}`);
    });

    test("takes empty and blank reports, one of 20,000 characters and one without a word of English", () => {
      const long = "there is no left pleural effusion. ".repeat(572);
      for (const report of ["", " \n\t ", long, "心臓は正常です。", "\u0000\u0007\udc00\ud800"]) {
        const { text: made } = make(rules, { report, context: "", seed: 2 });
        assert.equal(made.ids.length, TOKENS);
        assert.ok(made.weights.every(Number.isFinite));
      }
    });
  });
}

describe("settingsRules()", () => {
  const build = (settings: Partial<PretrainingTextSettings>): PretrainingTextRules =>
    settingsRules(TOKENIZER, { tokens: 24, insertProbability: 0, ...settings });
  const entityWords = (rules: PretrainingTextRules, report: string): readonly string[] => {
    const { entityPositions, ids } = pretrainingText({ report, context: "" }, rules, () => 0.9);
    return entityPositions.map((i) => TOKENIZER.vocabulary[ids[i] ?? 0] ?? "");
  };

  test("finds with lemma what exact leaves out", () => {
    const report = "left pleural fluid, mass, nodules";
    assert.deepEqual(entityWords(build({ entities: "exact" }), report), ["mass"]);
    assert.equal(entityWords(build({ entities: "lemma" }), report).length, 3);
  });

  test("takes another lexicon: its forms with lemma, its entities with exact", () => {
    const lexicon = {
      name: "own",
      entities: [{ entity: "lungs", label: null, forms: ["lungs", "small heart"] }],
    };
    const report = "small heart, clear lungs, mass";
    assert.deepEqual(entityWords(build({ entities: "exact", lexicon }), report), ["lungs"]);
    assert.deepEqual(entityWords(build({ entities: "lemma", lexicon }), report), [
      "small",
      "lungs",
    ]);
    const fundus = build({ entities: "lemma", lexicon: FUNDUS_LEXICON });
    assert.deepEqual(entityWords(fundus, report), []);
  });

  test("leaves phrases out of the list that the vocabulary cannot spell, and refuses them elsewhere", () => {
    const json = wordVocabulary(["there is no evidence of"], { size: 100 });
    const { vocab, ...model } = json.model;
    const tokens = Object.keys(vocab).toSorted((a, b) => (vocab[a] ?? 0) - (vocab[b] ?? 0));
    const kept = tokens.filter((token) => !token.endsWith("l")); // so no `normal`, no `clear`
    const poor = createTokenizer({
      ...json,
      model: { ...model, vocab: Object.fromEntries(kept.map((token, id) => [token, id])) },
    });
    const spelled = settingsRules(poor, { tokens: 24, phrases: "list" }).templates;
    assert.ok(spelled.length >= 2 && spelled.length < build({ phrases: "list" }).templates.length);
    assert.ok(spelled.every((ids) => !ids.includes(poor.specials.unk)));
    const own = { tokens: 24, phrases: ["is normal"] };
    assert.throws(() => settingsRules(poor, own), ConfigError);
  });

  test("diminishes the longest phrase of the list that stands at a place", () => {
    const rules = build({ phrases: "list" });
    const { weights } = pretrainingText(
      { report: "mass. there is no evidence of small heart without fluid", context: "" },
      { ...rules, entities: { name: "none", mark: (ids) => new Uint8Array(ids.length) } },
      () => 0.9,
    );
    const low = [...weights.keys()].filter((i) => (weights[i] ?? 1) < 0.5);
    assert.deepEqual(low, [3, 4, 5, 6, 7, 10]);
  });

  test("looks for descriptors in the sentence of an entity: not past its start, and past a decimal", () => {
    const context = (report: string, sentences: "dot" | "sentence"): string => {
      const rules = build({ entities: "lemma", descriptors: "always", sentences });
      const { contextPositions, ids } = pretrainingText({ report, context: "" }, rules, () => 0.9);
      return contextPositions.map((i) => TOKENIZER.vocabulary[ids[i] ?? 0]).join(" ");
    };
    assert.equal(context("the small. left mass", "sentence"), "left");
    assert.equal(context("2.5 mass", "dot"), "5");
    assert.equal(context("2.5 mass", "sentence"), "5 2");
    assert.equal(context("1. mass. left", "sentence"), "1");
    assert.equal(context("small vs. mass", "dot"), "");
    assert.match(context("small vs. mass", "sentence"), /small$/);
  });
});
