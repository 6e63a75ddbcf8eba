import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTokenizer, tokenizerFileText } from "../../text/tokenizer.ts";
import { wordVocabulary } from "../../text/word-vocabulary.ts";
import { ManifestError } from "../../util/errors.ts";
import { type Fixture, openFixture } from "../fixture.ts";
import type { Finding } from "../replay.ts";
import { fixtureTokenizer, replayTokenizer } from "./tokenizer.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const VOCABULARY = wordVocabulary(["No effusion."], { size: 200 });
const TOKENIZER = createTokenizer(VOCABULARY);

const CASES = ["No effusion.", "", "nö [MASK] xy"].map((text) => {
  const { ids, tokens, offsets } = TOKENIZER.encode(text);
  return { text, ids: [...ids], tokens, offsets, real4: Math.min(4, ids.length) };
});

function fixtureOf(cases: readonly unknown[]): Fixture {
  return {
    directory: "a-fixture",
    kind: "tokenizer",
    json: {
      config: { cases: cases.length, vocabulary: TOKENIZER.size },
      tolerance: { default: 0 },
    },
    tensorNames: [],
    tensor: () => Promise.reject(new ManifestError("no tensors")),
    cases: () => Promise.resolve(cases),
  };
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ecamp-verify-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function failures(
  t: TestContext,
  cases: readonly unknown[],
): Promise<Record<string, number>> {
  const tokenizerFile = join(await temporaryFolder(t), "own.json");
  await writeFile(tokenizerFile, tokenizerFileText(VOCABULARY));
  const findings = await replayTokenizer(fixtureOf(cases), { ...OPTIONS, tokenizerFile });
  return Object.fromEntries(
    findings.filter(({ error }) => error !== 0).map(({ name, error }) => [name, error]),
  );
}

test("replayTokenizer() finds nothing where all is equal", async (t) => {
  assert.deepEqual(await failures(t, CASES), {});
});

test("replayTokenizer() counts the cases that differ, by what differs", async (t) => {
  const [first, second, third] = CASES;
  assert.deepEqual(await failures(t, [first, second, { ...third, tokens: ["no"] }]), { tokens: 1 });
  assert.deepEqual(
    await failures(t, [
      { ...first, real4: 4 },
      { ...third, real4: 3 },
    ]),
    {
      "fixed/4": 2,
    },
  );
  assert.deepEqual(
    await failures(t, [
      {
        ...first,
        offsets: [
          [0, 2],
          [3, 11],
          [11, 13],
        ],
      },
    ]),
    {
      offsets: 1,
    },
  );
  assert.deepEqual(await failures(t, [{ ...first, ids: [9, 9, 9] }]), { ids: 1, "fixed/4": 1 });
});

test("replayTokenizer() refuses cases that it cannot read", async (t) => {
  await assert.rejects(failures(t, [{ text: 1 }]), ManifestError);
});

test("fixtureTokenizer() looks in the fixture's folder, then in the sibling tokenizer", async (t) => {
  const folder = await temporaryFolder(t);
  const directory = join(folder, "some-kind");
  await mkdir(directory);
  await mkdir(join(folder, "tokenizer"));
  await assert.rejects(fixtureTokenizer({ directory }, OPTIONS), (error) => {
    assert.ok(error instanceof ManifestError);
    assert.match(error.message, /^Cannot replay fixture ".*some-kind": its vocabulary is neither/);
    return true;
  });
  const sibling = wordVocabulary(["sibling"], { size: 200 });
  await writeFile(join(folder, "tokenizer", "mimic_wordpiece.json"), tokenizerFileText(sibling));
  assert.ok((await fixtureTokenizer({ directory }, OPTIONS)).idOf("sibling"));
  await writeFile(join(directory, "mimic_wordpiece.json"), tokenizerFileText(VOCABULARY));
  assert.ok((await fixtureTokenizer({ directory }, OPTIONS)).idOf("effusion"));
});

const RECORDED = fileURLToPath(new URL("../../../../shared/fixtures/tokenizer", import.meta.url));

test("replayTokenizer() agrees with every recorded text", {
  skip: existsSync(RECORDED) ? false : "../shared/fixtures/tokenizer is absent",
}, async () => {
  const findings = await replayTokenizer(await openFixture(RECORDED), OPTIONS);
  const failed = ({ error, tolerance }: Finding): boolean => !(error <= tolerance);
  assert.deepEqual(findings.filter(failed), []);
  assert.ok(findings.length >= 7);
});
