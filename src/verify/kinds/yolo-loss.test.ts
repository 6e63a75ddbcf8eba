import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { toDoubles } from "../../util/nd-array.ts";
import { type Fixture, openFixture } from "../fixture.ts";
import { replayYoloLoss } from "./yolo-loss.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const RECORDED = fileURLToPath(new URL("../../../../shared/fixtures/yolo-loss", import.meta.url));

const open = (): Promise<Fixture> => openFixture(RECORDED);
const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replayYoloLoss(fixture, OPTIONS));

/** The failures when the elements of one tensor are others. */
async function failuresAfter(
  tensor: string,
  change: (value: number, position: number) => number,
): Promise<readonly string[]> {
  const changed = withTensors(await open(), (name, array) =>
    name === tensor ? mapElements(array, change) : array,
  );
  return failures(changed);
}

describe("replayYoloLoss()", {
  skip: existsSync(RECORDED) ? false : "../shared/fixtures/yolo-loss is absent",
}, () => {
  test("compares every recorded number, and finds them equal", async () => {
    const fixture = await open();
    const findings = await replayYoloLoss(fixture, OPTIONS);
    const names = namesOf(findings);
    for (const tensor of fixture.tensorNames) {
      if (/^(out|grad)\//.test(tensor))
        assert.ok(names.includes(tensor), `${tensor} is not compared`);
    }
    const counts = ["objects", "ignored", "candidates", "kept/nms/0", "kept/nms-ties"];
    for (const scalar of ["total", "scale0/x", "scale2/cls", ...counts])
      assert.ok(names.includes(scalar), `${scalar} is not compared`);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices every recorded number that is another", async () => {
    const fixture = await open();
    const tensors = withTensors(fixture, (name, array) => {
      if (!/^(out|grad)\//.test(name)) return array;
      const largest = Math.max(...toDoubles(array).map(Math.abs));
      return mapElements(array, (value, i) => (i === 4 ? value + 1e-2 * largest : value));
    });
    const nudge = (json: unknown): unknown => mapNumbers(json, (value) => value * (1 + 1e-4));
    const { expect, expect64 } = fixture.json;
    const counts = mapNumbers(expect, (value) => (Number.isInteger(value) ? value + 1 : value));
    const { nmsCounts } = Object(expect);
    const changed = withFields(tensors, {
      expect64: nudge(expect64),
      expect: { ...Object(counts), nmsCounts },
    });
    const findings = await replayYoloLoss(changed, OPTIONS);
    const expected = namesOf(findings).filter((name) => !name.startsWith("kept/"));
    assert.deepEqual(failuresOf(findings), expected);
  });

  test("notices another box, in the targets of its picture and in the loss", async () => {
    // The last rows of a picture overwrite, so the first number of its first box counts.
    const failed = await failuresAfter("in/labels", (value, i) => (i === 1 ? value + 0.01 : value));
    for (const name of ["out/0/tx", "out/2/tx", "scale0/x", "total", "grad/logits1"])
      assert.ok(failed.includes(name), `${name} does not fail`);
    assert.ok(!failed.some((name) => /decoded|nms/.test(name)));
  });

  test("notices another anchor and another threshold", async () => {
    const anchors = await failuresAfter("in/anchors", (value, i) => (i < 2 ? value * 1.1 : value));
    assert.ok(anchors.includes("out/0/decoded") && anchors.includes("total"));
    const fixture = await open();
    const failuresWith = (config: object) => failures(withFields(fixture, { config }));
    const ignored = await failuresWith({ ignoreThreshold: 0.6 });
    assert.ok(ignored.includes("ignored") && ignored.includes("out/1/noobj"));
    assert.ok(!ignored.includes("out/1/mask"));
    assert.ok((await failuresWith({ confThreshold: 0.51 })).includes("candidates"));
    assert.ok((await failuresWith({ nmsThreshold: 0.45 })).some((name) => /^kept/.test(name)));
  });

  test("notices another order of boxes that are equally sure", async () => {
    const fixture = await open();
    const numbers = 6;
    const changed = withTensors(fixture, (name, array) => {
      if (name !== "in/nms-ties") return array;
      const values = toDoubles(array); // the first two rows change places
      return mapElements(array, (value, i) =>
        i < 2 * numbers ? (values[(i + numbers) % (2 * numbers)] ?? value) : value,
      );
    });
    assert.deepEqual(await failures(changed), ["out/nms-ties"]);
  });
});
