import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConfigError, ManifestError } from "../util/errors.ts";
import { type Corpus, datasetCorpus, type RecordTexts, tableCorpus } from "./corpus.ts";
import { trainTokenizer } from "./train-tokenizer.ts";
import { writeDataset } from "./write-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "corpus-"));
after(() => rm(root, { recursive: true, force: true }));

async function textsOf(corpus: Corpus): Promise<RecordTexts[]> {
  const texts: RecordTexts[] = [];
  for await (const record of corpus.texts()) texts.push(record);
  return texts;
}

test("datasetCorpus() reads reports with contexts, and the splits of split.jsonl", async () => {
  const out = join(root, "set");
  await writeDataset({
    out,
    manifest: {
      ...{ format: 1, name: "set", licence: "none", privacy: "private", imageRoot: "." },
      ...{ task: ["pretrain"], classes: [], importer: "test", created: "2026-01-01T00:00:00Z" },
    },
    records: [
      { id: "a", report: "Clear.", split: "test" },
      { id: "b", report: " \n" },
      { id: "c", image: "c.png", split: "val" },
    ],
    context: [
      { id: "a", context: "the lungs are clear." },
      { id: "b", context: " " },
    ],
  });
  const corpus = await datasetCorpus(out);
  assert.deepEqual([corpus.path, corpus.privacy], [out, "private"]);
  assert.deepEqual(await textsOf(corpus), [
    { report: "Clear.", context: "the lungs are clear.", heldOut: true },
    { report: undefined, context: undefined, heldOut: false },
    { report: undefined, context: undefined, heldOut: true },
  ]);
  await assert.rejects(datasetCorpus(join(root, "none")), ManifestError);
});

test("tableCorpus() joins columns as an imported table does, and is private by default", async () => {
  const from = join(root, "reports.csv");
  await writeFile(from, 'id,findings,impression\n1,"Clear, both.",Normal.\n2,,\n3,Small.,\n');
  const corpus = tableCorpus({ from, reportColumns: ["findings", "impression"] });
  assert.equal(corpus.privacy, "private");
  assert.deepEqual(
    (await textsOf(corpus)).map(({ report }) => report),
    ["Clear, both.\nNormal.", undefined, "Small."],
  );
  const missing = tableCorpus({ from, reportColumns: ["text"], privacy: "public" });
  assert.equal(missing.privacy, "public");
  await assert.rejects(textsOf(missing), /it has no column "text"/);
  assert.throws(() => tableCorpus({ from: "reports.pdf", reportColumns: ["text"] }), ConfigError);
});

test("trainTokenizer() tells how far it is, and stops between merges without a file", async () => {
  const from = join(root, "many.jsonl");
  const word = (i: number): string => i.toString(3).replace(/\d/g, (d) => "kmt"[Number(d)] ?? "");
  const line = (i: number): string => `${JSON.stringify({ text: `${word(i)}ing ${word(i)}ed` })}\n`;
  await writeFile(from, Array.from({ length: 1500 }, (_, i) => line(i)).join(""));
  const corpus = tableCorpus({ from, reportColumns: ["text"] });
  const out = join(root, "never.json");
  const stop = new AbortController();
  const read: number[] = [];
  const sizes: number[] = [];
  const training = trainTokenizer({
    ...{ corpus, out, size: 5000, signal: stop.signal },
    onRead: (records) => read.push(records),
    onTrain: (tokens) => {
      if (sizes.push(tokens) === 2) stop.abort(new Error("enough"));
    },
  });
  await assert.rejects(training, /^Error: enough$/);
  assert.deepEqual(read, [1000, 1500]);
  assert.equal(sizes.length, 2);
  assert.ok((sizes[0] ?? 0) < (sizes[1] ?? 0));
  await assert.rejects(stat(out), "nothing was written");
});
