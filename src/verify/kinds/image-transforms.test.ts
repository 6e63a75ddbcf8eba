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
import type { Fixture } from "../fixture.ts";
import { replayImageTransforms } from "./image-transforms.ts";

const OPTIONS = { device: "cpu", threads: 1 };

const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replayImageTransforms(fixture, OPTIONS));

/** The fixture without tensors of other names, so that a test need not replay everything. */
function only(fixture: Fixture, ...names: readonly string[]): Fixture {
  const isKept = (name: string): boolean => names.includes(name) || !name.startsWith("out/");
  return { ...fixture, tensorNames: fixture.tensorNames.filter(isKept) };
}

describe("replayImageTransforms()", () => {
  test("finds every operation, OpenCV's bytes equal and not only near", async () => {
    const findings = await replayImageTransforms(await openCopy("image-transforms"), OPTIONS);
    assert.deepEqual(failuresOf(findings), []);
    for (const name of ["out/detection/gray", "out/letterbox/odd-u8", "out/affine/1/image"]) {
      assert.ok(namesOf(findings).includes(name), name);
      assert.equal(findings.find((finding) => finding.name === name)?.error, 0, name);
    }
    assert.ok(namesOf(findings).includes("affine (matrices)"));
  });

  test("notices other samples in each kind of result", async () => {
    const fixture = await openCopy("image-transforms");
    const names = fixture.tensorNames.filter((name) => name.startsWith("out/"));
    for (const name of names) {
      const changed = withTensors(only(fixture, name), (each, array) => {
        const by = array.dtype === "u8" ? 100 : 1;
        const turn = (value: number): number => (value >= by ? value - by : value + by);
        return each === name
          ? mapElements(array, (value, i) => (i === 1234 % array.data.length ? turn(value) : value))
          : array;
      });
      assert.deepEqual(await failures(changed), [name]);
    }
  });

  test("notices another size, another crop and another matrix", async () => {
    const fixture = only(await openCopy("image-transforms"));
    const expect: Record<string, unknown> = Object(fixture.json["expect"]);
    const withExpected = (fields: object): Fixture =>
      withFields(fixture, { expect: { ...expect, ...fields } });
    assert.deepEqual(
      await failures(withExpected({ opened: { "gray.png": { size: [420, 512] } } })),
      ["opened"],
    );
    const resizedSizes = [{ picture: "gray.png", resize: 224, size: [274, 224] }];
    assert.deepEqual(await failures(withExpected({ resizedSizes })), ["resizedSizes"]);
    const [first, ...others] = Array.from<unknown>(Object(expect["affine"]));
    const affine = [{ ...Object(first), angle: 8.001 }, ...others];
    assert.deepEqual(await failures(withExpected({ affine })), ["affine (matrices)"]);
    const cases = (await fixture.cases("get_params.jsonl")).map((one, i) =>
      i === 3 ? { ...Object(one), left: -1 } : one,
    );
    assert.deepEqual(await failures({ ...fixture, cases: async () => cases }), [
      "get_params.jsonl",
    ]);
  });

  test("refuses an operation that it does not know", async () => {
    const fixture = await openCopy("image-transforms");
    const unknown = {
      ...fixture,
      tensorNames: ["out/posterize/x"],
      tensor: async () => fixture.tensor("out/flip"),
    };
    await assert.rejects(failures(unknown), /no operation "posterize" is known$/);
  });
});
