import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManifestError } from "../../util/errors.ts";
import { parseLabelList } from "./label-list.ts";
import { LIST_PRESETS } from "./list-presets.ts";

const list = (text: string) => ({ text, source: "train.txt" });
const fails = (text: string, message: string): void =>
  assert.throws(() => parseLabelList(list(text)), new ManifestError(message));

describe("parseLabelList()", () => {
  test("reads paths and labels, whatever the white space and line ends", () => {
    assert.deepEqual(parseLabelList(list("\ufeffa/1.png 0 1\r\n\n  b.jpg\t1  -1 \n")), [
      { line: 1, path: "a/1.png", labels: [0, 1] },
      { line: 3, path: "b.jpg", labels: [1, -1] },
    ]);
  });

  test("splits at commas where the first line has them; then a path may hold spaces", () => {
    assert.deepEqual(parseLabelList(list("my film.png, 0,-1\r\nb,1,1")), [
      { line: 1, path: "my film.png", labels: [0, -1] },
      { line: 2, path: "b", labels: [1, 1] },
    ]);
    assert.deepEqual(parseLabelList(list("a,1.png 0 1")), [
      { line: 1, path: "a,1.png", labels: [0, 1] },
    ]);
    fails(
      "a.png,0\nb.png 1",
      'Cannot read "train.txt" line 2: a path without labels, expected labels behind it',
    );
    fails(
      "a.png,0\nb.png,",
      'Cannot read "train.txt" line 2: a label is "", expected a whole number',
    );
  });

  test("refuses a header, as the lists of other tasks have it", () => {
    for (const header of ["image_path,bbox", "ImageId, EncodedPixels", "Image Index,Finding"]) {
      assert.throws(() => parseLabelList(list(`${header}\na.png,1`)), {
        name: "ManifestError",
        message: /line 1: it looks like the header of a table, expected lines such as "a\.png 0 1"/,
      });
    }
  });

  test("names the line of what it cannot read", () => {
    fails(
      "a.png 0\nb.png",
      'Cannot read "train.txt" line 2: a path without labels, expected labels behind it',
    );
    fails(
      "my film.png 0 1",
      'Cannot read "train.txt" line 1: a label is "film.png", expected a whole number; where a path holds a space, put commas between path and labels',
    );
    fails(
      "\na.png 0 1\nb.png 0",
      'Cannot read "train.txt" line 3: its number of labels is 1, expected 2 as in line 2',
    );
    fails("a.png 0.5", 'Cannot read "train.txt" line 1: a label is "0.5", expected a whole number');
    fails(" \n\n", 'Cannot read "train.txt": it lists nothing');
  });
});

test("LIST_PRESETS have as many classes as their datasets, none twice", () => {
  const counts = Object.entries(LIST_PRESETS).map(([name, { length }]) => `${name} ${length}`);
  assert.deepEqual(counts, [
    "chestxray14 14",
    "chexpert 5",
    "rsna 1",
    "odir5k 8",
    "mured 20",
    "aptos2019 5",
    "covidx 3",
  ]);
  for (const classes of Object.values(LIST_PRESETS)) {
    assert.equal(new Set(classes).size, classes.length);
  }
});
