/** @file Whose picture it is, where a list does not say: from a table of two columns, or by a pattern over the path. */
import { ConfigError } from "../../util/errors.ts";
import { describeValue } from "../describe-value.ts";
import { type ListText, listError, listLines } from "./list-text.ts";

/** The patient of a picture, by its path in the list; undefined where nothing is known. */
export type PatientOf = (path: string) => string | undefined;

/**
 * Patients from a table of two columns, path and patient, with a comma or tab between them. A header does no harm, since no
 * picture is called like it; a path that is in no list neither.
 * @throws {ManifestError} naming the line, when it has other than two cells, or another patient than a line before
 */
export function patientsFromTable(list: ListText): PatientOf {
  const patients = new Map<string, { readonly patient: string; readonly line: number }>();
  for (const { line, text } of listLines(list)) {
    const [path, patient, ...more] = text.split(/[,\t]/).map((cell) => cell.trim());
    if (path === undefined || patient === undefined || patient === "" || more.length > 0) {
      throw listError(list, line, "expected two cells, a path and a patient, such as a.png,17");
    }
    const first = patients.get(path) ?? { patient, line };
    patients.set(path, first);
    if (first.patient !== patient) {
      throw listError(
        list,
        line,
        `the patient of ${describeValue(path)} is another than in line ${first.line}`,
      );
    }
  }
  return (path) => patients.get(path)?.patient;
}

/**
 * Patients by a regular expression over the path: its first group, or all that it matches where it has none.
 * `^(\d+)_` takes `00001335` from `00001335_006.png`.
 * @throws {ConfigError} when it is no regular expression
 */
export function patientsFromPattern(pattern: string): PatientOf {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, "u");
  } catch (error) {
    throw new ConfigError(
      `Cannot find patients by "${pattern}": it is no regular expression, expected one such as ^(\\d+)_`,
      { cause: error },
    );
  }
  return (path) => {
    const match = expression.exec(path);
    const found = match?.[1] ?? match?.[0];
    return found === "" ? undefined : found;
  };
}
