/** @file What `ecamp data split` prints: records, patients and classes of each split and label fraction, as a table. */
import type { SplitResult } from "../data/split/split-dataset.ts";
import type { SplitPart } from "../data/split/split-summary.ts";
import { textTable } from "./text-table.ts";

function count(many: number, one: string): string {
  return `${many} ${many === 1 ? one : `${one}s`}`;
}

/** The result for people. */
export function describeSplit(folder: string, result: SplitResult): string {
  const { file, unchanged, records, patients, withoutPatient, leftOut, parts } = result;
  const lines = [
    unchanged ? `"${file}" holds this split already` : `Wrote "${file}"`,
    `  ${count(records, "record")} of ${count(patients, "patient")}${withoutPatient > 0 ? `; where no patient is named (${withoutPatient}), each picture counts as one` : ""}`,
  ];
  if (leftOut > 0) lines.push(`  ${count(leftOut, "record")} in no split`);
  lines.push("", ...tableOf(result), "");
  const smallest = parts.find(({ fraction }) => fraction !== undefined);
  if (smallest !== undefined) {
    lines.push(
      `Next: ecamp finetune classify|segment|detect --data ${folder} --labels ${smallest.fraction}% --out RUN`,
      "",
    );
  }
  return lines.join("\n");
}

function columnName({ split, fraction }: SplitPart): string {
  return fraction === undefined ? split : `${fraction} %`;
}

/** A row a class, a column a part; numbers stand to the right. */
function tableOf({ classes, parts }: SplitResult): readonly string[] {
  const rows: readonly (readonly string[])[] = [
    ["", ...parts.map(columnName)],
    ["records", ...parts.map(({ records }) => String(records))],
    ["patients", ...parts.map(({ patients }) => String(patients))],
    ...classes.map((name, c) => [name, ...parts.map(({ positives }) => String(positives[c] ?? 0))]),
  ];
  return textTable(rows);
}
