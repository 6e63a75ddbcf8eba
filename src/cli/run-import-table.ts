/** @file What `ecamp data import table` does: names the defaults, shows progress, prints what became of the rows. */
import { basename, resolve } from "node:path";
import type { ImportSummary } from "../data/import-summary.ts";
import { type ImportTableOptions, importTable } from "../data/import-table.ts";
import type { TableFormat } from "../data/open-table.ts";
import { parseRowFilter } from "../data/row-filter.ts";
import { defaultIdKeyFile } from "./id-key.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext, Terminal } from "./terminal.ts";

/** The arguments of `ecamp data import table`, as its option table gives them. */
export interface ImportTableArgs {
  readonly from: string;
  readonly imageRoot: string;
  readonly out: string;
  readonly name: string | undefined;
  readonly licence: string;
  readonly format: TableFormat | undefined;
  readonly delimiter: string | undefined;
  readonly encoding: string;
  readonly imageColumn: string | undefined;
  readonly reportColumn: readonly string[];
  readonly idColumn: string | undefined;
  readonly patientColumn: string | undefined;
  readonly viewColumn: string | undefined;
  readonly labelColumn: readonly string[];
  readonly findingsColumn: string | undefined;
  readonly findings: string | undefined;
  readonly classColumn: string | undefined;
  readonly splitColumn: string | undefined;
  readonly masksColumn: string | undefined;
  readonly boxesColumn: string | undefined;
  readonly boxesComplete: boolean;
  readonly metaColumn: readonly string[];
  readonly where: readonly string[];
  readonly skipMissing: boolean;
  readonly public: boolean;
  readonly keepIds: boolean;
  readonly idKey: string | undefined;
  readonly json: boolean;
}

/** Imports a table and prints the counts. */
export async function runImportTable(
  args: ImportTableArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const summary = await withProgress(terminal, { label: "import", unit: "rows" }, (progress) =>
    importTable({ ...optionsOf(args), signal, onProgress: (rows) => progress.update(rows) }),
  );
  showSummary({ summary, args, terminal });
  return 0;
}

function optionsOf(args: ImportTableArgs): ImportTableOptions {
  return {
    from: args.from,
    imageRoot: args.imageRoot,
    out: args.out,
    name: args.name ?? basename(resolve(args.out)),
    licence: args.licence,
    encoding: args.encoding,
    privacy: args.public ? "public" : "private",
    keepIds: args.keepIds || args.public,
    idKeyFile: args.idKey ?? defaultIdKeyFile(),
    filters: args.where.map(parseRowFilter),
    onMissingImage: args.skipMissing ? "skip" : "error",
    created: new Date(),
    reportColumns: args.reportColumn,
    labelColumns: args.labelColumn,
    metaColumns: args.metaColumn,
    emptyBoxes: args.boxesComplete ? "none" : "unknown",
    ...given({
      format: args.format,
      delimiter: args.delimiter,
      imageColumn: args.imageColumn,
      idColumn: args.idColumn,
      patientColumn: args.patientColumn,
      viewColumn: args.viewColumn,
      findingsColumn: args.findingsColumn,
      findings: args.findings?.split(",").map((name) => name.trim()),
      classColumn: args.classColumn,
      splitColumn: args.splitColumn,
      masksColumn: args.masksColumn,
      boxesColumn: args.boxesColumn,
    }),
  };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}

function showSummary({
  summary,
  args,
  terminal,
}: {
  readonly summary: ImportSummary;
  readonly args: ImportTableArgs;
  readonly terminal: Terminal;
}): void {
  if (args.json) {
    terminal.out(`${JSON.stringify(summary)}\n`);
    return;
  }
  const { rows, imported, skipped, missingImageLines } = summary;
  const lines = [
    `Imported ${imported} of ${rows} rows into "${args.out}"`,
    `  ${summary.withReport} with a report, ${summary.emptyReports} with an empty one; ${summary.patients} patients`,
    `  skipped: ${skipped.filtered} by --where, ${skipped.missingImage} without an image file, ${skipped.blank} blank`,
  ];
  if (missingImageLines.length > 0) {
    lines.push(`  first lines without an image: ${missingImageLines.join(", ")}`);
  }
  if (summary.withoutPatient > 0) lines.push(`  ${summary.withoutPatient} name no patient`);
  lines.push(`Next: ecamp data check ${args.out}`);
  terminal.out(`${lines.join("\n")}\n`);
}
