/** @file What every import of lists has in common: its options, the patients of pictures, the ids of records. */
import { ConfigError, type ManifestError } from "../../util/errors.ts";
import { openIdKey, type Pseudonymize, pseudonymizer } from "../pseudonym.ts";
import type { Privacy, Split } from "../record.ts";
import { SPLITS } from "../split/assign-splits.ts";
import { type PatientOf, patientsFromPattern, patientsFromTable } from "./list-patients.ts";
import { type ListText, listError } from "./list-text.ts";
import { readListText } from "./read-list-text.ts";

/** Which lists are imported, and what becomes of them. */
export interface ListImportOptions {
  /** The list file of each split; at least one. */
  readonly lists: Readonly<Partial<Record<Split, string>>>;
  /** The folder that the lists' paths are relative to. Pictures stay where they are. */
  readonly imageRoot: string;
  /** The dataset folder to make. */
  readonly out: string;
  readonly name: string;
  readonly licence: string;
  /** A table of two columns, path and patient. */
  readonly patientsFile?: string;
  /** A regular expression whose first group over the path is the patient. */
  readonly patientPattern?: string;
  /** `private` by default. */
  readonly privacy?: Privacy;
  /** Keep ids as they are? By default only in a public set. */
  readonly keepIds?: boolean;
  /** The file of the key for pseudonyms, outside the dataset; made when absent. Needed unless ids are kept. */
  readonly idKeyFile?: string;
  /** What to do with a picture that is not there; `error` by default. */
  readonly onMissingImage?: "error" | "skip";
  /** The date and time to note, as the caller's clock has it. */
  readonly created: Date;
  /** Told now and then how many lines have been imported. */
  readonly onProgress?: (lines: number) => void;
  readonly signal?: AbortSignal;
}

/** The list of a split, read. */
export interface SplitList {
  readonly split: Split;
  readonly list: ListText;
}

/**
 * Reads the list of each split, in the usual order.
 * @throws {ConfigError} when there is none
 * @throws {ManifestError} when one cannot be read
 */
export async function readSplitLists(
  lists: ListImportOptions["lists"],
): Promise<readonly SplitList[]> {
  const read: SplitList[] = [];
  for (const split of SPLITS) {
    const source = lists[split];
    if (source !== undefined) read.push({ split, list: await readListText(source) });
  }
  if (read.length > 0) return read;
  throw new ConfigError("Cannot import lists: none is given, expected one for train, val or test");
}

/** A picture's extension behind another one. */
const TWO_EXTENSIONS = /(\.(?:png|jpe?g))\.(?:png|jpe?g)$/i;

/**
 * The error of a line whose picture is not there.
 * @param paths what was looked for, relative to the folder of pictures
 */
export function missingImage(
  list: ListText,
  line: number,
  { imageRoot, paths }: { readonly imageRoot: string; readonly paths: readonly string[] },
): ManifestError {
  const looked = paths.map((path) => JSON.stringify(path)).join(", ");
  const [, extension] = TWO_EXTENSIONS.exec(paths[0] ?? "") ?? [];
  const isOfId = paths.length > 1 && paths.every((path) => TWO_EXTENSIONS.test(path));
  const hint = isOfId ? `; its id ends in "${extension}", expected ids without an extension` : "";
  return listError(
    list,
    line,
    `its picture is not in "${imageRoot}": there is no file ${looked}${hint}; correct the list or the folder of pictures, or skip pictures that are not there`,
  );
}

/**
 * Whose pictures they are.
 * @throws {ConfigError} when both a table and a pattern are given, or the pattern is none
 * @throws {ManifestError} when the table is wrong
 */
export async function openPatients(
  { patientsFile, patientPattern }: ListImportOptions,
  imageRoot: string,
): Promise<PatientOf> {
  if (patientsFile !== undefined && patientPattern !== undefined) {
    throw new ConfigError(
      "Cannot import lists: both a table and a pattern of patients are given, expected one of them",
    );
  }
  if (patientsFile !== undefined) {
    return patientsFromTable(await readListText(patientsFile), imageRoot);
  }
  return patientPattern === undefined ? () => undefined : patientsFromPattern(patientPattern);
}

/**
 * How ids are replaced, or that they are kept.
 * @throws {ConfigError} when they are to be replaced, and no key is named
 */
export async function openPseudonyms({
  privacy = "private",
  keepIds = privacy === "public",
  idKeyFile,
}: ListImportOptions): Promise<Pseudonymize> {
  if (keepIds) return (_, id) => id;
  if (idKeyFile === undefined) {
    throw new ConfigError(
      "Cannot import lists as a private set: no key file for pseudonyms is named; name one, or keep the ids",
    );
  }
  return pseudonymizer(await openIdKey(idKeyFile));
}
