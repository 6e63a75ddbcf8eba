import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { scoreContexts } from "./score-contexts.ts";
import { type JudgedReport, scoreFindings } from "./score-findings.ts";

const OPTIONS = { seed: 1, resamples: 200 };

const report = (
  truth: readonly (readonly ["Edema" | "Fracture", "present" | "absent" | "uncertain"])[],
  found: readonly (readonly ["Edema" | "Fracture" | null, "present" | "absent" | "uncertain"])[],
): JudgedReport => ({
  truth: new Map(truth),
  findings: found.map(([label, status]) => ({ label, status })),
});

describe("scoreFindings()", () => {
  test("counts by label and status; of several mentions the strongest", () => {
    const scores = scoreFindings(
      [
        report(
          [["Edema", "present"]],
          [
            ["Edema", "absent"],
            ["Edema", "present"],
            [null, "present"],
          ],
        ),
        report([["Edema", "absent"]], [["Edema", "uncertain"]]),
        report([["Fracture", "absent"]], []),
        report([], [["Edema", "present"]]),
      ],
      OPTIONS,
    );
    const row = (label: string, status: string) => {
      const found = scores.find((score) => score.label === label && score.status === status);
      return found && [found.truePositives, found.falsePositives, found.falseNegatives];
    };
    assert.deepEqual(row("Edema", "present"), [1, 1, 0]);
    assert.deepEqual(row("Edema", "absent"), [0, 0, 1]);
    assert.deepEqual(row("Edema", "uncertain"), [0, 1, 0]);
    assert.deepEqual(row("Edema", "all"), [1, 2, 1]);
    assert.deepEqual(row("Fracture", "absent"), [0, 0, 1]);
    assert.deepEqual(row("all", "all"), [1, 2, 2]);
    assert.equal(row("Hernia", "all"), undefined);
    const present = scores.find(({ label, status }) => label === "all" && status === "present");
    assert.deepEqual(
      [present?.precision.value, present?.recall.value, present?.f1.value],
      [0.5, 1, 2 / 3],
    );
  });

  test("the interval holds the value, and is a point where every report agrees", () => {
    const right = report([["Edema", "absent"]], [["Edema", "absent"]]);
    const wrong = report([["Edema", "absent"]], []);
    const [mixed] = scoreFindings([right, right, right, wrong], OPTIONS);
    const { value, interval } = mixed?.recall ?? {};
    assert.equal(value, 0.75);
    assert.ok(interval && interval.low < 0.75 && interval.high === 1);
    const [sure] = scoreFindings([right, right], OPTIONS);
    assert.deepEqual(sure?.f1, { value: 1, interval: { low: 1, high: 1 } });
  });
});

describe("scoreContexts()", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "ecamp-score-"));
    const hash = "0".repeat(64);
    const record = {
      ...{ id: "1", context: "there is pulmonary edema.", provider: "rules", model: "chest" },
      findings: [{ entity: "edema", label: "Edema", status: "present", evidence: [0, 5] }],
      ...{ promptHash: hash, reportHash: hash, time: "2030-01-01T00:00:00Z" },
    };
    await writeFile(join(root, "context.jsonl"), `${JSON.stringify(record)}\n`);
  });
  after(() => rm(root, { recursive: true }));

  async function score(labels: readonly unknown[]) {
    const file = join(root, "labels.jsonl");
    await writeFile(file, labels.map((label) => `${JSON.stringify(label)}\n`).join(""));
    return scoreContexts({ contexts: root, labels: file, ...OPTIONS });
  }

  test("scores the labelled reports that have a context, and counts the others", async () => {
    const edema = [{ entity: "Edema", status: "present" }];
    const scores = await score([
      { id: "1", findings: edema },
      { id: "2", findings: edema },
    ]);
    assert.deepEqual([scores.reports, scores.missing, scores.providers], [1, 1, ["rules chest"]]);
    assert.equal(scores.scores[0]?.f1.value, 1);
  });

  test("refuses labels that are none, twice, or of another set", async () => {
    const edema = { entity: "Edema", status: "present" };
    await assert.rejects(
      score([{ id: "1", findings: [{ entity: "Oedema", status: "present" }] }]),
      /line 1: findings\.0\.entity: expected one of Atelectasis, /,
    );
    await assert.rejects(score([]), /holds no labelled report/);
    await assert.rejects(score([{ id: "1", findings: [edema, edema] }]), /stands twice/);
    await assert.rejects(
      score([{ id: "9", findings: [edema] }]),
      /none of the 1 labelled ids has a context/,
    );
  });
});
