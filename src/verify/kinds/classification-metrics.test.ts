import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Fixture, openFixture } from "../fixture.ts";
import { replayClassificationMetrics } from "./classification-metrics.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const COPY = fileURLToPath(new URL("../../../test/fixtures/metrics", import.meta.url));
const RECORDED = fileURLToPath(new URL("../../../../shared/fixtures/metrics", import.meta.url));

async function failures(fixture: Fixture): Promise<readonly string[]> {
  const findings = await replayClassificationMetrics(fixture, OPTIONS);
  return findings.filter(({ error, tolerance }) => !(error <= tolerance)).map(({ name }) => name);
}

/** The names of the findings that fail when something is changed in the first case of that name. */
async function failuresAfter(
  name: string,
  change: (recorded: Record<string, unknown>) => object,
): Promise<readonly string[]> {
  const fixture = await openFixture(COPY);
  const cases = (await fixture.cases()).map((recorded) => {
    const fields: Record<string, unknown> = Object(recorded);
    return fields["name"] === name ? { ...fields, ...change(fields) } : fields;
  });
  const failed = await failures({ ...fixture, cases: async () => cases });
  return failed.map((finding) => finding.replace(` (${name})`, ""));
}

const listOf = (value: unknown): number[] => Array.from(Object(value), Number);

describe("replayClassificationMetrics()", () => {
  test("finds the recorded metrics, NaN included", async () => {
    assert.deepEqual(await failures(await openFixture(COPY)), []);
  });

  const skip = existsSync(RECORDED) ? false : "../shared/fixtures/metrics is absent";
  test("finds those of all recorded cases", { skip }, async () => {
    assert.deepEqual(await failures(await openFixture(RECORDED)), []);
  });

  test("notices another area, mean, accuracy or loss", async () => {
    const name = "one class";
    const nudged = async (key: string, by: number): Promise<readonly string[]> =>
      failuresAfter(name, (one) => ({ [key]: Number(one[key]) * (1 + by) }));
    const area = await failuresAfter(name, (one) => ({
      auroc: listOf(one["auroc"]).map((value) => value * (1 + 1e-8)),
    }));
    assert.deepEqual(area, ["auroc"]);
    assert.deepEqual(await nudged("mean", 1e-5), ["mean"]);
    assert.deepEqual(await nudged("accuracy", 1e-5), ["accuracy"]);
    assert.deepEqual(await nudged("validLoss", 1e-5), ["validLoss"]);
    // 60 samples in batches of 60 and of 7 have another mean of batch means.
    assert.deepEqual(await failuresAfter(name, () => ({ evalBatch: 60 })), ["validLoss"]);
  });

  test("notices an area where there is none, and one less", async () => {
    const name = "class 2 has no positive, class 4 no negative";
    const areas = (change: (value: unknown, k: number) => unknown) =>
      failuresAfter(name, (one) => ({ auroc: Array.from(Object(one["auroc"]), change) }));
    assert.deepEqual(await areas((value, k) => (k === 2 ? 0.5 : value)), ["auroc"]);
    assert.deepEqual(await areas((value, k) => (k === 1 ? "NaN" : value)), ["auroc"]);
    const fewer = await failuresAfter(name, (one) => ({
      auroc: Array.from<unknown>(Object(one["auroc"])).slice(1),
    }));
    assert.ok(fewer.includes("auroc"));
  });

  test("notices another confusion matrix, other classes of it, or another number of cases", async () => {
    const name = "five classes, class 3 neither true nor predicted: the matrix has four rows";
    const counts = await failuresAfter(name, (one) => ({
      confusion: Array.from(Object(one["confusion"]), (row, i) =>
        i === 0 ? listOf(row).toReversed() : row,
      ),
    }));
    assert.deepEqual(counts, ["confusion"]);
    const classes = await failuresAfter(name, () => ({ confusionLabels: [0, 1, 2, 3] }));
    assert.deepEqual(classes, ["confusion classes"]);
    const fixture = await openFixture(COPY);
    const fewer = { ...fixture, cases: async () => (await fixture.cases()).slice(1) };
    assert.deepEqual(await failures(fewer), ["cases"]);
  });
});
