/** @file What `ecamp data check` prints: what the dataset has, then what is wrong with it. */
import { checkDataset, type DatasetCheck } from "../data/check-dataset.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext } from "./terminal.ts";

/** Checks a dataset folder, prints, and returns whether it may be used. */
export async function showDatasetCheck(
  {
    folder,
    files,
    readImages,
    json,
  }: {
    readonly folder: string;
    readonly files: boolean;
    readonly readImages: boolean;
    readonly json: boolean;
  },
  { terminal, signal }: CommandContext,
): Promise<boolean> {
  const found = await withProgress(terminal, { label: "check", unit: "records" }, (progress) =>
    checkDataset({
      ...{ folder, files, readImages, signal },
      onProgress: (records) => progress.update(records),
    }),
  );
  terminal.out(json ? `${JSON.stringify(found)}\n` : describe(folder, found));
  return found.ok;
}

function describe(folder: string, found: DatasetCheck): string {
  const { records, splits, withImage, withReport, distinctReports, patients } = found;
  const parts = Object.entries(splits).filter(([, count]) => count > 0);
  const lines = [
    `"${folder}": ${records} records, ${patients} patients`,
    `  ${withImage} with an image, ${withReport} with a report (${distinctReports} distinct)`,
    `  ${found.contexts} with a distilled context, ${found.windows} with a window`,
    `  splits: ${parts.map(([split, count]) => `${split} ${count}`).join(", ")}`,
  ];
  if (found.split !== undefined) {
    const { seed, fractions } = found.split;
    lines.push(`  split.jsonl: seed ${seed}, labels at ${fractions.join(", ")} %`);
  }
  for (const { severity, message, examples, count } of found.problems) {
    const more = count > examples.length ? ", …" : "";
    lines.push(`${severity}: ${message} (${examples.join(", ")}${more})`);
  }
  lines.push(
    found.ok ? "The set may be used" : "The set may not be used before its errors are mended",
  );
  return `${lines.join("\n")}\n`;
}
