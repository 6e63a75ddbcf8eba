/** @file The configuration of a pre-training run from the command line: defaults < recipe < --config < --set < flags. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { DEFAULT_FIDELITY, DEFAULTS } from "../recipes/defaults.ts";
import {
  columnNote,
  FIDELITY_NAMES,
  type FidelityName,
  fidelityColumn,
} from "../recipes/fidelity.ts";
import { RECIPES, type RecipeName } from "../recipes/index.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { openInitial } from "../tasks/initial-file.ts";
import { architectureSwitches } from "../tasks/method-options.ts";
import { requireRunFolder } from "../tasks/run-folder.ts";
import { FREE_ON_RESUME } from "../tasks/run-identity.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { suggestion } from "../util/suggest.ts";
import { PRETRAIN_SCHEMA } from "./pretrain-schema.ts";
import {
  type ConfigLayer,
  parseSettings,
  type ResolvedConfig,
  type ResolvedValue,
  resolveConfig,
} from "./resolve-config.ts";

/** What the command line says about a configuration. */
export interface PretrainChoices {
  readonly recipe: string | undefined;
  readonly fidelity: FidelityName | undefined;
  /** A JSON file of overrides. */
  readonly config: string | undefined;
  /** `KEY=VALUE`, the later ones win. */
  readonly set: readonly string[];
  /** The values of flags by the key that each sets; those not given are undefined. */
  readonly flags: Readonly<Record<string, { readonly flag: string; readonly value: unknown }>>;
}

/** A resolved configuration, and what a person should know about it. */
export interface ResolvedPretrain extends ResolvedConfig<PretrainConfig> {
  readonly notes: readonly string[];
}

/** The recipe of that name. Throws `ConfigError` with a suggestion when there is none. */
export function findRecipe(name: string): RecipeName {
  const names = Object.keys(RECIPES) as RecipeName[];
  const found = names.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new ConfigError(`Cannot find recipe "${name}"${suggestion(name, names)}`);
}

/**
 * Resolves the configuration of a new run.
 * @throws {ConfigError} on an unknown recipe, key or value, or a file that is not JSON
 */
export async function resolvePretrain(choices: PretrainChoices): Promise<ResolvedPretrain> {
  const name = findRecipe(choices.recipe ?? "base");
  const { fidelity: column, about: _, switches = {}, ...values } = RECIPES[name];
  const overrides = await overridesOf(choices);
  const chosen = chooseColumn(choices, overrides, { from: `recipe ${name}`, values: { column } });
  const defaults = { ...DEFAULTS, fidelity: fidelityColumn(DEFAULT_FIDELITY) };
  const own = overrides.map(withoutColumn);
  const layers = [
    { from: "default", values: defaults },
    { from: "this machine", values: { "run.threads": availableParallelism() } },
    { from: chosen.from, values: { fidelity: fidelityColumn(chosen.name) } },
    { from: `recipe ${name}`, values: { ...values, fidelity: switches } },
  ];
  const { config } = resolveConfig({ schema: PRETRAIN_SCHEMA, layers: [...layers, ...own] });
  const inherited = await inheritedLayer(config.run.init);
  const resolved = resolveConfig({
    schema: PRETRAIN_SCHEMA,
    layers: [...layers, ...inherited, ...own],
  });
  requireInherited(resolved, inherited);
  const note = columnNote(chosen.name);
  return { ...resolved, notes: note === undefined ? [] : [note] };
}

/**
 * Resolves the configuration of a run that goes on, from its `config.json`.
 * @throws {ConfigError} when the file is not a run's, or something else is asked for that would change the results
 */
