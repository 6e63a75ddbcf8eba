import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { encodePng } from "../image/encode.ts";
import { ManifestError } from "../util/errors.ts";
import { checkDataset } from "./check-dataset.ts";
import type { ContextRecord, DatasetRecord, DatasetTask } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "check-dataset-"));
after(() => rm(root, { recursive: true, force: true }));
for (const name of ["a.png", "b.png", "m.png"]) await writeFile(join(root, name), "x");
/** Grey levels, row by row, as a PNG. */
async function picture(name: string, rows: readonly (readonly number[])[]): Promise<void> {
  const [width, height] = [rows[0]?.length ?? 0, rows.length];
  const data = Uint8Array.from(rows.flat());
  await writeFile(join(root, name), await encodePng({ width, height, channels: 1, data }));
}
const PLAIN = [
  [9, 9],
  [9, 9],
];
await picture("c.png", PLAIN);
await picture("lung.png", [
  [0, 255],
  [0, 0],
]);
await writeFile(join(root, "empty.png"), "");

interface Parts {
  readonly classes?: readonly string[];
  readonly task?: readonly DatasetTask[];
  readonly maskRoot?: string;
  readonly context?: readonly ContextRecord[];
  /** Lines to put behind the records' and the contexts', as they stand. */
  readonly behindRecords?: string;
  readonly behindContext?: string;
}

async function datasetOf(records: readonly DatasetRecord[], parts: Parts = {}): Promise<string> {
  const out = join(await mkdtemp(join(root, "case-")), "set");
  const { classes = [], task = [], context, behindRecords = "", behindContext = "" } = parts;
  await writeDataset({
    out,
    manifest: {
      format: 1,
      name: "drawn",
      licence: "",
      privacy: "public",
      imageRoot: root,
      ...(parts.maskRoot !== undefined && { maskRoot: parts.maskRoot }),
      task,
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
        { id: "3", image: "c.png", split: "test", patient: "q", labels: { A: 1 } },
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
      { id: "5", image: "c.png", masks: { lung: "lung.png", heart: "absent.png" } },
    ];
    assert.deepEqual(await problemsOf(records), [
      "missing-image: 3 [2; 3; 4]",
      "missing-mask: 1 [5]",
      "undeclared-object: 2 [lung; heart]",
    ]);
    const folder = await datasetOf(records);
    const unread = (await checkDataset({ folder, files: false })).problems;
    assert.deepEqual(
      unread.map(({ kind }) => kind),
      ["undeclared-object"],
    );
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

describe("checkDataset() of masks and boxes", () => {
  const box = (x: number, width: number, label = "lung") => ({ label, x, y: 0, width, height: 1 });
  const classes = ["lung", "mass"];
  const on = (id: string, more: Partial<DatasetRecord>): DatasetRecord => ({
    ...{ id, image: "c.png", labels: { mass: 0 } },
    ...more,
  });
  /** Problems of masks and boxes; that all records have one picture is none of them. */
  const problemsWith = async (
    records: readonly DatasetRecord[],
    parts: Parts = {},
  ): Promise<string[]> => {
    const found = await problemsOf(records, { classes, ...parts });
    return found.filter((problem) => !problem.startsWith("repeated-image"));
  };

  test("finds masks that cannot be used, with the record and the reason", async () => {
    await picture("large.png", [[0, 255, 255]]);
    await picture("several.png", [
      [0, 1],
      [2, 1],
    ]);
    const found = await problemsWith([
      on("1", { masks: { lung: "lung.png" } }),
      on("2", { masks: { lung: "large.png" } }),
      on("3", { masks: { lung: "several.png", mass: "m.png" } }),
      on("4", { image: "a.png", masks: { lung: "lung.png" } }),
    ]);
    assert.equal(found.length, 5);
    assert.deepEqual(found.slice(0, 2), [
      "unreadable-image: 1 [4]",
      "unreadable-mask: 1 [3 (mass)]",
    ]);
    assert.match(
      found[2] ?? "",
      /^mask-of-another-size: 1 \[2 \(lung: it has 3 x 1 pixels and its picture 2 x 2/,
    );
    assert.match(
      found[3] ?? "",
      /^mask-of-several-levels: 1 \[3 \(lung: it has areas of level 1 beside those of 2/,
    );
    assert.equal(found[4], "denied-object: 1 [3 (mass)]");
  });

  test("asks for a look at masks that are empty or grey", async () => {
    await picture("empty-mask.png", [
      [0, 0],
      [0, 0],
    ]);
    await picture("grey.png", [
      [0, 100],
      [0, 255],
    ]);
    const found = await problemsWith([
      on("1", { masks: { lung: "empty-mask.png", mass: "empty-mask.png" } }),
      on("2", { masks: { lung: "grey.png" } }),
    ]);
    // Of the mass a label says that there is none, so that its mask is as it should be.
    assert.deepEqual(found, ["empty-mask: 1 [1 (lung)]", "grey-mask: 1 [2 (lung)]"]);
  });

  test("finds boxes outside, beyond the edge, too many, and denied by a label", async () => {
    const found = await problemsWith([
      on("1", { boxes: [box(0, 2)] }),
      on("2", { boxes: [box(0, 1), box(2, 1)] }),
      on("3", { boxes: [box(1, 1.5)] }),
      on("4", { boxes: Array.from({ length: 11 }, () => box(0, 1)) }),
      on("5", { boxes: [box(0, 1, "mass")] }),
    ]);
    assert.deepEqual(found, [
      "box-outside: 1 [2]",
      "denied-object: 1 [5 (mass)]",
      "cut-box: 1 [3]",
      "many-boxes: 1 [4 (11)]",
    ]);
  });

  test("finds boxes of no area and swapped corners as lines that are not valid", async () => {
    const line = (id: string, width: number): string =>
      `${JSON.stringify({ id, image: "c.png", boxes: [box(1, width)] })}\n`;
    const found = await problemsWith([on("1", { boxes: [] })], {
      behindRecords: `${line("2", 0)}${line("3", -1)}`,
    });
    assert.equal(found.length, 1);
    assert.match(
      found[0] ?? "",
      /^invalid-line: 2 \[.* line 2: boxes\.0\.width is 0, expected more than 0; .* line 3: boxes\.0\.width is -1/,
    );
  });

  test("finds a validation split in which nothing is shown, and records that say nothing", async () => {
    await picture("nothing.png", [
      [0, 0],
      [0, 0],
    ]);
    const task = ["segment", "detect"] as const;
    const found = await problemsWith(
      [
        on("1", { split: "train", patient: "1", masks: { lung: "lung.png" }, boxes: [] }),
        on("2", {
          split: "val",
          patient: "2",
          masks: { lung: "nothing.png" },
          labels: { lung: 0 },
        }),
        { id: "3", image: "c.png", split: "train", patient: "3", labels: { lung: 1 } },
        { id: "4", image: "c.png", split: "train", patient: "4", boxes: [] },
      ],
      { task },
    );
    assert.deepEqual(
      found.filter((problem) => !problem.startsWith("image-in-two-splits")),
      ["split-without-object: 1 [val: lung]", "unknown-masks: 1 [3]", "unknown-boxes: 1 [3]"],
    );
  });

  test("finds masks in the folder that the manifest names", async () => {
    const found = await problemsWith([on("1", { masks: { lung: "lung.png" } })], {
      maskRoot: join(root, "none"),
    });
    assert.deepEqual(found, ["missing-mask: 1 [1]"]);
  });
});
