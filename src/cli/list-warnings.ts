/** @file What an import of lists warns of: patients that are not known, and what the lists share. */
import type { ListImportSummary } from "../data/lists/list-counter.ts";
import { describeLeaks, type LeakReport } from "../data/split/find-leaks.ts";
import type { ListArguments } from "./list-arguments.ts";

/** Of what stands in two lists, so many are named. */
const MAX_NAMED = 3;

/** `1 patient`, `2 patients`. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
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
  { patients, patientPattern }: ListArguments,
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

/** What is to be said of lists that were imported: of patients that are not known, and of what the lists share. */
export function listWarnings(
  args: ListArguments,
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
