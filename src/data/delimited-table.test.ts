import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { ManifestError } from "../util/errors.ts";
import type { DelimitedOptions } from "./delimited-table.ts";
import { delimitedTable } from "./delimited-table.ts";

const root = await mkdtemp(join(tmpdir(), "delimited-table-"));
after(() => rm(root, { recursive: true, force: true }));
const path = join(root, "table.csv");

type Changes = Partial<DelimitedOptions> & { readonly required?: readonly string[] };

/** The table's rows: line and cells under the required columns (`a` and `b` unless said otherwise). */
async function read(
  content: string | Uint8Array,
  { required = ["a", "b"], ...changes }: Changes = {},
): Promise<unknown[]> {
  await writeFile(path, content);
  const table = delimitedTable({ path, delimiter: ",", encoding: "utf-8", ...changes });
  const rows: unknown[] = [];
  for await (const row of table.rows(required)) {
    rows.push([row.line, ...required.map((column) => row.cell(column))]);
  }
  return rows;
}

describe("delimitedTable()", () => {
  test("numbers rows by the lines that they begin at", async () => {
    const content = '\ufeff b ,a,c\r\n1,2,3\r\n\r\n"x\r\ny","p\nq\r",\r\n5,6,7';
    assert.deepEqual(await read(content), [
      [2, "2", "1"],
      [4, "p\nq\r", "x\r\ny"],
      [8, "6", "5"],
    ]);
  });

  test("gives undefined for a column that is not there", async () => {
    await writeFile(path, "a,b\n1,2\n");
    const table = delimitedTable({ path, delimiter: ",", encoding: "utf-8" });
    for await (const row of table.rows([])) {
      assert.equal(row.cell("z"), undefined);
      assert.deepEqual(row.columns(), ["a", "b"]);
    }
  });

  test("reads tabs, where a quotation mark may stand in a cell", async () => {
    assert.deepEqual(await read('a\tb\n1\tthe "left" lung\n', { delimiter: "\t" }), [
      [2, "1", 'the "left" lung'],
    ]);
  });

  test("reads other encodings when told to", async () => {
    const content = Buffer.from("a;b\n1;caf\xe9\n", "latin1");
    assert.deepEqual(await read(content, { delimiter: ";", encoding: "windows-1252" }), [
      [2, "1", "café"],
    ]);
    const wide = Buffer.from("\ufeffa,b\n1,é\n", "utf16le");
    assert.deepEqual(await read(wide, { encoding: "utf-16le" }), [[2, "1", "é"]]);
  });

  test("reads back any cells", async () => {
    const special = fc.constantFrom('"', ",", "\n", "\r\n", "\r", "\t", " ", "\ufeff", "é", "😀");
    const piece = fc.oneof(fc.string({ unit: "grapheme", maxLength: 8 }), special);
    const cell = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(""));
    const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { maxLength: 12 }),
        fc.constantFrom("\n", "\r\n"),
        async (rows, end) => {
          const lines = ["a,b", ...rows.map((cells) => cells.map(quote).join(","))];
          const found = await read(lines.join(end));
          assert.deepEqual(
            found.map((row) => Array.isArray(row) && row.slice(1)),
            rows,
          );
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });

  const faults: readonly {
    readonly what: string;
    readonly content: string | Uint8Array;
    readonly changes?: Changes;
    readonly message: RegExp;
  }[] = [
    {
      what: "a missing column",
      content: "image,texts,view\na.png,x,PA\n",
      changes: { required: ["image", "text"] },
      message:
        /^Cannot read ".*table\.csv": it has no column "text", did you mean "texts"\? its columns are "image", "texts", "view"$/,
    },
    {
      what: "another missing column",
      content: "a,b\n",
      changes: { required: ["patient"] },
      message: /it has no column "patient"; its columns are "a", "b"$/,
    },
    {
      what: "a column that is there twice",
      content: "a,b,b\n1,x,y\n",
      message: /it has 2 columns named "b"$/,
    },
    {
      what: "a ragged row",
      content: 'a,b\n1,"x\ny"\n2,x,y\n',
      message: /line 4: the row has 3 cells, expected the header's 2$/,
    },
    {
      what: "an unclosed quotation mark",
      content: 'a,b\n1,x\n2,"the heart\n',
      message: /near line 3: a quotation mark is never closed$/,
    },
    {
      what: "a quotation mark inside a cell",
      content: 'a,b\n1,the "heart" is\n',
      message: /near line 2: a quotation mark stands inside a cell that is not quoted$/,
    },
    {
      what: "text after a closing quotation mark",
      content: 'a,b\n1,"the heart" is\n',
      message: /near line 2: something follows the closing quotation mark of a cell$/,
    },
    {
      what: "a huge row",
      content: `a,b\n1,${"x".repeat(2 ** 24)}\n`,
      message: /near line 2: the row is longer than 16777215 characters/,
    },
    { what: "an empty file", content: "", message: /table\.csv": it is empty$/ },
    {
      what: "another delimiter",
      content: "a;b\n1;2\n",
      message: /its header is a single column that contains ";"; name that as the delimiter$/,
    },
    {
      what: "bytes of another encoding",
      content: Uint8Array.of(97, 44, 98, 10, 0xe9, 44, 49),
      message: /it is not utf-8 text; name its encoding, such as windows-1252$/,
    },
  ];
  for (const { what, content, changes, message } of faults) {
    test(`refuses ${what} without quoting it`, async () => {
      await assert.rejects(read(content, changes), (error) => {
        assert.ok(error instanceof ManifestError, String(error));
        assert.match(error.message, message);
        assert.equal(error.cause, undefined);
        return true;
      });
    });
  }

  test("refuses an unknown encoding and a missing file", async () => {
    await assert.rejects(read("a,b\n", { encoding: "klingon" }), /unknown encoding, expected one/);
    const absent = { path: join(root, "absent.csv") };
    await assert.rejects(read("a,b\n", absent), /^ManifestError: Cannot read ".*": no such file$/);
  });

  test("stops when told to", async () => {
    await writeFile(path, "a\n1\n");
    const table = delimitedTable({ path, delimiter: ",", encoding: "utf-8" });
    const signal = AbortSignal.abort(new RangeError("enough"));
    await assert.rejects(table.rows([], signal).next(), new RangeError("enough"));
  });
});
