/** @file Masking and weights against cases recorded from the authors' program, as ids: no vocabulary is needed. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { z } from "zod";
import { maskTokens } from "./mask-tokens.ts";
import { rebalanceWeights } from "./rebalance-weights.ts";

const FOLDER = new URL("../../test/fixtures/text-masking-ids/", import.meta.url);

const ids = z.array(z.int());
const fixtureSchema = z.object({
  config: z.object({
    cases: z.int(),
    noEntityMask: z.number(),
    mask: z.number(),
    entityMask: z.number(),
    period: z.int(),
    mask_id: z.int(),
    pad_id: z.int(),
    diminished: z.number(),
    templates: z.array(ids),
    entityIds: ids,
    continuationIds: ids,
  }),
  tolerance: z.object({ weights: z.number() }),
});
const caseSchema = z.object({
  id: z.string(),
  T: z.int(),
  draws: z.array(z.number()),
  ids,
  maskedIds: ids,
  contextPositions: ids,
  entityPositions: ids,
  weightsDefault: z.number(),
  weights: z.record(z.string(), z.number()),
});

const { config, tolerance } = fixtureSchema.parse(
  JSON.parse(await readFile(new URL("fixture.json", FOLDER), "utf8")),
);
const cases = (await readFile(new URL("cases.jsonl", FOLDER), "utf8"))
  .trimEnd()
  .split("\n")
  .map((line) => caseSchema.parse(JSON.parse(line)));

const entityIds = new Set(config.entityIds);
const continues = new Uint8Array(1 + Math.max(...cases.flatMap((recorded) => recorded.ids)));
for (const id of config.continuationIds) continues[id] = 1;
const vocabulary = {
  mask: config.mask_id,
  pad: config.pad_id,
  period: config.period,
  continues,
  // Words and sentences play no part where only tokens are looked at.
  isWord: new Uint8Array(continues.length),
  isSpecial: new Uint8Array(continues.length),
  endsSentence: new Uint8Array(continues.length),
};
const entities = {
  name: "recorded",
  mark: (list: Int32Array) => Uint8Array.from(list, (id) => Number(entityIds.has(id))),
};

function padded(values: readonly number[], tokens: number): Int32Array {
  const list = new Int32Array(tokens).fill(config.pad_id);
  list.set(values);
  return list;
}

test("the recorded cases are all there", () => assert.equal(cases.length, config.cases));

for (const recorded of cases) {
  test(`maskTokens() and rebalanceWeights() give recorded case ${recorded.id}`, () => {
    const original = padded(recorded.ids, recorded.T);
    let drawn = 0;
    const draw = (): number => recorded.draws[drawn++] ?? Number.NaN;
    const { maskedIds, contextPositions, entityPositions } = maskTokens(
      { ids: original, vocabulary, entities, probabilities: config },
      draw,
    );
    assert.equal(drawn, recorded.draws.length);
    assert.deepEqual(maskedIds, padded(recorded.maskedIds, recorded.T));
    assert.deepEqual(contextPositions, recorded.contextPositions);
    assert.deepEqual(entityPositions, recorded.entityPositions);

    const { templates, diminished } = config;
    const weights = rebalanceWeights({ ids: original, contextPositions, templates, diminished });
    const expected = Float32Array.from(
      weights,
      (_, i) => recorded.weights[i] ?? recorded.weightsDefault,
    );
    const limit = tolerance.weights * Math.max(...expected);
    for (const [i, weight] of weights.entries()) {
      assert.ok(Math.abs(weight - (expected[i] ?? Number.NaN)) <= limit, `weight ${i}`);
    }
  });
}
