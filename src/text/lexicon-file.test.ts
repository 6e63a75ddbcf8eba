import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../util/errors.ts";
import { findEntities } from "./find-entities.ts";
import { parseLexicon } from "./lexicon-file.ts";
import { CHEST_LEXICON } from "./lexicons/chest.ts";
import { FUNDUS_LEXICON } from "./lexicons/fundus.ts";

const knee = (...entities: readonly object[]) => ({ name: "knee", entities });
const tear = { entity: "tear", forms: ["tear", "torn meniscus"] };

test("parseLexicon() reads a lexicon and gives null to what has no label", () => {
  const lexicon = parseLexicon(knee(tear), "knee.json");
  assert.deepEqual(lexicon, knee({ ...tear, label: null }));
  assert.deepEqual(findEntities("A torn meniscus.", lexicon), [
    { entity: "tear", label: null, start: 2, end: 15 },
  ]);
  const labelled = parseLexicon(knee({ ...tear, label: "Fracture" }), "knee.json");
  assert.equal(labelled.entities[0]?.label, "Fracture");
});

test("parseLexicon() accepts the lexicons of this project", () => {
  for (const lexicon of [CHEST_LEXICON, FUNDUS_LEXICON]) {
    assert.deepEqual(parseLexicon(structuredClone(lexicon), lexicon.name), lexicon);
  }
});

for (const [what, json, message] of [
  ["no object", 7, /"knee.json": it: expected an object$/],
  ["no entity", knee(), /entities: /],
  ["an unknown key", knee({ ...tear, color: 1 }), /entities\.0: .*color/],
  [
    "an unknown label",
    knee({ ...tear, label: "Tear" }),
    /entities\.0\.label: expected null or one/,
  ],
  ["an empty form", knee({ ...tear, forms: [""] }), /entities\.0\.forms\.0: /],
  ["a form of punctuation", knee({ ...tear, forms: [" - "] }), /the form " - " of "tear" is empty/],
  ["an entity twice", knee(tear, tear), /entity "tear" stands in it twice/],
  [
    "a form twice",
    knee(tear, { entity: "meniscus", forms: ["Torn-Méniscus"] }),
    /the form "Torn-Méniscus" stands in "tear" and in "meniscus"/,
  ],
] as const) {
  test(`parseLexicon() refuses ${what}`, () => {
    assert.throws(
      () => parseLexicon(json, "knee.json"),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
