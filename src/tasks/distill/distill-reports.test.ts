import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createFindingCheck } from "../../distill/check-finding.ts";
import type { DistillProvider } from "../../distill/provider.ts";
import { type DistilledRecord, parseDistilledRecord } from "../../distill/record.ts";
import { rulesProvider } from "../../distill/rules-provider.ts";
import { CHEST_LEXICON } from "../../text/lexicons/chest.ts";
import { sha256 } from "../../util/sha256.ts";
import { type DistillSummary, distillReports } from "./distill-reports.ts";
import type { ReportSource } from "./report-source.ts";

const REPORTS: Readonly<Record<string, string | undefined>> = {
  a: "No effusion.",
  b: "Mild edema.",
  c: undefined,
  d: "No effusion.",
  e: "  \n",
  f: "Alles unauffällig.",
};

let root: string;
let made = 0;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "ecamp-distill-"));
});
after(() => rm(root, { recursive: true }));

const newFile = (): string => join(root, `${++made}-context.jsonl`);

function sourceOf(reports: Readonly<Record<string, string | undefined>>): ReportSource {
  return {
    name: "test",
    out: undefined,
    mode: 0o600,
    isPrivate: true,
    async *reports() {
      for (const [id, report] of Object.entries(reports)) yield { id, report };
    },
  };
}

/** The rules, noting which reports they were given; `fail` throws at one. */
function watched({
  name = "rules",
  promptHash,
  concurrency = 1,
  fail,
}: {
  readonly name?: string;
  readonly promptHash?: string;
  readonly concurrency?: number;
  readonly fail?: string;
} = {}): DistillProvider & { readonly seen: string[] } {
  const rules = rulesProvider();
  const seen: string[] = [];
  return {
    ...rules,
    name,
    concurrency,
    promptHash: promptHash ?? rules.promptHash,
    seen,
    distill: async (report) => {
      if (report === fail) throw new Error("the server has gone");
      seen.push(report);
      await new Promise((resolve) => setTimeout(resolve, report.length % 3));
      return rules.distill(report);
    },
  };
}

interface Call {
  readonly reports?: Readonly<Record<string, string | undefined>>;
  readonly provider?: DistillProvider;
  readonly force?: boolean;
  readonly notes?: string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (records: number) => void;
}

function distil(out: string, { reports = REPORTS, notes = [], force = false, ...more }: Call = {}) {
  return distillReports({
    source: sourceOf(reports),
    provider: rulesProvider(),
    check: createFindingCheck(CHEST_LEXICON),
    ...{ out, force, ...more },
    now: () => new Date(0),
    note: (text) => notes.push(text),
  });
}

async function recordsOf(file: string): Promise<readonly DistilledRecord[]> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((line) => parseDistilledRecord(JSON.parse(line), "read"));
}

const countsOf = ({ distilled, kept, copied }: DistillSummary) => [distilled, kept, copied];

