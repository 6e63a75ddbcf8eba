import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  openCopy,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { toDoubles } from "../../util/nd-array.ts";
import { type Fixture, openFixture } from "../fixture.ts";
import { replayClassify } from "./classify.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const RECORDED = fileURLToPath(
  new URL("../../../../shared/fixtures/classify-nano", import.meta.url),
);
const COPIES = ["classify-nano-single", "classify-nano-droppath", "classify-nano-probe"];

const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replayClassify(fixture, OPTIONS));

describe("replayClassify()", () => {
  for (const name of COPIES) {
    test(`compares every recorded number of ${name}, and finds them equal`, async () => {
      const fixture = await openCopy(name);
      const findings = await replayClassify(fixture, OPTIONS);
      const names = namesOf(findings);
      for (const tensor of fixture.tensorNames) {
        if (/^(out|grad|after)\//.test(tensor))
          assert.ok(names.includes(tensor), `${tensor} is not compared`);
      }
      for (const scalar of ["loss/1", "gradNorm/1", "lr/1", "trained", "unmoved"])
        assert.ok(names.includes(scalar), `${scalar} is not compared`);
      assert.deepEqual(failuresOf(findings), []);
    });
  }

  const skip = existsSync(RECORDED) ? false : "../shared/fixtures/classify-nano is absent";
  test("finds three steps of fine-tuning for any number of classes a record", {
    skip,
  }, async () => {
    const findings = await replayClassify(await openFixture(RECORDED), OPTIONS);
    const compared = namesOf(findings).filter((name) => /^(loss|lr|gradNorm)\/3$/.test(name));
    assert.equal(compared.length, 3);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices every recorded number that is another", async () => {
    const fixture = await openCopy("classify-nano-droppath");
    const tensors = withTensors(fixture, (name, array) => {
      if (!/^(out|grad|after)\//.test(name)) return array;
      const largest = Math.max(...toDoubles(array).map(Math.abs));
      return mapElements(array, (value) => value + 1e-3 * largest + 1e-7);
    });
    const nudge = (json: unknown): unknown => mapNumbers(json, (value) => value * (1 + 1e-4));
    const { expect, expect64, trained } = fixture.json;
    assert.ok(Array.isArray(trained));
    const changed = withFields(tensors, {
      expect: nudge(expect),
      expect64: nudge(expect64),
      trained: [...trained.slice(1), "no such parameter"],
    });
    const findings = await replayClassify(changed, OPTIONS);
    // One parameter less is trained: it has no gradient to compare, and has not moved, as is right.
    const expected = namesOf(findings).filter((name) => name !== "unmoved");
    assert.deepEqual(failuresOf(findings), expected);
  });

  test("notices other draws of stochastic depth", async () => {
    const fixture = await openCopy("classify-nano-droppath");
    const changed = withTensors(fixture, (name, array) =>
      name === "in/drop_path_draws" ? mapElements(array, (value) => 1 - value) : array,
    );
    const failed = await failures(changed);
    assert.ok(failed.includes("out/logits") && failed.includes("grad/blocks.0.attn.qkv.weight"));
  });

  test("notices another class of one record", async () => {
    const fixture = await openCopy("classify-nano-single");
    const changed = withTensors(fixture, (name, array) =>
      name === "in/labels"
        ? mapElements(array, (label, i) => (i === 0 ? (label + 1) % 3 : label))
        : array,
    );
    const failed = await failures(changed);
    assert.ok(failed.includes("loss/1") && failed.includes("grad/head.bias"));
    assert.ok(!failed.includes("out/logits"));
  });
});
