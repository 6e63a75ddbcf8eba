/** @file What `ecamp data import list` does: names the classes, imports, says what the lists share. */
import { basename, resolve } from "node:path";
import { openDataset } from "../data/dataset.ts";
import {
  type ImportListOptions,
  importLists,
  type ListImportSummary,
} from "../data/import-list.ts";
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

function describe(out: string, summary: ListImportSummary): string {
  const { imported, repeated, missingImage, patients } = summary;
  const counts = Object.entries(imported).map(([split, count]) => `${split} ${count}`);
  return [
    `Imported ${counts.join(", ")} into "${out}"`,
    `  ${patients} patients`,
    `  skipped: ${missingImage} without an image file, ${repeated} repeated lines`,
    `Next: ecamp data check ${out}`,
    "",
  ].join("\n");
}

function warningsOf(
  { patients, patientPattern, out }: ImportListArgs,
  { withoutPatient }: ListImportSummary,
  leaks: LeakReport,
): readonly string[] {
  const isAsked = patients !== undefined || patientPattern !== undefined;
  const unknown = isAsked
    ? `of ${withoutPatient} records no patient is known, so they may leak unseen`
    : "no patients are known, so patients in two lists cannot be found; name them with --patients or --patient-pattern";
  return [
    ...(withoutPatient > 0 ? [unknown] : []),
    ...describeLeaks(leaks),
    ...(leaks.leaks
      ? [`these lists leak: "ecamp data split ${out}" splits the set by patient instead`]
      : []),
  ];
}