export async function resolveResumed(
  out: string,
  choices: PretrainChoices,
): Promise<ResolvedPretrain> {
  const layers = await overridesOf(choices);
  const wholesale = [
    ...(choices.recipe === undefined ? [] : [`--recipe ${choices.recipe}`]),
    ...(choices.fidelity === undefined ? [] : [`--fidelity ${choices.fidelity}`]),
    ...layers.filter(namesColumn).map(({ from }) => `"fidelity" (from ${from})`),
  ];
  if (wholesale.length > 0) {
    throw new ConfigError(
      `Cannot resume "${out}" with ${wholesale.join(" and ")}: a run that is resumed keeps its own; leave it out, or start a new run instead`,
    );
  }
  await requireRunFolder(out);
  const saved = await readSavedConfig(join(out, "config.json"));
  const values = Object.fromEntries([...saved].map(([key, { value }]) => [key, value]));
  const resolved = resolveConfig({
    schema: PRETRAIN_SCHEMA,
    layers: [{ from: "config.json", values: nest(values) }, ...layers],
  });
  const origins = new Map(resolved.origins);
  const contradictions: string[] = [];
  for (const [key, { value, from }] of resolved.origins) {
    const before = saved.get(key);
    const same = before !== undefined && JSON.stringify(before.value) === JSON.stringify(value);
    if (same) origins.set(key, before);
    else if (!FREE_ON_RESUME.includes(key)) {
      contradictions.push(
        `${key} = ${JSON.stringify(value)} (from ${from}): the run has ${JSON.stringify(before?.value)}`,
      );
    }
  }
  if (contradictions.length > 0) {
    throw new ConfigError(
      `Cannot resume "${out}" with ${contradictions.join("; nor with ")}; start a new run instead`,
    );
  }
  return { config: resolved.config, origins, notes: [] };
}

/** The architecture of the model that a run starts from: it wins over columns and recipes (SPEC 5). */
async function inheritedLayer(init: string | null): Promise<readonly ConfigLayer[]> {
  if (init === null) return [];
  const { file, architecture } = await openInitial(init);
  if (architecture === undefined) return [];
  return [{ from: `--init ${file}`, values: { fidelity: architectureSwitches(architecture) } }];
}

/** @throws {ConfigError} when somebody asks for another architecture than that of the model to start from */
function requireInherited(
  { origins }: ResolvedConfig<PretrainConfig>,
  inherited: readonly ConfigLayer[],
): void {
  for (const { from, values } of inherited) {
    const switches = Object.entries((values as { readonly fidelity: object }).fidelity);
    for (const [key, value] of switches as readonly (readonly [string, unknown])[]) {
      const asked = origins.get(`fidelity.${key}`);
      if (asked === undefined || asked.value === value) continue;
      throw new ConfigError(
        `Cannot set "fidelity.${key}" to ${JSON.stringify(asked.value)} (from ${asked.from}): ` +
          `the model to start from has ${JSON.stringify(value)} (${from}); leave the key out, or start from another model`,
      );
    }
  }
}

async function overridesOf(choices: PretrainChoices): Promise<readonly ConfigLayer[]> {
  const layers: ConfigLayer[] = [];
  if (choices.config !== undefined) {
    layers.push({ from: `--config ${choices.config}`, values: await readJson(choices.config) });
  }
  if (choices.set.length > 0) layers.push({ from: "--set", values: parseSettings(choices.set) });
  for (const [key, { flag, value }] of Object.entries(choices.flags)) {
    if (value !== undefined) layers.push({ from: flag, values: { [key]: value } });
  }
  return layers;
}

/** `fidelity: "…"` in a file or in `--set` names a column; the flag wins, then the later layer, then the recipe. */
function chooseColumn(
  { fidelity }: PretrainChoices,
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
function namesColumn({ values }: ConfigLayer): boolean {
  return typeof (values as { readonly fidelity?: unknown }).fidelity === "string";
}

function withoutColumn({ from, values }: ConfigLayer): ConfigLayer {
  const entries = Object.entries(values).filter(
    ([key, value]) => key !== "fidelity" || typeof value !== "string",
  );
  return { from, values: Object.fromEntries(entries) };
}

async function readJson(file: string): Promise<object> {
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

const SAVED = z.record(z.string(), z.strictObject({ value: z.unknown(), from: z.string() }));

async function readSavedConfig(file: string): Promise<ReadonlyMap<string, ResolvedValue>> {
  const result = SAVED.safeParse(await readJson(file));
  if (result.success) return new Map(Object.entries(result.data));
  throw new ConfigError(
    `Cannot resume from "${file}": expected a run's config.json, with a value and an origin for each key`,
  );
}

/** `section.key` to a section of keys; a key may itself hold dots. */
function nest(values: Readonly<Record<string, unknown>>): object {
  const nested: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(values)) {
    const [section = "", ...rest] = key.split(".");
    nested[section] = { ...nested[section], [rest.join(".")]: value };
  }
  return nested;
}
