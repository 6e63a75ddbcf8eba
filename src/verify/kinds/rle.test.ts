import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failuresOf, namesOf, openCopy } from "../../../test/fixture-copy.ts";
import { replayRle } from "./rle.ts";

const OPTIONS = { device: "cpu", threads: 1 };

/** The findings that fail when one case is recorded otherwise. */
async function failuresAfter(name: string, change: (fields: object) => object): Promise<unknown> {
  const fixture = await openCopy("rle");
  const cases = (await fixture.cases()).map((recorded) => {
    const fields: Record<string, unknown> = Object(recorded);
    return fields["name"] === name ? { ...fields, ...change(fields) } : fields;
  });
  return failuresOf(await replayRle({ ...fixture, cases: async () => cases }, OPTIONS));
}

describe("replayRle()", () => {
  test("finds every recorded mask equal", async () => {
    const findings = await replayRle(await openCopy("rle"), OPTIONS);
    assert.equal(namesOf(findings).length, 1 + 14 + 5);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices another pixel, another code, another row and another box", async () => {
    const rle = { rle: "89 1" };
    assert.deepEqual(await failuresAfter("one pixel", () => rle), ["one pixel"]);
    const back = { encodesBack: false };
    assert.deepEqual(await failuresAfter("one pixel", () => back), ["one pixel (encoded)"]);
    const rows = { rows: ["0 1"] };
    assert.deepEqual(await failuresAfter("SIIM none", () => rows), ["SIIM none"]);
    const boxes = { boxes: [[0, 0, 1, 1]] };
    assert.deepEqual(await failuresAfter("RSNA none", () => boxes), ["RSNA none"]);
  });

  test("notices that a case is missing", async () => {
    const fixture = await openCopy("rle");
    const fewer = { ...fixture, cases: async () => (await fixture.cases()).slice(1) };
    assert.deepEqual(failuresOf(await replayRle(fewer, OPTIONS)), ["cases"]);
  });
});
