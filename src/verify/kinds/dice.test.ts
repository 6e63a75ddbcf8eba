import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  failuresOf,
  mapElements,
  namesOf,
  openCopy,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { replayDice } from "./dice.ts";

const OPTIONS = { device: "cpu", threads: 1 };

describe("replayDice()", () => {
  test("finds the recorded scores, those of empty masks included", async () => {
    const findings = await replayDice(await openCopy("segment-dice"), OPTIONS);
    assert.equal(namesOf(findings).length, 10);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices one pixel more in a prediction or a mask", async () => {
    const fixture = await openCopy("segment-dice");
    const name = "nothing predicted on a non-empty mask (0)";
    for (const tensor of ["in/4/prob", "in/4/truth"]) {
      // Predicting all 64 pixels is no longer 0; a full mask of which nothing is predicted still is.
      const changed = withTensors(fixture, (each, array) =>
        each === tensor ? mapElements(array, () => 1) : array,
      );
      const expected = tensor === "in/4/prob" ? [name, `mean (${name})`] : [];
      assert.deepEqual(failuresOf(await replayDice(changed, OPTIONS)), expected);
    }
    const first = withTensors(fixture, (each, array) =>
      each === "in/0/prob"
        ? mapElements(array, (value, place) => (place === 70 ? 1 - Math.round(value) : value))
        : array,
    );
    assert.deepEqual(failuresOf(await replayDice(first, OPTIONS)), ["random", "mean (random)"]);
  });

  test("notices another threshold, and that it is strict on both sides", async () => {
    const fixture = await openCopy("segment-dice");
    const lower = withFields(fixture, { config: { threshold: 0.49 } });
    const failures = failuresOf(await replayDice(lower, OPTIONS));
    assert.ok(failures.some((name) => name.startsWith("probability exactly 0.5")));
  });
});
