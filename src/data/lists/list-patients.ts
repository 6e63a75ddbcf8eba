/** @file Whose picture it is, where a list does not say: from a table of two columns, or by a pattern over the path. */
import { ConfigError } from "../../util/errors.ts";
import { listImagePath } from "./list-path.ts";
import { type ListText, listError, listLines } from "./list-text.ts";

/** The patient of a picture, by its path in the dataset; undefined where nothing is known. */
export type PatientOf = (path: string) => string | undefined;

/**
 * Patients from a table of two columns, path and patient, with a comma or tab between them. A header does no harm, since no
 * picture is called like it; a path that is in no list neither. Paths start from the folder of pictures, as in a list.
 * @throws {ManifestError} naming the line, when it has other than two cells, or another patient than a line before
 */
export function patientsFromTable(list: ListText, imageRoot: string): PatientOf {
  const patients = new Map<string, { readonly patient: string; readonly line: number }>();
  for (const { line, text } of listLines(list)) {
    const [cell = "", patient = "", ...more] = text.split(/[,\t]/).map((one) => one.trim());
    if (cell === "" || patient === "" || more.length > 0) {
      throw listError(list, line, "expected two cells, a path and a patient, such as a.png,17");
    }
    // A path outside is no picture of any list, and may as well stand for itself.
    const path = listImagePath(cell, imageRoot) ?? cell;
    const first = patients.get(path) ?? { patient, line };
    patients.set(path, first);
    if (first.patient !== patient) {
      throw listError(list, line, `the picture has another patient in line ${first.line}`);
    }
  }
  return (path) => patients.get(path)?.patient;
}

/**
 * Patients by a regular expression over the path: its first group, or all that it matches where it has no group.
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
    const [all, ...groups] = expression.exec(path) ?? [];
    const found = groups.length > 0 ? groups[0] : all;
    return found === "" ? undefined : found;
  };
}
