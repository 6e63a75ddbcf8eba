import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { maskingVocabulary } from "../../text/mask-tokens.ts";
import { phraseTemplates } from "../../text/rebalance-weights.ts";
import { createTokenizer, tokenizerFileText } from "../../text/tokenizer.ts";
import { wordVocabulary } from "../../text/word-vocabulary.ts";
import { ManifestError } from "../../util/errors.ts";
import { type Fixture, fixtureFields, openFixture } from "../fixture.ts";
import type { Finding } from "../replay.ts";
import { replayTextMasking } from "./text-masking.ts";
import { fixtureTokenizer } from "./tokenizer.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const VOCABULARY = wordVocabulary(["There is no edema."], { size: 200 });
const TOKENIZER = createTokenizer(VOCABULARY);

const CONFIG = {
  cases: 1,
  insertProbability: 0.5,
  noEntityMask: 0.75,
  mask: 0.7,
  entityMask: 0.75,
  period: TOKENIZER.idOf("."),
  mask_id: TOKENIZER.specials.mask,
  pad_id: TOKENIZER.specials.pad,
  diminished: 0.05,
  templates: [TOKENIZER.encode("there is").ids].map((ids) => [...ids]),
};

/** By hand: not inserted; `there` is masked, `is`, `no`, `.` are not; `edema` is, in the second pass. */
const SENTENCE = "[CLS] There is no edema.";
const CASE = {
  report: "There is no edema.",
  context: "no edema.",
  T: 10,
  draws: [
    [0.5, "insert"],
    ...[0.1, 0.9, 0.9, 0, 0.9].map((draw, i) => [draw, "mask", i + 1]),
    [0.7, "entity", 4],
  ],
  sentence: SENTENCE,
  length: 6,
  ids: [...TOKENIZER.encode(SENTENCE).ids],
  maskedIds: [...TOKENIZER.encode("[CLS] [MASK] is no [MASK].").ids],
  contextPositions: [3, 2],
  entityPositions: [4],
  weightsDefault: 1,
  // d = 2, m = 2, k = 1
  weights: { 1: 0.05, 2: (0.05 * 2.95) / 1.05, 3: 2.95 / 1.05 },
};

function fixtureOf(cases: readonly unknown[], config: Record<string, unknown> = CONFIG): Fixture {
  return {
    directory: "a-fixture",
    kind: "text-masking",
    json: { config, tolerance: { default: 0, weights: 1e-6 } },
    tensorNames: [],
    tensor: () => Promise.reject(new ManifestError("no tensors")),
    cases: () => Promise.resolve(cases),
  };
}

function failed(findings: readonly Finding[]): string[] {
  return findings.filter(({ error, tolerance }) => !(error <= tolerance)).map(({ name }) => name);
}

async function failures(t: TestContext, fixture: Fixture): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "ecamp-verify-"));
  t.after(() => rm(folder, { recursive: true }));
  const tokenizerFile = join(folder, "own.json");
  await writeFile(tokenizerFile, tokenizerFileText(VOCABULARY));
  return failed(await replayTextMasking(fixture, { ...OPTIONS, tokenizerFile }));
}

test("replayTextMasking() finds nothing in a case worked out by hand", async (t) => {
  assert.deepEqual(await failures(t, fixtureOf([CASE])), []);
});

const TAMPERED: readonly (readonly [change: object, names: string[]])[] = [
  [{ draws: [...CASE.draws, [0.1, "mask", 6]] }, ["draws"]],
  [{ draws: CASE.draws.slice(0, -1) }, ["draws", "maskedIds"]],
  [{ sentence: "[CLS] There is." }, ["sentence"]],
  [{ length: 7 }, ["length"]],
  [{ ids: CASE.ids.toReversed() }, ["ids"]],
  [{ maskedIds: CASE.ids }, ["maskedIds"]],
  [{ maskedIds: CASE.maskedIds.slice(0, 4) }, ["maskedIds"]],
  [{ contextPositions: [2, 3] }, ["contextPositions"]],
  [{ entityPositions: [] }, ["entityPositions"]],
  [{ weights: { ...CASE.weights, 9: 1.00001 } }, ["weights"]],
];

for (const [change, names] of TAMPERED) {
  test(`replayTextMasking() notices another ${Object.keys(change).join()} in ${names.join(", ")}`, async (t) => {
    assert.deepEqual(await failures(t, fixtureOf([{ ...CASE, ...change }])), names);
  });
}

test("replayTextMasking() takes its settings from the fixture", async (t) => {
  const settings: readonly (readonly [object, string[]])[] = [
    [{ insertProbability: 0.51 }, ["draws", "sentence", "length", "ids"]],
    [{ mask: 0.05 }, ["maskedIds"]],
    [{ entityMask: 0.7 }, ["maskedIds"]],
    [{ period: TOKENIZER.idOf("no") }, ["contextPositions", "weights"]],
    [{ templates: [] }, ["weights"]],
    [{ diminished: 0.06 }, ["weights"]],
    [{ mask_id: TOKENIZER.specials.sep }, ["maskedIds"]],
    [{ cases: 2 }, ["cases"]],
  ];
  for (const [change, names] of settings) {
    const found = await failures(t, fixtureOf([CASE], { ...CONFIG, ...change }));
    for (const name of names)
      assert.ok(found.includes(name), `${JSON.stringify(change)}: ${found}`);
  }
});

const idsSchema = z.object({
  config: z.object({
    mask_id: z.int(),
    pad_id: z.int(),
    period: z.int(),
    templates: z.array(z.array(z.int())),
  }),
});

const RECORDED = fileURLToPath(
  new URL("../../../../shared/fixtures/text-masking", import.meta.url),
);

test("replayTextMasking() agrees with every recorded case", {
  skip: existsSync(RECORDED) ? false : "../shared/fixtures/text-masking is absent",
}, async () => {
  const fixture = await openFixture(RECORDED);
  assert.deepEqual(failed(await replayTextMasking(fixture, OPTIONS)), []);

  // The replay takes ids from the fixture; training takes them from the vocabulary. They are the same.
  const tokenizer = await fixtureTokenizer(fixture, OPTIONS);
  const { mask, pad, period } = maskingVocabulary(tokenizer);
  const { config } = fixtureFields(fixture, idsSchema);
  assert.deepEqual([mask, pad, period], [config.mask_id, config.pad_id, config.period]);
  assert.deepEqual(phraseTemplates(tokenizer), config.templates);
});
