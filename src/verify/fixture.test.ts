import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { ManifestError, WeightsError } from "../util/errors.ts";
import { ndArray } from "../util/nd-array.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { fixtureCases, fixtureFields, openFixture } from "./fixture.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "fixture-"));
});
after(() => rm(root, { recursive: true, force: true }));

/** A new folder with these files. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(root, "case-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

describe("openFixture()", () => {
  test("gives the kind, the description, tensors and cases", async () => {
    const directory = await folderOf({
      "fixture.json": '{"kind": "pretrain", "config": {"dim": 8}}',
      "cases.jsonl": '{"a": 1}\n\n{"a": 2}\n',
      "more.jsonl": "[3]",
    });
    const array = ndArray("f32", [2], [1, 2]);
    await writeSafetensors(join(directory, "tensors.safetensors"), [["in/x", array]]);
    const fixture = await openFixture(directory);
    assert.equal(fixture.directory, directory);
    assert.equal(fixture.kind, "pretrain");
    assert.deepEqual(fixture.json["config"], { dim: 8 });
    assert.deepEqual(fixture.tensorNames, ["in/x"]);
    assert.deepEqual(await fixture.tensor("in/x"), array);
    assert.deepEqual(await fixture.cases(), [{ a: 1 }, { a: 2 }]);
    assert.deepEqual(await fixture.cases("more.jsonl"), [[3]]);
  });

  test("needs neither tensors nor cases until they are asked for", async () => {
    const directory = await folderOf({ "fixture.json": '{"kind": "lists"}' });
    const fixture = await openFixture(directory);
    assert.deepEqual(fixture.tensorNames, []);
    await assert.rejects(
      fixture.tensor("in/x"),
      new ManifestError(
        `Cannot read tensor "in/x" of fixture "${directory}": its 0 tensors have none of that name`,
      ),
    );
    await assert.rejects(fixture.cases(), /Cannot read ".*cases\.jsonl": no such file$/);
  });

  test("says what is wrong with a folder that is no fixture", async () => {
    const expected = "expected a folder with a fixture.json";
    const absent = join(root, "absent");
    await assert.rejects(
      openFixture(absent),
      new ManifestError(`Cannot open fixture "${absent}": no such folder, ${expected}`),
    );
    const empty = await folderOf({});
    await assert.rejects(
      openFixture(empty),
      new ManifestError(
        `Cannot open fixture "${empty}": it has no readable fixture.json, ${expected}`,
      ),
    );
    await mkdir(join(empty, "fixture.json"));
    await assert.rejects(openFixture(empty), ManifestError);
  });

  test("refuses a description that is not JSON or has no kind", async () => {
    const cases = [
      ['{"kind": ', /fixture\.json": it is not JSON \(/],
      ["[]", /^ManifestError: Cannot read ".*fixture\.json": /],
      ['{"kind": 3}', /fixture\.json": kind is 3, expected a string$/],
      ["{}", /fixture\.json": kind is missing, expected a string$/],
    ] as const;
    for (const [text, expected] of cases) {
      await assert.rejects(openFixture(await folderOf({ "fixture.json": text })), expected);
    }
  });

  test("refuses damaged tensors at once", async () => {
    const directory = await folderOf({
      "fixture.json": '{"kind": "pretrain"}',
      "tensors.safetensors": "not at all",
    });
    await assert.rejects(openFixture(directory), WeightsError);
  });
});

describe("fixtureFields() and fixtureCases()", () => {
  test("name the field, and the case, that is of another form", async () => {
    const directory = await folderOf({
      "fixture.json": '{"kind": "rle", "config": {"cases": "many"}}',
      "cases.jsonl": '{"a": 1}\n{"a": null}\n',
    });
    const fixture = await openFixture(directory);
    assert.throws(
      () => fixtureFields(fixture, z.object({ config: z.object({ cases: z.int() }) })),
      /^ManifestError: Cannot read ".*fixture\.json": config\.cases is "many", expected a number$/,
    );
    await assert.rejects(
      fixtureCases(fixture, z.object({ a: z.number() })),
      /^ManifestError: Cannot read ".*cases\.jsonl" case 2: a is null, expected a number$/,
    );
    assert.deepEqual(fixtureFields(fixture, z.object({ kind: z.string() })), { kind: "rle" });
  });
});
