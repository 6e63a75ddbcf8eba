import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { ManifestError } from "../../util/errors.ts";
import { type ListContext, listTask, recordOfListRow } from "./list-record.ts";

const list = { text: "", source: "train.txt" };
const imageRoot = resolve("pictures");
const context: ListContext = {
  ...{ list, imageRoot },
  split: "val",
  task: "multi-label",
  classes: ["Edema", "Mass", "Nodule"],
};

describe("listTask()", () => {
  const taskOf = (labels: readonly number[], classes: readonly string[]) =>
    listTask([{ line: 4, path: "a.png", labels }], { list, classes });

  test("tells a column a class from one column of class numbers", () => {
    assert.equal(taskOf([0, 1, 0], context.classes), "multi-label");
    assert.equal(taskOf([2], context.classes), "single-label");
    // One class: present or not.
    assert.equal(taskOf([1], ["Pneumonia"]), "multi-label");
  });

  test("refuses columns that fit neither", () => {
    assert.throws(
      () => taskOf([0, 1], context.classes),
      new ManifestError(
        'Cannot read "train.txt" line 4: its number of labels is 2, expected 3, one for each class, or 1, the number of the class',
      ),
    );
  });
});

describe("recordOfListRow()", () => {
  const recordOf = (path: string, labels: readonly number[], changes: Partial<ListContext> = {}) =>
    recordOfListRow({ line: 7, path, labels }, { ...context, ...changes });
  const refuses = (record: () => unknown, reason: string): void =>
    assert.throws(record, new ManifestError(`Cannot read "train.txt" line 7: ${reason}`));

  test("names the classes of a column each", () => {
    assert.deepEqual(recordOf(".\\a\\b.png", [0, 1, -1]), {
      image: "a/b.png",
      split: "val",
      labels: { Edema: 0, Mass: 1, Nodule: -1 },
    });
    refuses(
      () => recordOf("a.png", [0, 2, 0]),
      'the label of "Mass" is 2, expected one of 1, 0, -1',
    );
  });

  test("names the class of a number, from 0", () => {
    const single = { task: "single-label" } as const;
    assert.deepEqual(recordOf("a.png", [2], single), {
      image: "a.png",
      split: "val",
      class: "Nodule",
    });
    refuses(() => recordOf("a.png", [3], single), "the class is 3, expected a number in 0 … 2");
    refuses(() => recordOf("a.png", [-1], single), "the class is -1, expected a number in 0 … 2");
  });

  test("refuses a path that leaves the folder of pictures", () => {
    refuses(
      () => recordOf("../a.png", [0, 0, 0]),
      `its path is "../a.png", expected one inside the folder of pictures "${imageRoot}"`,
    );
  });
});
