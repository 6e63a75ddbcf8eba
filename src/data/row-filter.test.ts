import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../util/errors.ts";
import { matchesRow, parseRowFilter } from "./row-filter.ts";

function matches(filter: string, cells: Readonly<Record<string, unknown>>): boolean {
  const row = { line: 1, cell: (name: string) => cells[name], columns: () => Object.keys(cells) };
  return matchesRow(row, parseRowFilter(filter));
}

describe("parseRowFilter()", () => {
  test("takes the first operator and trims column and value", () => {
    assert.deepEqual(parseRowFilter("view = AP Supine "), {
      column: "view",
      operator: "=",
      value: "AP Supine",
    });
    assert.deepEqual(parseRowFilter("meta.age>=18").operator, ">=");
    assert.deepEqual(parseRowFilter("text!="), { column: "text", operator: "!=", value: "" });
    assert.deepEqual(parseRowFilter("url=a=b~c").value, "a=b~c");
  });

  test("refuses what is not a condition", () => {
    for (const text of ["view", "=PA", "", "age>old", "age<"]) {
      assert.throws(() => parseRowFilter(text), ConfigError, text);
    }
  });
});

describe("matchesRow()", () => {
  const cells = { view: " PA ", age: "71", text: "Mild Edema", none: null, list: ["a", "b"] };

  test("compares text, a missing cell being empty", () => {
    assert.equal(matches("view=PA", cells), true);
    assert.equal(matches("view=pa", cells), false);
    assert.equal(matches("view!=L", cells), true);
    assert.equal(matches("none!=L", cells), true);
    assert.equal(matches("none=", cells), true);
    assert.equal(matches("absent=", cells), true);
    assert.equal(matches("text!=", cells), true);
    assert.equal(matches("none!=", cells), false);
    assert.equal(matches("list=a|b", cells), true);
  });

  test("finds text whatever its case", () => {
    assert.equal(matches("text~edema", cells), true);
    assert.equal(matches("text!~edema", cells), false);
    assert.equal(matches("none~edema", cells), false);
    assert.equal(matches("list~b", cells), true);
  });

  test("orders numbers and fails for what is not one", () => {
    assert.equal(matches("age>=71", cells), true);
    assert.equal(matches("age>71", cells), false);
    assert.equal(matches("age<100", cells), true);
    assert.equal(matches("age<=9", cells), false);
    assert.equal(matches("view<1", cells), false);
    assert.equal(matches("view>=1", cells), false);
    assert.equal(matches("none<1", cells), false);
  });
});
