import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failuresOf, namesOf, openCopy, withFields } from "../../../test/fixture-copy.ts";
import { replayLists } from "./lists.ts";

const OPTIONS = { device: "cpu", threads: 1 };

/** The names of what fails when one list was recorded otherwise. */
async function failuresWith(name: string, recorded: unknown): Promise<readonly string[]> {
  const fixture = withFields(await openCopy("lists"), { expect: { parsed: { [name]: recorded } } });
  return failuresOf(await replayLists(fixture, OPTIONS));
}

describe("replayLists()", () => {
  test("reads every recorded list as its program does", async () => {
    const findings = await replayLists(await openCopy("lists"), OPTIONS);
    assert.equal(namesOf(findings).length, 10);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("finds each kind of difference", async () => {
    const differs = async (name: string, recorded: unknown): Promise<void> => {
      const failures = await failuresWith(name, recorded);
      assert.ok(failures.length > 0, name);
    };
    await differs("classification-single/train_list.txt", [
      { path: "ROOT/train/eye_a.png", labels: [0] },
      { path: "ROOT/train/eye_b.png", labels: [4] },
      { path: "ROOT/train/eye_c.png", labels: [1] },
    ]);
    await differs("siim/val_list.csv", [
      { id: "3.3.3.3", path: "ROOT/train/images/1024/dicom/3.3.3.3.png", rle: ["-1"] },
    ]);
    await differs("riga/val_list.csv", [
      { image: "Image/SetA/image1.tif", mask: "FinalLabel/SetA/image1.tif" },
    ]);
    await differs("rsna/val_list.csv (segmentation)", [
      { path: "train_images/aa.png", bbox: "[[296.0, 297.0, 482.0, 478.0]]" },
    ]);
    const zeros = new Array(10).fill([0, 0, 0, 0, 0]);
    await differs(
      "rsna/val_list.csv (detection)",
      ["aa", "bb", "cc"].map((name) => ({ path: `train_images/${name}.png`, rowsOf5: zeros })),
    );
  });

  test("refuses a list of a form that it does not know", async () => {
    const fixture = withFields(await openCopy("lists"), {
      expect: { parsed: { "other/../siim/val_list.csv": [] } },
    });
    await assert.rejects(replayLists(fixture, OPTIONS), /its folder says no form/);
  });
});
