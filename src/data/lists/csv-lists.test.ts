import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManifestError } from "../../util/errors.ts";
import { listRows } from "./list-text.ts";
import { parseRigaList } from "./riga-list.ts";
import { detectionRows, parseRsnaList } from "./rsna-list.ts";
import { drawSiimTraining, isNegative, parseSiimList } from "./siim-list.ts";

const list = (text: string) => ({ text, source: "list.csv" });
const manifestError = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ManifestError, String(error));
  assert.match(error.message, message);
  return true;
};

describe("listRows()", () => {
  test("numbers rows by their lines, past blank ones and quoted line ends", () => {
    const rows = listRows(list('\ufeff a , b\r\n1,2\n\n"3\n4",5\n6,7\n'), ["b"]);
    assert.deepEqual(
      rows.map(({ line, cell }) => [line, cell("b")]),
      [
        [2, "2"],
        [5, "5"],
        [6, "7"],
      ],
    );
  });

  test("refuses what is no table with these columns, without quoting cells", () => {
    const refuses = (text: string, message: RegExp): void =>
      assert.throws(() => listRows(list(text), ["a"]), manifestError(message));
    refuses("b\n1", /^Cannot read "list\.csv": it has no column "a"/);
    refuses("a,b\n1,2\n3", /line 3: the row has 1 cells, expected the header's 2$/);
    refuses(
      'a\n"secret',
      /^Cannot read "list\.csv" near line \d: a quotation mark is never closed$/,
    );
    refuses("a\n", /it lists nothing/);
    refuses("", /^Cannot read "list\.csv": it lists nothing$/);
  });
});

describe("parseSiimList()", () => {
  test("unites the codes of a picture, in order of first appearance", () => {
    const images = parseSiimList(list("ImageId, EncodedPixels\nb,1 2\na, -1\nb,5 6 7  8\n"));
    assert.deepEqual(images, [
      { line: 2, id: "b", path: "train/images/1024/dicom/b.png", codes: ["1 2", "5 6 7 8"] },
      { line: 3, id: "a", path: "train/images/1024/dicom/a.png", codes: ["-1"] },
    ]);
    assert.deepEqual(images.map(isNegative), [false, true]);
  });

  test("refuses codes that are none, and pictures that contradict themselves", () => {
    const refuses = (rows: string, message: RegExp): void =>
      assert.throws(
        () => parseSiimList(list(`ImageId,EncodedPixels\n${rows}`)),
        manifestError(message),
      );
    refuses("a,1 2 3", /line 2: column "EncodedPixels" is no run-length code, expected pairs/);
    refuses("a,", /line 2: column "EncodedPixels"/);
    refuses(",1 2", /line 2: column "ImageId" is empty/);
    refuses("a,1 2\nb,1 2\na,-1", /line 4: the picture has a row before, in line 2/);
    refuses("a,-1\na,-1", /line 3: the picture has a row before/);
  });
});

describe("drawSiimTraining()", () => {
  const images = parseSiimList(
    list("ImageId,EncodedPixels\nn1,-1\np1,1 2\nn2,-1\nn3,-1\np2,3 4\n"),
  );

  test("takes the positives, then as many negatives as were drawn, in list order", () => {
    const asked: unknown[] = [];
    const chosen = drawSiimTraining(images, (ids, size) => {
      asked.push(ids, size);
      return ["n3", "n1"];
    });
    assert.deepEqual(asked, [["n1", "n2", "n3"], 2]);
    assert.deepEqual(
      chosen.map(({ id }) => id),
      ["p1", "p2", "n1", "n3"],
    );
  });

  test("takes all negatives where there are fewer, and refuses a draw that is none", () => {
    const few = images.filter(({ id }) => id !== "n1" && id !== "n2");
    const all = drawSiimTraining(few, (ids, size) => ids.slice(0, size));
    assert.deepEqual(
      all.map(({ id }) => id),
      ["p1", "p2", "n3"],
    );
    for (const drawn of [["n1"], ["n1", "n1"], ["n1", "p1"], ["n1", "n2", "n3"]]) {
      assert.throws(() => drawSiimTraining(images, () => drawn), RangeError, drawn.join());
    }
  });
});

describe("parseRsnaList() and detectionRows()", () => {
  const rsna = (...cells: readonly string[]) => {
    return list(`image_path,bbox\n${cells.map((cell, i) => `${i}.png,"${cell}"`).join("\n")}`);
  };

  test("turn corners into centre and size, ten rows a picture", () => {
    const boxes = rsna("[[1.0, 2, 4, 9], [0.0, 0.0, 1.0, 1.0]]", "[[0.0, 0.0, 0.0, 0.0]]");
    const [first, none] = parseRsnaList(boxes).map((row) => detectionRows(row, boxes));
    assert.deepEqual(first?.slice(0, 3), [
      [0, 2.5, 5.5, 3, 7],
      [0, 0.5, 0.5, 1, 1],
      [0, 0, 0, 0, 0],
    ]);
    assert.equal(first?.length, 10);
    assert.deepEqual(none, new Array(10).fill([0, 0, 0, 0, 0]));
  });

  test("cut the centres of boxes that are written without a point", () => {
    const boxes = rsna("[[1, 2, 4, 9], [3, 3, 4, 4]]");
    const [row = assert.fail()] = parseRsnaList(boxes);
    assert.deepEqual(detectionRows(row, boxes).slice(0, 2), [
      [0, 2, 5, 3, 7],
      [0, 3, 3, 1, 1],
    ]);
  });

  test("refuse what is no list of boxes, and an eleventh", () => {
    for (const cell of [
      "",
      "[1, 2, 3, 4]",
      "[[1, 2, 3]]",
      "[[1, 2, 3, nan]]",
      "x",
      "[[1,2,3,'4']]",
    ]) {
      assert.throws(
        () => parseRsnaList(rsna("[[1, 2, 3, 4]]", cell)),
        manifestError(/line 3: column "bbox" is no list of boxes/),
      );
    }
    const many = rsna(JSON.stringify(new Array(11).fill([1, 2, 3, 4])));
    const [row = assert.fail()] = parseRsnaList(many);
    assert.throws(
      () => detectionRows(row, many),
      manifestError(/^Cannot read "list\.csv" line 2: it has 11 boxes, expected at most 10$/),
    );
  });
});

test("parseRigaList() reads pairs of paths, spaces in them too", () => {
  const rows = parseRigaList(list("img_path,mask_path\nA/image 2.tif,B/image 2.tif\n"));
  assert.deepEqual(rows, [{ line: 2, image: "A/image 2.tif", mask: "B/image 2.tif" }]);
  assert.throws(
    () => parseRigaList(list("img_path,mask_path\na,\n")),
    manifestError(/line 2: column "mask_path" is empty, expected a path/),
  );
});
