import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { ManifestError } from "../util/errors.ts";
import type { TableColumns } from "./table-record.ts";
import { namedColumns, recordOfRow } from "./table-record.ts";

const imageRoot = resolve("/data/images");

function recordOf(cells: Readonly<Record<string, unknown>>, columns: TableColumns) {
  const row = {
    line: 5,
    cell: (column: string) => cells[column],
    columns: () => Object.keys(cells),
  };
  return recordOfRow(row, { path: "t.csv", imageRoot, imageColumn: "image", ...columns });
}

describe("recordOfRow()", () => {
  test("writes image paths relative to the root, with forward slashes", () => {
    for (const [text, expected] of [
      ["a b/c.png", "a b/c.png"],
      [" ./././a.png ", "a.png"],
      ["sub\\deep\\a.png", "sub/deep/a.png"],
      [resolve(imageRoot, "sub/a.png"), "sub/a.png"],
      ["sub/./a..png", "sub/./a..png"],
    ] as const) {
      assert.deepEqual(recordOf({ image: text }, {}), { id: expected, image: expected });
    }
  });

  test("knows the usual spellings of splits and labels", () => {
    const splits = ["Train", "training", "VALID", "validation", "dev", "test", " Testing "];
    assert.deepEqual(
      splits.map((s) => recordOf({ image: "a", s }, { splitColumn: "s" })?.split),
      ["train", "train", "val", "val", "val", "test", "test"],
    );
    const labels = [1, "1.0", true, 0, "0", false, "-1.0", "", null];
    assert.deepEqual(
      labels.map((x) => recordOf({ image: "a", x }, { labelColumns: ["x"] })?.labels?.["x"]),
      [1, 1, 1, 0, 0, 0, -1, undefined, undefined],
    );
  });

  test("takes findings that a list leaves out as absent, and an empty cell as saying nothing", () => {
    const columns = { findingsColumn: "f", findings: ["Edema", "Mass"] };
    const labelsOf = (f: unknown) => recordOf({ image: "a", f }, columns)?.labels;
    assert.deepEqual(labelsOf(["Mass"]), { Edema: 0, Mass: 1 });
    assert.deepEqual(labelsOf("Mass | Edema"), { Edema: 1, Mass: 1 });
    assert.deepEqual(labelsOf("No Finding"), { Edema: 0, Mass: 0 });
    for (const empty of ["", null, []]) assert.equal(labelsOf(empty), undefined);
    assert.throws(() => labelsOf("Mass|Edeme"), {
      name: "ManifestError",
      message: /column "f" is .*, expected a list of Edema, Mass, or "No Finding"$/,
    });
  });

  test("joins the parts of a report as they stand and leaves out blank ones", () => {
    const cells = { image: "a", x: " one ", y: "\n", z: "two\n" };
    assert.equal(recordOf(cells, { reportColumns: ["x", "y", "z"] })?.report, " one \ntwo\n");
    assert.equal(recordOf(cells, { reportColumns: ["y"] })?.report, undefined);
  });

  test("gives nothing for a row without image and report", () => {
    assert.equal(recordOf({ image: " ", x: null, id: "1" }, { reportColumns: ["x"] }), undefined);
  });

  test("takes an empty list of boxes for silence, unless it is said to mean none", () => {
    const cells = { image: "a.png", boxes: [] };
    assert.equal(recordOf(cells, { boxesColumn: "boxes" })?.boxes, undefined);
    const told = { boxesColumn: "boxes", emptyBoxes: "none" } as const;
    assert.deepEqual(recordOf(cells, told)?.boxes, []);
  });

  test("reads masks and boxes that are written as JSON", () => {
    const cells = {
      image: "a",
      masks: '{"lung":"m\\\\l.png","heart":""}',
      boxes: '[{"label":"mass","x":1,"y":2,"w":3.5,"h":4}]',
    };
    assert.deepEqual(recordOf(cells, { masksColumn: "masks", boxesColumn: "boxes" }), {
      id: "a",
      image: "a",
      masks: { lung: "m/l.png" },
      boxes: [{ label: "mass", x: 1, y: 2, width: 3.5, height: 4 }],
    });
  });

  const faults: readonly (readonly [
    cells: Readonly<Record<string, unknown>>,
    columns: TableColumns,
    message: RegExp,
  ])[] = [
    [{ id: " " }, { idColumn: "id" }, /"t\.csv" line 5: column "id" is empty, expected an id$/],
    [{}, { idColumn: "pid" }, /it has no column "pid"; its columns are "image"$/],
    [{ image: "a/../../b" }, {}, /column "image" is "a\/\.\.\/\.\.\/b", expected a path inside/],
    [{ image: "..\\b" }, {}, /column "image" is "..\\\\b", expected a path inside/],
    [{ image: "/etc/passwd" }, {}, /column "image" is "\/etc\/passwd", expected a path inside/],
    [{ image: "C:\\a.png" }, {}, /column "image" is "C:\\\\a\.png", expected a path inside/],
    [
      { x: "maybe" },
      { labelColumns: ["x"] },
      /^Cannot read "t\.csv" line 5: column "x" is "maybe", expected one of 1, 0, -1 or empty$/,
    ],
    [{ x: "constructor" }, { labelColumns: ["x"] }, /is "constructor", expected one of 1, 0, -1/],
    [
      { x: "mild oedema of the lower lobes" },
      { splitColumn: "x" },
      /column "x" is a text of 30 characters, expected one of train, val, test or empty$/,
    ],
    [{ x: { a: "b" } }, { reportColumns: ["x"] }, /column "x" is an object, expected text$/],
    [{ x: [] }, { masksColumn: "x" }, /is a list of 0, expected an object of mask paths by class$/],
    [{ x: '{"a":' }, { masksColumn: "x" }, /column "x" is "\{\\"a\\":", expected JSON$/],
    [{ x: { m: "../m" } }, { masksColumn: "x" }, /"x" at "m" is "\.\.\/m", expected a path inside/],
    [{ x: {} }, { boxesColumn: "x" }, /column "x" is an object, expected a list of boxes$/],
    [{ x: [7] }, { boxesColumn: "x" }, /column "x" at 0 is 7, expected a box$/],
    [{ x: [{}] }, { boxesColumn: "x" }, /column "x" at 0 label is missing, expected the name of/],
    [
      { x: [{ label: "m", x: 0, y: 0, h: 1 }] },
      { boxesColumn: "x" },
      /column "x" at 0 width or w is missing, expected a number$/,
    ],
    [
      { x: [{ label: "m", x: 0, y: 0, w: 0, h: 1 }] },
      { boxesColumn: "x" },
      /"t\.csv" line 5: boxes\.0\.width is 0, expected more than 0$/,
    ],
  ];
  for (const [cells, columns, message] of faults) {
    test(`says ${message.source}`, () => {
      assert.throws(
        () => recordOf({ image: "a", ...cells }, columns),
        (error) => {
          assert.ok(error instanceof ManifestError, String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

test("namedColumns() gives every column once", () => {
  const columns = {
    imageColumn: "a",
    idColumn: "a",
    reportColumns: ["b", "c"],
    metaColumns: ["c", "d"],
  };
  assert.deepEqual(namedColumns(columns), ["a", "b", "c", "d"]);
});
