/** @file What `ecamp data import list` does: names the classes, imports, says what the lists share. */
import { openDataset } from "../data/dataset.ts";
import { importLists } from "../data/import-list.ts";
import type { ListImportSummary } from "../data/lists/list-counter.ts";
import { LIST_PRESETS } from "../data/lists/list-presets.ts";
import { findLeaks } from "../data/split/find-leaks.ts";
import { UsageError } from "../util/errors.ts";
import { type ListArguments, listOptionsOf } from "./list-arguments.ts";
import { listWarnings, plural } from "./list-warnings.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp data import list`, as its option table gives them. */
export interface ImportListArgs extends ListArguments {
  readonly classes: string | undefined;
  readonly preset: string | undefined;
}

/** Imports lists and prints the counts. */
export async function runImportList(
  args: ImportListArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const options = { ...listOptionsOf(args), classes: classesOf(args), signal };
  const summary = await withProgress(terminal, { label: "import", unit: "lines" }, (progress) =>
    importLists({ ...options, onProgress: (lines) => progress.update(lines) }),
  );
  const leaks = await findLeaks(await openDataset(args.out), { signal });
  if (args.json) terminal.out(`${JSON.stringify({ ...summary, leaks })}\n`);
  else terminal.out(describe(args.out, summary));
  for (const warning of listWarnings(args, summary, leaks)) {
    terminal.err(`warning: ${warning}\n`);
  }
  return 0;
}

/** The names between commas, or those of the preset. */
function classesOf({ classes, preset }: ImportListArgs): readonly string[] {
  if ((classes === undefined) === (preset === undefined)) {
    throw new UsageError(
      "Cannot import lists: their classes are to be named once, expected either --classes or --preset",
    );
  }
  if (classes !== undefined) return classes.split(",").map((name) => name.trim());
  const found = Object.entries(LIST_PRESETS).find(([name]) => name === preset);
  if (found === undefined) throw new UsageError(`Cannot use --preset "${preset}": it is unknown`);
  return found[1];
}

function describe(out: string, summary: ListImportSummary): string {
  const { imported, repeated, missingImage, patients } = summary;
  const counts = Object.entries(imported).filter(([, count]) => count > 0);
  return [
    `Imported ${counts.map(([split, count]) => `${split} ${count}`).join(", ")} into "${out}"`,
    `  ${plural(patients, "patient", "patients")}`,
    `  skipped: ${missingImage} without an image file, ${plural(repeated, "repeated line", "repeated lines")}`,
    `Next: ecamp data check ${out}`,
    "",
  ].join("\n");
}