describe("distillReports()", () => {
  test("counts reports in another language, and leaves their contexts empty", async () => {
    const out = newFile();
    const reports = {
      de: "Kein Pneumothorax. Keine Pneumonie.",
      en: "No pneumothorax.",
      none: "XXXX.",
    };
    const { namingNothing, foreign } = await distil(out, { reports });
    assert.deepEqual([namingNothing, foreign], [2, 1]);
    assert.equal((await recordsOf(out))[0]?.context, "");
  });

  test("never empties a file unasked, and says what is left out of it", async () => {
    const out = newFile();
    const notes: string[] = [];
    await distil(out);
    const before = await readFile(out, "utf8");
    const blank = Object.fromEntries(Object.keys(REPORTS).map((id) => [id, " "]));
    await assert.rejects(distil(out, { reports: blank }), {
      name: "ConfigError",
      message: /it holds 4 contexts, and no record has a report/,
    });
    assert.equal(await readFile(out, "utf8"), before);
    await distil(out, { reports: { ...REPORTS, a: "" }, notes });
    assert.match(notes.join(), /1 contexts are left out, whose records have no report now/);
    await distil(out, { reports: blank, force: true });
    assert.equal(await readFile(out, "utf8"), "");
    const fresh = newFile();
    await distil(fresh, { reports: blank });
    await assert.rejects(readFile(fresh), { code: "ENOENT" });
  });

  test("writes a record for each report, in order, for its owner alone", async () => {
    const out = newFile();
    const summary = await distil(out);
    assert.deepEqual(countsOf(summary), [3, 0, 1]);
    assert.deepEqual([summary.records, summary.withoutReport, summary.namingNothing], [6, 2, 1]);
    const records = await recordsOf(out);
    assert.deepEqual(
      records.map(({ id }) => id),
      ["a", "b", "d", "f"],
    );
    assert.deepEqual(records[1], {
      id: "b",
      context: "there is mild pulmonary edema.",
      findings: [
        { entity: "edema", label: "Edema", status: "present", severity: "mild", evidence: [0, 10] },
      ],
      provider: "rules",
      model: "chest",
      promptHash: rulesProvider().promptHash,
      reportHash: sha256("Mild edema."),
      time: "1970-01-01T00:00:00.000Z",
    });
    if (process.platform !== "win32") assert.equal((await stat(out)).mode & 0o777, 0o600);
    assert.deepEqual(
      (await readdir(root)).filter((name) => name.startsWith(`${made}-`)),
      [`${made}-context.jsonl`],
    );
  });

  test("a second run does nothing twice, and leaves the file alone", async () => {
    const out = newFile();
    await distil(out);
    const { mtimeMs } = await stat(out);
    const provider = watched();
    assert.deepEqual(countsOf(await distil(out, { provider })), [0, 4, 0]);
    assert.deepEqual(provider.seen, []);
    assert.equal((await stat(out)).mtimeMs, mtimeMs);
  });

  test("a changed report is distilled anew, one that has gone is dropped", async () => {
    const out = newFile();
    await distil(out);
    const provider = watched();
    const reports = { a: "No effusion.", b: "Severe edema.", f: REPORTS["f"] };
    assert.deepEqual(countsOf(await distil(out, { provider, reports })), [1, 2, 0]);
    assert.deepEqual(provider.seen, ["Severe edema."]);
    const records = await recordsOf(out);
    assert.deepEqual(
      records.map(({ id }) => id),
      ["a", "b", "f"],
    );
    assert.equal(records[1]?.context, "there is severe pulmonary edema.");
  });

  test("other rules make everything anew", async () => {
    const out = newFile();
    const notes: string[] = [];
    await distil(out, { provider: watched({ promptHash: "0".repeat(64) }) });
    assert.deepEqual(countsOf(await distil(out, { notes })), [3, 0, 1]);
    assert.match(notes.join(), /4 contexts are of another version/);
  });

  test("contexts of another provider are replaced when forced only", async () => {
    const out = newFile();
    await distil(out, { provider: watched({ name: "other" }) });
    await assert.rejects(distil(out), /holds 4 contexts that were not made by the provider rules/);
    assert.equal((await recordsOf(out))[0]?.provider, "other");
    const notes: string[] = [];
    await distil(out, { force: true, notes });
    assert.match(
      notes.join(),
      /4 contexts of another provider are replaced: 4 by other with chest$/,
    );
    assert.equal((await recordsOf(out))[0]?.provider, "rules");
    await writeFile(out, '{"id": "a", "context": "written by hand"}\n');
    await assert.rejects(distil(out), /holds 1 contexts/);
    assert.match(await readFile(out, "utf8"), /by hand/);
  });

  test("what another provider's unfinished run left is treated in the same way", async () => {
    const out = newFile();
    const other = watched({ name: "other", fail: "Alles unauffällig." });
    await assert.rejects(distil(out, { provider: other }), /the server has gone/);
    const paid = await readFile(`${out}.partial`, "utf8");
    await assert.rejects(distil(out), {
      name: "ConfigError",
      message: `Cannot write "${out}": "${out}.partial", which an unfinished run left, holds 3 contexts that were not made by the provider rules with chest, but 3 by other with chest; keep them by naming another file (--out), or replace them (--force)`,
    });
    assert.equal(await readFile(`${out}.partial`, "utf8"), paid);
    const notes: string[] = [];
    assert.equal((await distil(out, { force: true, notes })).distilled, 3);
    assert.match(notes.join(), /\.partial": 3 contexts of another provider are replaced/);
    assert.equal((await recordsOf(out))[0]?.provider, "rules");
  });

  test("what lacks an answer is copied, counted, and made anew by the next run", async () => {
    const out = newFile();
    const rules = rulesProvider();
    const mute: DistillProvider = {
      ...rules,
      distill: async () => ({ findings: [], unanswered: 2 }),
    };
    assert.equal((await distil(out, { provider: mute })).unanswered, 4);
    assert.deepEqual(
      (await recordsOf(out)).map(({ unanswered }) => unanswered),
      [2, 2, 2, 2],
    );
    const again = await distil(out);
    assert.deepEqual([...countsOf(again), again.unanswered], [3, 0, 1, 0]);
  });

  test("a file of another kind is never replaced", async () => {
    for (const text of [
      '{"id": "a", "report": "No effusion."}\n',
      '{"id": "a", "context": "by hand"}\n{"id": "a", "image": "a.png"}\n',
      "id,report\n1,No effusion.\n",
      "one line of notes",
      "[1, 2]",
    ]) {
      const out = newFile();
      await writeFile(out, text);
      await assert.rejects(distil(out, { force: true }), { name: "ManifestError" }, text);
      assert.equal(await readFile(out, "utf8"), text);
    }
  });

  test("an unfinished run of another prompt is said to be made anew", async () => {
    const out = newFile();
    const before = watched({ promptHash: "0".repeat(64), fail: "Alles unauffällig." });
    await assert.rejects(distil(out, { provider: before }), /the server has gone/);
    const notes: string[] = [];
    assert.equal((await distil(out, { notes })).distilled, 3);
    assert.match(
      notes.join(),
      /\.partial": 3 contexts are of another version of the rules or prompt/,
    );
  });

  test("what was done before a failure is kept", async () => {
    const out = newFile();
    const notes: string[] = [];
    const failing = watched({ fail: "Alles unauffällig." });
    await assert.rejects(distil(out, { provider: failing, notes }), /the server has gone/);
    assert.match(
      notes.join(),
      /3 contexts were made and are kept; the same command goes on from there$/,
    );
    const provider = watched();
    assert.deepEqual(countsOf(await distil(out, { provider })), [1, 3, 0]);
    assert.deepEqual(provider.seen, ["Alles unauffällig."]);
  });

  test("a cut last line is dropped and made anew, in both files", async () => {
    const whole = newFile();
    await distil(whole);
    const text = await readFile(whole, "utf8");
    for (const cut of [text.length - 1, text.length - 9, text.lastIndexOf("{") + 3]) {
      for (const ending of ["", ".partial"]) {
        const out = newFile();
        await writeFile(out + ending, text.slice(0, cut));
        await distil(out);
        assert.equal(await readFile(out, "utf8"), text, `${cut} ${ending}`);
      }
    }
  });

  test("a line that is damaged in the middle is an error that quotes nothing", async () => {
    const out = newFile();
    await distil(out);
    const [first = "", ...rest] = (await readFile(out, "utf8")).split("\n");
    await writeFile(out, [first.slice(0, 40), ...rest].join("\n"));
    await assert.rejects(distil(out), /line 1: it is not valid JSON; it seems to be cut off$/);
  });

  test("stops when asked, and goes on from there", async () => {
    const out = newFile();
    const controller = new AbortController();
    const stopped = await distil(out, {
      signal: controller.signal,
      onProgress: (records) => records === 2 && controller.abort(),
    });
    assert.ok(stopped.stopped && stopped.distilled === 2);
    await assert.rejects(stat(out), /ENOENT/);
    assert.deepEqual(countsOf(await distil(out)), [1, 2, 1]);
  });

  test("several at a time give the same file, and no report twice", async () => {
    const reports = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `r${i}`,
        `No effusion${" on the left".repeat(i % 7)}.`,
      ]),
    );
    const [one, many] = [newFile(), newFile()];
    await distil(one, { reports });
    const provider = watched({ concurrency: 8 });
    await distil(many, { reports, provider });
    assert.equal(await readFile(many, "utf8"), await readFile(one, "utf8"));
    assert.equal(provider.seen.length, 7);
  });

  test("a line behind a kill's part is not mistaken for whole", async () => {
    const out = newFile();
    await distil(out);
    await appendFile(out, '{"id": "g", "context"');
    const notes: string[] = [];
    await distil(out, { notes });
    assert.match(notes.join(), /its last line was cut off/);
    assert.equal((await recordsOf(out)).length, 4);
  });
});
