/** @file `ecamp data import table`. */
import { type Command, defineCommand } from "../command.ts";

/** Makes a dataset folder of a table. */
export const dataImportTable: Command = defineCommand({
  path: ["data", "import", "table"],
  summary: "make a dataset folder of a CSV, TSV or JSON Lines table",
  description: `Reads a table with a row for each picture and writes a dataset folder: dataset.json and records.jsonl. Pictures stay
where they are. Say which column holds what; a column of a JSON Lines file may be a path such as labels.finding.

The set is private unless --public is given: record and patient ids become keyed hashes, and the new files are readable
by you alone.`,
  positionals: { table: { help: "the table: .csv, .tsv, .tab, .jsonl or .ndjson" } },
  options: {
    "image-root": { type: "string", metavar: "DIR", required: true, help: "the pictures' folder" },
    out: { type: "string", metavar: "DIR", required: true, help: "the dataset folder to make" },
    image: { type: "string", metavar: "COLUMN", help: "the picture's path, inside --image-root" },
    report: { type: "list", metavar: "COLUMN", help: "a part of the report" },
    id: {
      type: "string",
      metavar: "COLUMN",
      help: "the record's id; the picture's path if absent",
    },
    patient: { type: "string", metavar: "COLUMN", help: "the patient's id" },
    view: { type: "string", metavar: "COLUMN", help: "the view, such as PA" },
    label: { type: "list", metavar: "COLUMN", help: "a label: 1, 0, -1 (uncertain) or nothing" },
    class: { type: "string", metavar: "COLUMN", help: "the one class of a single-label task" },
    split: { type: "string", metavar: "COLUMN", help: "train, val or test" },
    masks: { type: "string", metavar: "COLUMN", help: "an object of mask paths by class" },
    boxes: { type: "string", metavar: "COLUMN", help: "a list of boxes in pixels" },
    meta: { type: "list", metavar: "COLUMN", help: "a column to keep as it is" },
    where: { type: "list", metavar: "TEST", help: "rows to take, such as view=PA or age>=18" },
    "skip-missing": { type: "boolean", help: "skip rows whose picture is not there" },
    format: { type: "choice", choices: ["csv", "tsv", "jsonl"], help: "if the extension lies" },
    delimiter: { type: "string", metavar: "TEXT", help: "what stands between a CSV's cells" },
    encoding: { type: "string", default: "utf-8", help: "the text encoding" },
    name: { type: "string", help: "the set's name; the folder's if absent" },
    licence: { type: "string", default: "unstated", help: "the licence of pictures and reports" },
    public: { type: "boolean", help: "hide nothing: the set holds no one's private data" },
    "keep-ids": { type: "boolean", help: "keep ids as they are, in a private set too" },
    "id-key": {
      type: "string",
      metavar: "FILE",
      help: "the key of the hashes; one per user if absent",
    },
    json: { type: "boolean", help: "print the counts as JSON" },
  },
  examples: [
    {
      line: "data import table reports.csv --image-root images --image path --report findings --report impression --patient pid --out datasets/mine",
      does: "pairs of pictures and reports, with their patients",
    },
  ],
  run: async (args, context) => {
    const { runImportTable } = await import("../run-import-table.ts");
    return runImportTable(args, context);
  },
});
