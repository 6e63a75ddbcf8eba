/** @file The options that all imports of lists take, and what they mean. */
import { basename, resolve } from "node:path";
import type { ListImportOptions } from "../data/lists/list-import.ts";
import type { Split } from "../data/record.ts";
import { UsageError } from "../util/errors.ts";
import { defaultIdKeyFile } from "./id-key.ts";

/** Their values, as an option table gives them. */
export interface ListArguments {
  readonly train: string | undefined;
  readonly val: string | undefined;
  readonly test: string | undefined;
  readonly images: string;
  readonly out: string;
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

/** Which lists, from where. */
export const LIST_INPUTS = {
  train: { type: "string", metavar: "FILE", help: "the list to train on" },
  val: { type: "string", metavar: "FILE", help: "the list to choose a model on" },
  test: { type: "string", metavar: "FILE", help: "the list to report on" },
  images: { type: "string", metavar: "DIR", required: true, help: "the pictures' folder" },
  out: { type: "string", metavar: "DIR", required: true, help: "the dataset folder to make" },
} as const;

/** What the new set is called, and what may be seen of it: of every import. */
export const SET_OPTIONS = {
  name: { type: "string", help: "the set's name; the folder's if absent" },
  licence: { type: "string", default: "unstated", help: "the licence of what it holds" },
  public: { type: "boolean", help: "hide nothing: the set holds no one's private data" },
  "keep-ids": { type: "boolean", help: "keep ids as they are, in a private set too" },
  "id-key": { type: "string", metavar: "FILE", help: "the key of hashes; the user's if absent" },
  json: { type: "boolean", help: "print the counts as JSON" },
} as const;

/** Whose pictures they are, and what becomes of those that are not there. */
export const LIST_PATIENTS = {
  patients: { type: "string", metavar: "FILE", help: "a table of two columns: path,patient" },
  "patient-pattern": {
    type: "string",
    metavar: "REGEX",
    help: "its first group over the path is the patient, such as ^(\\d+)_",
  },
  "skip-missing": { type: "boolean", help: "skip lines whose picture is not there" },
} as const;

/**
 * The options of an import.
 * @throws {UsageError} when no list is given, or patients are said twice
 */
export function listOptionsOf(args: ListArguments): ListImportOptions {
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
