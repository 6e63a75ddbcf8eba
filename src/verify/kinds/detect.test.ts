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
import { openFixture } from "../fixture.ts";
import { replayDetect } from "./detect.ts";

const OPTIONS = { device: "cpu", threads: 1 };
/** With an expansion of 8, and without the finest maps. */
const COPY = "detect-nano-8";
const RECORDED = fileURLToPath(
  new URL("../../../../shared/fixtures/detect-nano-4", import.meta.url),
);

describe("replayDetect()", () => {
  test("compares every recorded number, and finds them equal", async () => {
    const fixture = await openCopy(COPY);
    const findings = await replayDetect(fixture, OPTIONS);
    const names = namesOf(findings);
    for (const tensor of fixture.tensorNames) {
      if (/^(out|grad|after)/.test(tensor))
        assert.ok(names.includes(tensor), `${tensor} is not compared`);
    }
    const scalars = [
      "parameters",
      "trained",
      "parameterSum",
      "backboneShapes",
      "total",
      "gradNorm",
    ];
    const terms = [0, 1, 2].flatMap((k) =>
      ["loss", "x", "y", "w", "h", "conf", "cls"].map((term) => `perScale/${k}/${term}`),
    );
    for (const scalar of [...scalars, ...terms])
      assert.ok(names.includes(scalar), `${scalar} is not compared`);
    assert.equal(names.filter((name) => name.startsWith("gradNormOf/")).length, 100);
    assert.deepEqual(failuresOf(findings), []);
  });

  const skip = existsSync(RECORDED) ? false : "../shared/fixtures/detect-nano-4 is absent";
  test("finds those of an expansion of 4, the finest maps too", { skip }, async () => {
    const findings = await replayDetect(await openFixture(RECORDED), OPTIONS);
    assert.ok(namesOf(findings).includes("out/train/out2"));
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices every recorded number that is another", async () => {
    const fixture = await openCopy(COPY);
    const { expect, expect64, gradMax } = fixture.json;
    const largestOf: Readonly<Record<string, number>> = Object(gradMax);
    const tensors = withTensors(fixture, (name, array) => {
      if (!/^(out|grad|after)/.test(name)) return array;
      const own = Math.max(...toDoubles(array).map(Math.abs));
      const largest = largestOf[name.replace(/^grad-head\//, "")] ?? own;
      return mapElements(array, (value, i) => (i === 3 ? value + largest : value));
    });
    const nudge = (json: unknown): unknown =>
      mapNumbers(json, (value) => (Number.isInteger(value) ? value + 1 : value * 1.25));
    const { gradNormOf, ...scalars } = Object(expect64);
    const changed = withFields(tensors, {
      expect: nudge(expect),
      expect64: { ...Object(nudge(scalars)), gradNormOf: nudge({ ...gradNormOf, unknown: 1 }) },
    });
    const findings = await replayDetect(changed, OPTIONS);
    assert.deepEqual(failuresOf(findings), namesOf(findings));
  });

  test("notices other boxes in the loss and its gradients, not in the maps, and a tensor that it does not know", async () => {
    const changed = withTensors(await openCopy(COPY), (name, array) =>
      name === "in/labels"
        ? mapElements(array, (value, i) => (i === 1 ? value / 2 : value))
        : array,
    );
    const unknown = "after/1/unheard.of";
    const fixture = { ...changed, tensorNames: [...changed.tensorNames, unknown] };
    const failed = failuresOf(await replayDetect(fixture, OPTIONS));
    for (const name of ["total", "perScale/0/x", "grad-head/embedding0.conv_out.bias"])
      assert.ok(failed.includes(name), `${name} does not fail`);
    const others = failed.filter((name) => /^(out|after)/.test(name));
    assert.deepEqual(others, [unknown]);
  });
});
