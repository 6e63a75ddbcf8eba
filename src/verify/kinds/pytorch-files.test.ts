import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failuresOf, namesOf, openCopy, withFields } from "../../../test/fixture-copy.ts";
import { replayPyTorchFiles } from "./pytorch-files.ts";

const OPTIONS = { device: "cpu", threads: 1 };

type Recorded = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What fails when the files were recorded otherwise. */
async function failuresWith(change: (files: Recorded) => Recorded): Promise<readonly string[]> {
  const fixture = await openCopy("pth");
  const files = change(Object(fixture.json["files"]));
  return failuresOf(await replayPyTorchFiles(withFields(fixture, { files }), OPTIONS));
}

describe("replayPyTorchFiles()", () => {
  test("reads or refuses every recorded file", async () => {
    const findings = await replayPyTorchFiles(await openCopy("pth"), OPTIONS);
    assert.equal(namesOf(findings).length, 2 * 16);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("finds a value, a shape, a type and a name that differ", async () => {
    const weight = { dtype: "float32", shape: [2, 3] };
    for (const content of [{ tensor: { ...weight, sha256: "00" } }, { tensor: weight }, 4, {}]) {
      const failures = await failuresWith((files) => {
        const recorded = files["numpy-scalar.pth"] ?? {};
        const state = { "head.weight": content };
        return {
          "numpy-scalar.pth": {
            ...recorded,
            content: { ...Object(recorded["content"]), state_dict: state },
          },
        };
      });
      assert.deepEqual(failures, ["numpy-scalar.pth"]);
    }
  });

  test("finds that a file is read that should be refused, and that it has another length", async () => {
    const failures = await failuresWith((files) => ({
      "mae-encoder.pth": { ...files["mae-encoder.pth"], refuse: true },
      "dtypes.pth": { ...files["dtypes.pth"], bytes: 1 },
    }));
    assert.deepEqual(failures, ["mae-encoder.pth (refused)", "dtypes.pth (bytes)"]);
  });

  test("refuses a fixture that does not say what a file holds", async () => {
    await assert.rejects(
      failuresWith(() => ({ "dtypes.pth": { bytes: 6421 } })),
      /its content is not recorded/,
    );
  });
});
