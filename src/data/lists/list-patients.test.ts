import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import { patientsFromPattern, patientsFromTable } from "./list-patients.ts";

const root = resolve("pictures");
const fromTable = (text: string) => patientsFromTable({ text, source: "patients.csv" }, root);

describe("patientsFromTable()", () => {
  test("finds patients by path, whatever its spelling and what stands between the cells", () => {
    const patientOf = fromTable(
      "\ufeffpath,patient\r\n./a.png, 17\r\n\r\nsub\\b.png\t18\r\nmy film.png,19",
    );
    const patients = ["a.png", "sub/b.png", "my film.png", "c.png", "path"].map(patientOf);
    assert.deepEqual(patients, ["17", "18", "19", undefined, "patient"]);
  });

  test("takes a repeated line, and refuses another patient for the same picture", () => {
    assert.equal(fromTable("a.png,1\n./a.png,1")("a.png"), "1");
    assert.throws(
      () => fromTable("a.png,1\nb.png,1\n./a.png,2"),
      new ManifestError(
        'Cannot read "patients.csv" line 3: the picture has another patient in line 1',
      ),
    );
  });

  test("names the line that has no two cells", () => {
    for (const line of ["a.png", "a.png,", ",1", "a.png,1,2", "a.png 1"]) {
      assert.throws(
        () => fromTable(`x.png,1\n${line}`),
        new ManifestError(
          'Cannot read "patients.csv" line 2: expected two cells, a path and a patient, such as a.png,17',
        ),
        line,
      );
    }
    assert.throws(() => fromTable("\n"), /it lists nothing/);
  });
});

describe("patientsFromPattern()", () => {
  const found = (pattern: string, path: string) => patientsFromPattern(pattern)(path);

  test("takes the first group, or all that matches where there is no group", () => {
    assert.equal(found("^(\\d+)_", "00001335_006.png"), "00001335");
    assert.equal(found("(\\d{8})_", "images_001/00000002_000.png"), "00000002");
    assert.equal(found("^\\d+", "17_2.png"), "17");
    assert.equal(found("patient(?<id>\\d+)/", "train/patient9/view1.jpg"), "9");
  });

  test("knows nothing where nothing matches, or the group takes no part", () => {
    assert.equal(found("^(\\d+)_", "film.png"), undefined);
    assert.equal(found("^(\\d*)", "film.png"), undefined);
    // All of "x_" would make one patient of many.
    assert.equal(found("^(?:p(\\d+)|x)_", "x_1.png"), undefined);
  });

  test("refuses what is no regular expression", () => {
    assert.throws(
      () => patientsFromPattern("(\\d+"),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(
          error.message,
          /^Cannot find patients by "\(\\d\+": it is no regular expression/,
        );
        return true;
      },
    );
  });
});
