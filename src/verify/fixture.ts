/** @file Reads a fixture folder: `fixture.json` with `tensors.safetensors` and/or `cases.jsonl`. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseWith } from "../data/schema-error.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, ManifestError } from "../util/errors.ts";
import { readJsonLines } from "../util/jsonl.ts";
import type { NdArray } from "../util/nd-array.ts";
import { openSafetensors } from "../weights/safetensors.ts";

/** A fixture folder, its small file parsed and its large ones read when asked. */
export interface Fixture {
  /** The folder. */
  readonly directory: string;
  /** Which replay it wants, such as `pretrain`. */
  readonly kind: string;
  /** `fixture.json` as it stands; each kind parses what it uses with zod. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The names in `tensors.safetensors`, in file order; empty when there is none. */
  readonly tensorNames: readonly string[];
  /** One tensor by its name. Throws `ManifestError` when it is absent. */
  tensor(name: string): Promise<NdArray>;
  /** The lines of `cases.jsonl` (or another JSONL file of the folder), parsed. */
  cases(file?: string): Promise<readonly unknown[]>;
}

const DESCRIPTION = "fixture.json";
const TENSORS = "tensors.safetensors";
const CASES = "cases.jsonl";
const descriptionSchema = z.looseObject({ kind: z.string() });

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function readDescription(directory: string): Promise<z.output<typeof descriptionSchema>> {
  const path = join(directory, DESCRIPTION);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const found = (await exists(directory))
      ? `it has no readable ${DESCRIPTION}`
      : "no such folder";
    throw new ManifestError(
      `Cannot open fixture "${directory}": ${found}, expected a folder with a ${DESCRIPTION}`,
      { cause: error },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ManifestError(`Cannot read "${path}": it is not JSON (${describeError(error)})`, {
      cause: error,
    });
  }
  return parseWith(descriptionSchema, json, { attempt: `read "${path}"`, keys: [] });
}

/** Every tensor of the file; fixtures are small, and a replay uses all of them. */
async function readTensors(file: string): Promise<ReadonlyMap<string, NdArray>> {
  const tensors = new Map<string, NdArray>();
  await using weights = await openSafetensors(file);
  for (const name of weights.names) tensors.set(name, await weights.read(name));
  return tensors;
}

async function readTensorNames(file: string): Promise<readonly string[]> {
  if (!(await exists(file))) return [];
  await using weights = await openSafetensors(file);
  return weights.names;
}

/**
 * Opens a fixture folder.
 * @throws {ManifestError} when the folder is missing, has no `fixture.json`, or that file is not JSON with a `kind`
 * @throws {WeightsError} when its `tensors.safetensors` is damaged
 */
export async function openFixture(directory: string): Promise<Fixture> {
  const json = await readDescription(directory);
  const tensorFile = join(directory, TENSORS);
  const tensorNames = await readTensorNames(tensorFile);
  let tensors: Promise<ReadonlyMap<string, NdArray>> | undefined;
  return {
    directory,
    kind: json.kind,
    json,
    tensorNames,
    async tensor(name) {
      if (!tensorNames.includes(name)) {
        throw new ManifestError(
          `Cannot read tensor "${name}" of fixture "${directory}": its ${tensorNames.length} tensors have none of that name`,
        );
      }
      tensors ??= readTensors(tensorFile);
      const tensor = (await tensors).get(name);
      if (tensor === undefined) {
        throw new ManifestError(`Cannot read tensor "${name}": "${tensorFile}" has been replaced`);
      }
      return tensor;
    },
    async cases(file = CASES) {
      const cases: unknown[] = [];
      for await (const { value } of readJsonLines(join(directory, file))) cases.push(value);
      return cases;
    },
  };
}

/**
 * The fields of `fixture.json` that a replay uses.
 * @throws {ManifestError} naming the first field that is missing or of another form
 */
export function fixtureFields<T>(fixture: Fixture, schema: z.ZodType<T>): T {
  const attempt = `read "${join(fixture.directory, DESCRIPTION)}"`;
  return parseWith(schema, fixture.json, { attempt, keys: [] });
}

/**
 * The lines of a fixture's JSONL file, each checked.
 * @throws {ManifestError} naming the first case and field that is of another form
 */
export async function fixtureCases<T>(
  fixture: Fixture,
  schema: z.ZodType<T>,
  file: string = CASES,
): Promise<readonly T[]> {
  const path = join(fixture.directory, file);
  return (await fixture.cases(file)).map((value, index) =>
    parseWith(schema, value, { attempt: `read "${path}" case ${index + 1}`, keys: [] }),
  );
}
