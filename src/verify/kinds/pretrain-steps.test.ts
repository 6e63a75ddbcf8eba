import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  openCopy,
  withDoubledBatch,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import type { Fixture } from "../fixture.ts";
import { replayPretrainSteps } from "./pretrain-steps.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const POOLER = "bert_encoder.model.bert.pooler.dense";

const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replayPretrainSteps(fixture, OPTIONS));

describe("replayPretrainSteps()", () => {
  test("compares losses and parameters of plain and accumulated steps, and finds them equal", async () => {
    const findings = await replayPretrainSteps(await openCopy("pretrain-nano-steps"), OPTIONS);
    const groups = new Set(namesOf(findings).map((name) => name.replace(/\/[^/]*$/, "")));
    assert.deepEqual([...groups].toSorted(), [
      "accumulated",
      "accumulated/afterStepWithNoise1",
      "accumulated/noise1",
      "accumulated/noise2",
      "after/1",
      "after/3",
      "after/accumulated",
      "lossesAfterStep3",
      "lossesBeforeStep1",
      "lossesBeforeStep2",
      "lossesBeforeStep3",
      "unmoved",
    ]);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("finds the same steps with every sample twice in the batch", async () => {
    const doubled = withDoubledBatch(await openCopy("pretrain-nano-steps"));
    assert.deepEqual(await failures(doubled), []);
  });

  test("notices every recorded number that is another, and a parameter that moved", async () => {
    const fixture = await openCopy("pretrain-nano-steps");
    const { lr } = Object(fixture.json["config"]);
    const tensors = withTensors(fixture, (name, array) =>
      name.startsWith("after/")
        ? mapElements(array, (value, i) => value + (i === 0 ? 100 : 0.02) * lr)
        : array,
    );
    const nudge = (json: unknown): unknown => mapNumbers(json, (value) => value * (1 + 1e-4));
    const { expect, expect64, facts } = fixture.json;
    const trainableWithoutGradient = [`${POOLER}.bias`, "norm.weight"];
    const changed = withFields(tensors, {
      expect: nudge(expect),
      expect64: nudge(expect64),
      facts: { ...Object(facts), trainableWithoutGradient },
    });
    const findings = await replayPretrainSteps(changed, OPTIONS);
    const expected = namesOf(findings).filter((name) => name !== `unmoved/${POOLER}.bias`);
    assert.deepEqual(failuresOf(findings), expected);
    assert.ok(expected.includes("unmoved/norm.weight"));
  });

  test("computes the parameters from the fixture's salt", async () => {
    const fixture = await openCopy("pretrain-nano-steps");
    const failed = await failures(withFields(fixture, { config: { salt: "another" } }));
    assert.ok(
      failed.includes("lossesBeforeStep1/mim") && failed.includes("after/1/share over 1% of lr"),
    );
  });

  test("takes the optimiser's numbers from the fixture", async () => {
    const fixture = await openCopy("pretrain-nano-steps");
    const failed = await failures(withFields(fixture, { config: { lr: 0.0016 } }));
    assert.ok(
      failed.includes("lossesBeforeStep2/total") && !failed.includes("lossesBeforeStep1/total"),
    );
  });
});
