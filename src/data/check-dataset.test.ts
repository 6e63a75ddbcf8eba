import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ManifestError } from "../util/errors.ts";
import { checkDataset } from "./check-dataset.ts";
import type { ContextRecord, DatasetRecord } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "check-dataset-"));
after(() => rm(root, { recursive: true, force: true }));
for (const name of ["a.png", "b.png", "c.png", "m.png"]) await writeFile(join(root, name), "x");
await writeFile(join(root, "empty.png"), "");

interface Parts {
  readonly classes?: readonly string[];
  readonly context?: readonly ContextRecord[];
  /** Lines to put behind the records' and the contexts', as they stand. */
  readonly behindRecords?: string;
  readonly behindContext?: string;
}

async function datasetOf(records: readonly DatasetRecord[], parts: Parts = {}): Promise<string> {
  const out = join(await mkdtemp(join(root, "case-")), "set");
  const { classes = [], context, behindRecords = "", behindContext = "" } = parts;
  await writeDataset({
    out,
    manifest: {
      format: 1,
      name: "drawn",
      licence: "",
      privacy: "public",
      imageRoot: root,
      task: [],
      classes,
      importer: "test",
      created: "2026-01-01T00:00:00Z",
    },
    records,
    ...(context !== undefined && { context }),
  });
  await appendFile(join(out, "records.jsonl"), behindRecords);
  if (context !== undefined) await appendFile(join(out, "context.jsonl"), behindContext);
  return out;
}

/** `kind: count [examples]` of every problem. */
async function problemsOf(records: readonly DatasetRecord[], parts?: Parts): Promise<string[]> {
  const { problems } = await checkDataset({ folder: await datasetOf(records, parts) });
  return problems.map(({ kind, count, examples }) => `${kind}: ${count} [${examples.join("; ")}]`);
}

