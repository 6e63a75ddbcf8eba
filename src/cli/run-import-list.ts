/** @file What `ecamp data import list` does: names the classes, imports, says what the lists share. */
import { basename, resolve } from "node:path";
import { openDataset } from "../data/dataset.ts";
import { type ImportListOptions, importLists } from "../data/import-list.ts";
import type { ListImportSummary } from "../data/lists/list-counter.ts";
import { LIST_PRESETS } from "../data/lists/list-presets.ts";
import type { Split } from "../data/record.ts";
import { describeLeaks, findLeaks, type LeakReport } from "../data/split/find-leaks.ts";
import { UsageError } from "../util/errors.ts";
import { defaultIdKeyFile } from "./id-key.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp data import list`, as its option table gives them. */
export interface ImportListArgs {
  readonly train: string | undefined;
  readonly val: string | undefined;
  readonly test: string | undefined;
  readonly images: string;
  readonly out: string;
  readonly classes: string | undefined;
  readonly preset: string | undefined;
  readonly patients: string | undefined;
  readonly patientPattern: string | undefined;
  readonly skipMissing: boolean;
  readonly name: string | undefined;
  readonly licence: string;
  readonly public: boolean;
  readonly keepIds: boolean;
  readonly idKey: string | undefined;
  readonly json: boolean;
}

/** Of what stands in two lists, so many are named. */
const MAX_NAMED = 3;

/** Imports lists and prints the counts. */
export async function runImportList(
  args: ImportListArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const options = { ...optionsOf(args), signal };
  const summary = await withProgress(terminal, { label: "import", unit: "lines" }, (progress) =>
    importLists({ ...options, onProgress: (lines) => progress.update(lines) }),
  );
  const leaks = await findLeaks(await openDataset(args.out), { signal });
  if (args.json) terminal.out(`${JSON.stringify({ ...summary, leaks })}\n`);
  else terminal.out(describe(args.out, summary));
  for (const warning of warningsOf(args, summary, leaks)) {
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

function optionsOf(args: ImportListArgs): ImportListOptions {
  const { train, val, test, patients, patientPattern } = args;
  const lists: Partial<Record<Split, string>> = {};
  if (train !== undefined) lists.train = train;
  if (val !== undefined) lists.val = val;
  if (test !== undefined) lists.test = test;
  if (Object.keys(lists).length === 0) {
    throw new UsageError(
      "Cannot import lists: none is given, expected at least one of --train, --val and --test",
    );
  }
  if (patients !== undefined && patientPattern !== undefined) {
    throw new UsageError(
      "Cannot import lists: --patients and --patient-pattern exclude each other",
    );
  }
  return {
    lists,
    imageRoot: args.images,
    classes: classesOf(args),
    out: args.out,
    name: args.name ?? basename(resolve(args.out)),
    licence: args.licence,
    privacy: args.public ? "public" : "private",
    keepIds: args.keepIds || args.public,
    idKeyFile: args.idKey ?? defaultIdKeyFile(),
    onMissingImage: args.skipMissing ? "skip" : "error",
    created: new Date(),
    ...(patients !== undefined && { patientsFile: patients }),
    ...(patientPattern !== undefined && { patientPattern }),
  };
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
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

/** What stands in two lists by name, as far as it may be named. */
function namesOf({ examples }: LeakReport): string {
  const names = [...(examples?.images ?? []), ...(examples?.patients ?? [])];
  if (names.length === 0) return "";
  return `, such as ${names
    .slice(0, MAX_NAMED)
    .map((name) => JSON.stringify(name))
    .join(", ")}`;
}

function patientWarning(
  { patients, patientPattern }: ImportListArgs,
  { withoutPatient, patients: known }: ListImportSummary,
): readonly string[] {
  if (withoutPatient === 0) return [];
  if (patients === undefined && patientPattern === undefined) {
    return [
      "no patients are known, so patients in two lists cannot be found; name them with --patients or --patient-pattern",
    ];
  }
  const source = patients === undefined ? "--patient-pattern" : "--patients";
  if (known === 0) return [`${source} fits no path of the lists, so no patients are known`];
  return [
    `${source} gives no patient for ${plural(withoutPatient, "record", "records")}, which may leak unseen`,
  ];
}

function warningsOf(
  args: ImportListArgs,
  summary: ListImportSummary,
  leaks: LeakReport,
): readonly string[] {
  const found = describeLeaks(leaks);
  return [
    ...patientWarning(args, summary),
    ...(found.length === 0
      ? []
      : [
          `these lists leak: ${found.join("; ")}${namesOf(leaks)}; "ecamp data split ${args.out}" splits the set by patient instead`,
        ]),
  ];
}
