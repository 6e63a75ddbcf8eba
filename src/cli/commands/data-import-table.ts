/** @file `ecamp data import table`. */
import { type Command, defineCommand } from "../command.ts";
import { SET_OPTIONS } from "../list-arguments.ts";

/** Makes a dataset folder of a table. */
export const dataImportTable: Command = defineCommand({
  path: ["data", "import", "table"],
  summary: "make a dataset folder of a CSV, TSV or JSON Lines table",
  description: `Reads a table with a row for each picture and writes a dataset folder: dataset.json and records.jsonl. Pictures stay
where they are. Say which column holds what; a column of a JSON Lines file may be a path such as labels.finding.

Masks are an object of paths by class, {"lung": "masks/a.png"}, inside --image-root; boxes a list of {"label", "x", "y",
"width", "height"} in pixels of the picture's file, from its top left corner. A label of 0 says that a picture has none.

The set is private unless --public is given: record and patient ids become keyed hashes, and the new files are readable
by you alone.`,
  positionals: {},
  options: {
    from: { type: "string", metavar: "FILE", required: true, help: ".csv, .tsv, .jsonl …" },
    "image-root": { type: "string", metavar: "DIR", required: true, help: "the pictures' folder" },
    out: { type: "string", metavar: "DIR", required: true, help: "the dataset folder to make" },
    "image-column": { type: "string", metavar: "NAME", help: "its path, inside --image-root" },
    "report-column": { type: "list", metavar: "NAME", help: "a part of the report" },
    "id-column": { type: "string", metavar: "NAME", help: "the record's id; its path if absent" },
    "patient-column": { type: "string", metavar: "NAME", help: "the patient's id" },
    "view-column": { type: "string", metavar: "NAME", help: "the view, such as PA" },
    "label-column": { type: "list", metavar: "NAME", help: "a label: 1, 0, -1 or nothing" },
    "findings-column": { type: "string", metavar: "NAME", help: "what is present: a list or A|B" },
    findings: {
      type: "string",
      metavar: "A,B,C",
      help: "all that it can name; the rest is absent",
    },
    "class-column": { type: "string", metavar: "NAME", help: "the class of a single-label set" },
    "split-column": { type: "string", metavar: "NAME", help: "train, val or test" },
    "masks-column": { type: "string", metavar: "NAME", help: "an object of mask paths by class" },
    "boxes-column": { type: "string", metavar: "NAME", help: "a list of boxes in pixels" },
    "boxes-complete": { type: "boolean", help: "an empty list of boxes says that there is none" },
    "meta-column": { type: "list", metavar: "NAME", help: "a column to keep as it is" },
    where: { type: "list", metavar: "TEST", help: "rows to take, such as view=PA or age>=18" },
    "skip-missing": { type: "boolean", help: "skip rows whose picture or mask is not there" },
    format: { type: "choice", choices: ["csv", "tsv", "jsonl"], help: "if the extension lies" },
    delimiter: { type: "string", metavar: "TEXT", help: "what stands between a CSV's cells" },
    encoding: { type: "string", default: "utf-8", help: "the text encoding" },
    ...SET_OPTIONS,
  },
  examples: [
    {
      line: "data import table --from notes.csv --image-root DIR --image-column file --report-column text --patient-column pid --out datasets/mine",
      does: "pairs of pictures and reports, with their patients",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runImportTable } = await import("../run-import-table.ts");
    return runImportTable(args, context);
  },
});