describe("checkDataset()", () => {
  test("counts what there is, and finds nothing in a sound set", async () => {
    const folder = await datasetOf(
      [
        { id: "1", image: "a.png", split: "train", patient: "p", report: "clear.", class: "A" },
        { id: "2", image: "b.png", split: "train", patient: "p", report: " clear.\n" },
        { id: "3", image: "c.png", split: "test", patient: "q", masks: { lung: "m.png" } },
        { id: "4", split: "val", patient: "r", report: "large heart.", labels: { B: -1 } },
      ],
      { classes: ["A", "B"], context: [{ id: "4", context: "" }] },
    );
    await writeFile(join(folder, "window.jsonl"), '{"id":"1","row":0,"column":0}\n');
    const seen: number[] = [];
    assert.deepEqual(await checkDataset({ folder, onProgress: (count) => seen.push(count) }), {
      records: 4,
      splits: { train: 2, val: 1, test: 1, none: 0 },
      withImage: 3,
      withReport: 3,
      distinctReports: 2,
      patients: 3,
      contexts: 1,
      windows: 1,
      problems: [],
      ok: true,
    });
    assert.deepEqual(seen, [4]);
  });

  test("finds patients and images in more than one split", async () => {
    const found = await problemsOf([
      { id: "1", image: "a.png", split: "train", patient: "p" },
      { id: "2", image: "b.png", split: "test", patient: "p" },
      { id: "3", image: "c.png", split: "val", patient: "p" },
      { id: "4", image: "c.png", split: "train", patient: "q" },
      { id: "5", image: "m.png", split: "train", patient: "q" },
    ]);
    assert.deepEqual(found, [
      "patient-in-two-splits: 1 [p (test, train, val)]",
      "image-in-two-splits: 1 [c.png (train, val)]",
      "repeated-image: 1 [c.png]",
    ]);
  });

  test("does not take a patient for split who has records without a split", async () => {
    const found = await problemsOf([
      { id: "1", image: "a.png", split: "train", patient: "p" },
      { id: "2", image: "b.png", patient: "p" },
      { id: "3", image: "c.png", split: "test" },
    ]);
    assert.deepEqual(found, ["no-split: 1 [2]", "no-patient: 1 [3]"]);
  });

  test("asks for neither splits nor patients where there are no splits", async () => {
    assert.deepEqual(
      await problemsOf([
        { id: "1", image: "a.png" },
        { id: "2", report: "x" },
      ]),
      [],
    );
  });

  test("finds images and masks that are not there, empty or no files", async () => {
    const records: readonly DatasetRecord[] = [
      { id: "1", image: "a.png" },
      { id: "2", image: "absent.png" },
      { id: "3", image: "empty.png" },
      { id: "4", image: "." },
      { id: "5", image: "b.png", masks: { lung: "m.png", heart: "absent.png" } },
    ];
    assert.deepEqual(await problemsOf(records), [
      "missing-image: 3 [2; 3; 4]",
      "missing-mask: 1 [5]",
    ]);
    const folder = await datasetOf(records);
    assert.deepEqual((await checkDataset({ folder, files: false })).problems, []);
  });

  test("finds blank reports and classes that are not declared", async () => {
    const records: readonly DatasetRecord[] = [
      { id: "1", image: "a.png", report: " \n", class: "A" },
      { id: "2", image: "b.png", report: "", labels: { B: 0, C: 1 } },
    ];
    assert.deepEqual(await problemsOf(records, { classes: ["B"] }), [
      "undeclared-class: 2 [A; C]",
      "empty-report: 2 [1; 2]",
    ]);
    assert.deepEqual(await problemsOf(records), ["empty-report: 2 [1; 2]"]);
  });

  test("goes on after lines that are not valid, quoting no report", async () => {
    const folder = await datasetOf([{ id: "1", image: "a.png" }], {
      behindRecords:
        '{"id":"2","image":"../a.png"}\n{"id":"3","report":"the heart\n{"id":"1","image":"b.png"}\n{"id":"4","image":"absent.png"}',
    });
    const { problems, records, ok } = await checkDataset({ folder });
    assert.equal(ok, false);
    assert.equal(records, 3);
    assert.deepEqual(
      problems.map(({ kind, count }) => [kind, count]),
      [
        ["invalid-line", 2],
        ["duplicate-id", 1],
        ["missing-image", 1],
      ],
    );
    assert.match(problems[0]?.examples[0] ?? "", /line 2: image is "..\/a.png", expected a path/);
    assert.match(
      problems[0]?.examples[1] ?? "",
      /line 3: it is not valid JSON; it seems to be cut/,
    );
    assert.deepEqual(problems[1]?.examples, ["1 (line 4)"]);
    assert.equal(problems[1]?.message, "records whose id another record has: 1");
  });

  test("ends at a line that cannot be passed, and says so", async () => {
    const folder = await datasetOf([{ id: "1", image: "a.png" }], {
      behindRecords: `${"x".repeat(2 ** 24)}\n{"id":"2","image":"b.png"}`,
    });
    const { problems, records } = await checkDataset({ folder });
    assert.equal(records, 1);
    assert.match(problems[0]?.examples[0] ?? "", /line 2: it is longer than 16777215 bytes/);
  });

  test("finds contexts and windows that were made of other texts", async () => {
    const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
    const reports = ["The heart is large.", "No effusion.", "Old granuloma.", "Mild edema."];
    const contexts = ["there is cardiomegaly.", "there is no effusion.", " ", "there is edema."];
    const folder = await datasetOf(
      reports.map((report, i) => ({ id: `${i}`, report })),
      {
        context: contexts.map((context, i) => ({
          ...{ id: `${i}`, context },
          // The second says of another report, the fourth of none.
          ...(i < 3 && { reportHash: hashOf(i === 1 ? "No effusion" : (reports[i] ?? "")) }),
        })),
      },
    );
    const textHashes = [contexts[0], reports[1], reports[2], contexts[3]].map((t) =>
      hashOf(t ?? ""),
    );
    const windows = textHashes.map((textHash, i) => ({ id: `${i}`, row: 0, column: 1, textHash }));
    const lines = windows.map((window) => `${JSON.stringify(window)}\n`).join("");
    await writeFile(join(folder, "window.jsonl"), lines);
    const { problems, ok, ...counts } = await checkDataset({ folder });
    assert.deepEqual([counts.contexts, counts.windows, ok], [4, 4, false]);
    assert.deepEqual(
      problems.map(({ kind, severity, examples }) => [kind, severity, examples]),
      [
        ["stale-context", "error", ["1"]],
        ["stale-window", "warning", ["1"]],
      ],
    );
  });

  test("finds contexts of no record, twice the same, and damaged ones", async () => {
    const found = await problemsOf([{ id: "1", image: "a.png" }], {
      context: [{ id: "1", context: "" }],
      behindContext: '{"id":"z","context":""}\n{"id":"1","context":""}\n{"id":"1"}\n',
    });
    assert.equal(found.length, 2);
    assert.match(
      found[0] ?? "",
      /^invalid-line: 2 \[".*": id "1" has two lines; .* line 4: context is missing/,
    );
    assert.equal(found[1], "context-without-record: 1 [z]");
  });

  test("keeps to a few examples", async () => {
    const records = Array.from({ length: 25 }, (_, i) => ({ id: `${i}`, image: "absent.png" }));
    const { problems } = await checkDataset({ folder: await datasetOf(records) });
    assert.equal(problems[0]?.count, 25);
    assert.equal(problems[0]?.examples.length, 10);
  });

  test("refuses what is no dataset, and stops when told to", async () => {
    await assert.rejects(checkDataset({ folder: join(root, "absent") }), ManifestError);
    const folder = await datasetOf([{ id: "1", image: "a.png" }]);
    const signal = AbortSignal.abort(new RangeError("enough"));
    await assert.rejects(checkDataset({ folder, signal }), new RangeError("enough"));
  });
});
