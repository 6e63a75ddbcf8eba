import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { textTable } from "./text-table.ts";

describe("textTable()", () => {
  const rows = [
    ["class", "n"],
    ["Effusion", "12"],
    ["", "3"],
  ];

  test("puts words to the left and numbers to the right", () => {
    assert.deepEqual(textTable(rows), ["  class      n", "  Effusion  12", "             3"]);
  });

  test("puts all columns to the left when asked, without what would only fill a line up", () => {
    assert.deepEqual(textTable(rows, { align: "left", indent: 0 }), [
      "class     n",
      "Effusion  12",
      "          3",
    ]);
  });

  test("keeps a cell on its line, and the columns below one another", () => {
    assert.deepEqual(
      textTable(
        [
          ["a\nb\u001b[8m", "1"],
          ["c", "2"],
        ],
        { indent: 0 },
      ),
      ["a\\u000ab\\u001b[8m  1", "c                  2"],
    );
  });

  test("is as long as its rows, however many they are", () => {
    const many = Array.from({ length: 200_000 }, (_, i) => [`tensor ${i}`]);
    assert.equal(textTable(many).length, many.length);
    assert.deepEqual(textTable([]), []);
  });
});
