/** @file What the command line says about a run's configuration, as layers over a recipe, and the column of switches that it names. */
import { readFile } from "node:fs/promises";
import { FIDELITY_NAMES, type FidelityName } from "../recipes/fidelity.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { suggestion } from "../util/suggest.ts";
import { type ConfigLayer, parseSettings } from "./resolve-config.ts";

/** A flag and what it was given; undefined where it was not. */
export interface FlagValue {
  readonly flag: string;
  readonly value: unknown;
}

/** What the command line says about a configuration. */
export interface RunChoices {
  readonly recipe?: string | undefined;
  readonly fidelity?: FidelityName | undefined;
  /** A JSON file of overrides. */
  readonly config?: string | undefined;
  /** `KEY=VALUE`, the later ones win. */
  readonly set?: readonly string[];
  /** The values of flags by the key that each sets; those not given are undefined. */
  readonly flags?: Readonly<Record<string, FlagValue>>;
}

/**
 * The layers that the command line lays over a recipe, in order.
 * @throws {ConfigError} when the file cannot be read or a setting is none
 */
export async function overridesOf({
  config,
  set = [],
  flags = {},
}: RunChoices): Promise<readonly ConfigLayer[]> {
  const layers: ConfigLayer[] = [];
  if (config !== undefined) {
    layers.push({ from: `--config ${config}`, values: await readJsonObject(config) });
  }
  if (set.length > 0) layers.push({ from: "--set", values: parseSettings(set) });
  for (const [key, { flag, value }] of Object.entries(flags)) {
    if (value !== undefined) layers.push({ from: flag, values: { [key]: value } });
  }
  return layers;
}

/** `fidelity: "…"` in a file or in `--set` names a column; the flag wins, then the later layer, then the recipe. */
export function chooseColumn(
  { fidelity }: RunChoices,
  overrides: readonly ConfigLayer[],
  recipe: { readonly from: string; readonly values: { readonly column: FidelityName } },
): { readonly name: FidelityName; readonly from: string } {
  if (fidelity !== undefined) return { name: fidelity, from: `--fidelity ${fidelity}` };
  for (const { from, values } of [...overrides].reverse()) {
    const { fidelity: name } = values as { readonly fidelity?: unknown };
    if (typeof name !== "string") continue;
    const column = FIDELITY_NAMES.find((candidate) => candidate === name);
    if (column === undefined) {
      throw new ConfigError(
        `Cannot set "fidelity" to "${name}" (from ${from})${suggestion(name, FIDELITY_NAMES)}`,
      );
    }
    return { name: column, from: `fidelity ${column} (from ${from})` };
  }
  const { column } = recipe.values;
  return { name: column, from: `fidelity ${column} (from ${recipe.from})` };
}

/** Does a layer name a column of the table rather than switches? */
export function namesColumn({ values }: ConfigLayer): boolean {
  return typeof (values as { readonly fidelity?: unknown }).fidelity === "string";
}

/** The layer without the name of a column. */
export function withoutColumn({ from, values }: ConfigLayer): ConfigLayer {
  const entries = Object.entries(values).filter(
    ([key, value]) => key !== "fidelity" || typeof value !== "string",
  );
  return { from, values: Object.fromEntries(entries) };
}

/**
 * The object of a JSON file.
 * @throws {ConfigError} when it cannot be read, or holds something else
 */
export async function readJsonObject(file: string): Promise<object> {
  const attempt = `Cannot read the configuration "${file}"`;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const found =
      systemErrorCode(error) === "ENOENT" ? "there is no such file" : describeError(error);
    throw new ConfigError(`${attempt}: ${found}`, { cause: error });
  });
  const parsed = tryParseJson(text);
  if (parsed === undefined) throw new ConfigError(`${attempt}: it is not valid JSON`);
  const { value } = parsed;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new ConfigError(`${attempt}: expected a JSON object`);
}
