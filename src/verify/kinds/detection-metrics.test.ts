import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  openCopy,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { replayDetectionMetrics } from "./detection-metrics.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const CASE = "close boxes, several thresholds met";

/** The findings that fail when one case is recorded otherwise. */
async function failuresAfter(
  change: (fields: Record<string, unknown>) => object,
): Promise<readonly string[]> {
  const fixture = await openCopy("detection-metrics");
  const cases = (await fixture.cases()).map((recorded) => {
    const fields: Record<string, unknown> = Object(recorded);
    return fields["name"] === CASE ? { ...fields, ...change(fields) } : fields;
  });
  return failuresOf(
    await replayDetectionMetrics({ ...fixture, cases: async () => cases }, OPTIONS),
  );
}

describe("replayDetectionMetrics()", () => {
  test("finds the figures of both programs, and the recorded validation", async () => {
    const findings = await replayDetectionMetrics(await openCopy("detection-metrics"), OPTIONS);
    assert.equal(namesOf(findings).length, 2 * 14 + 3);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices another figure of either program, together or at one threshold", async () => {
    for (const key of ["torchmetrics_0.7.2", "torchmetrics_1.9.0"]) {
      for (const figure of ["map", "mapFiltered", "perThreshold", "perThresholdFiltered"]) {
        const failures = await failuresAfter((fields) => {
          const figures: Record<string, unknown> = Object(fields[key]);
          const nudged = mapNumbers(figures[figure], (value) => value * 1.0001);
          return { [key]: { ...figures, [figure]: nudged } };
        });
        assert.deepEqual(failures, [`${CASE} (${key})`], `${key} ${figure}`);
      }
    }
  });

  test("notices another box, and a score that changes the order", async () => {
    const both = [`${CASE} (torchmetrics_0.7.2)`, `${CASE} (torchmetrics_1.9.0)`];
    const fewer = (value: unknown): unknown[] =>
      Array.from(Object(value)).map((rows, i) =>
        i === 0 ? Array.from<unknown>(Object(rows)).slice(1) : rows,
      );
    assert.deepEqual(await failuresAfter(({ targets }) => ({ targets: fewer(targets) })), both);
    const reversed = await failuresAfter(({ predictions }) => ({
      predictions: Array.from(Object(predictions), (rows) =>
        Array.from(Object(rows), (row) => {
          const [x1, y1, x2, y2, score, label] = Array.from(Object(row), Number);
          return [x1, y1, x2, y2, 1 - (score ?? 0), label];
        }),
      ),
    }));
    assert.deepEqual(reversed, both);
  });

  test("decodes and suppresses as recorded: other logits, thresholds and labels are noticed", async () => {
    const fixture = await openCopy("detection-metrics");
    const valid = ["valid_torchmetrics_0.7.2", "valid_torchmetrics_1.9.0"];
    const looser = withFields(fixture, { config: { nmsThreshold: 0.6 } });
    assert.ok(
      failuresOf(await replayDetectionMetrics(looser, OPTIONS)).includes("validDetections"),
    );
    const surer = withTensors(fixture, (name, array) =>
      name === "in/valid/logits1" ? mapElements(array, (value) => value + 0.1) : array,
    );
    assert.deepEqual(failuresOf(await replayDetectionMetrics(surer, OPTIONS)), [
      "validDetections",
      ...valid,
    ]);
    const moved = withTensors(fixture, (name, array) =>
      name === "in/valid/labels" ? mapElements(array, (value) => value * 0.9) : array,
    );
    assert.deepEqual(failuresOf(await replayDetectionMetrics(moved, OPTIONS)), valid);
  });
});
