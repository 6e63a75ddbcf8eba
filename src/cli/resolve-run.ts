/** @file The configuration of a run of any kind from the command line: defaults < recipe < --config < --set < flags. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type ZodType, z } from "zod";
import { DEFAULT_FIDELITY } from "../recipes/defaults.ts";
import type { FidelityName } from "../recipes/fidelity.ts";
import { requireRunFolder } from "../tasks/run-folder.ts";
import { ConfigError } from "../util/errors.ts";
import { suggestion } from "../util/suggest.ts";
import {
  chooseColumn,
  namesColumn,
  overridesOf,
  type RunChoices,
  readJsonObject,
  withoutColumn,
} from "./config-overrides.ts";
import {
  type InheritedLayer,
  type ResolvedConfig,
  type ResolvedValue,
  resolveConfig,
} from "./resolve-config.ts";

export type { RunChoices } from "./config-overrides.ts";

/** What a recipe changes of the defaults of its kind of run. */
interface RunRecipe {
  readonly about: string;
  readonly fidelity: FidelityName;
  readonly switches?: object;
}

/** A kind of run, such as pre-training. */
export interface RunKind<Config extends object> {
  /** The command that starts one. */
  readonly command: string;
  readonly schema: ZodType<Config>;
  /** A complete configuration but for the fidelity's switches. */
  readonly defaults: object;
  readonly recipes: Readonly<Record<string, RunRecipe>>;
  /** The recipe that is taken when none is named. */
  readonly recipe: string;
  /** The kind's switches, with the values of a column. */
  readonly column: (name: FidelityName) => object;
  /** Keys that may change when a run is resumed. */
  readonly freeOnResume: readonly string[];
  /** What the weights that a run starts from say: it wins over columns and recipes. */
  readonly inherit?: (config: Config) => Promise<readonly InheritedLayer[]>;
}

/**
 * Resolves the configuration of a new run.
 * @throws {ConfigError} on an unknown recipe, key or value, or a file that is not JSON
 */
export async function resolveNew<Config extends object>(
  kind: RunKind<Config>,
  choices: RunChoices,
): Promise<ResolvedConfig<Config>> {
  const name = findRecipe(kind.recipes, choices.recipe ?? kind.recipe);
  const {
    fidelity: column = DEFAULT_FIDELITY,
    about: _,
    switches = {},
    ...values
  } = kind.recipes[name] ?? { about: "" };
  const overrides = await overridesOf(choices);
  const chosen = chooseColumn(choices, overrides, { from: `recipe ${name}`, values: { column } });
  const defaults = { ...kind.defaults, fidelity: kind.column(DEFAULT_FIDELITY) };
  const own = overrides.map(withoutColumn);
  const layers = [
    { from: "default", values: defaults },
    { from: "this machine", values: { "run.threads": availableParallelism() } },
    { from: chosen.from, values: { fidelity: kind.column(chosen.name) } },
    { from: `recipe ${name}`, values: { ...values, fidelity: switches } },
  ];
  const { schema } = kind;
  const { config } = resolveConfig({ schema, layers: [...layers, ...own] });
  const inherited = (await kind.inherit?.(config)) ?? [];
  const resolved = resolveConfig({ schema, layers: [...layers, ...inherited, ...own] });
  requireInherited(resolved, inherited);
  return resolved;
}

/** The recipe of that name. Throws `ConfigError` with a suggestion when there is none. */
export function findRecipe<Recipes extends object>(
  recipes: Recipes,
  name: string,
): keyof Recipes & string {
  const names = Object.keys(recipes) as (keyof Recipes & string)[];
  const found = names.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new ConfigError(`Cannot find recipe "${name}"${suggestion(name, names)}`);
}

/**
 * Resolves the configuration of a run that goes on, or that something else is done with, from its `config.json`.
 * @param attempt what is done with it, for messages
 * @throws {ConfigError} when the file is not a run's, or something else is asked for that would change the results
 */
export async function resolveResumed<Config extends object>(
  kind: RunKind<Config>,
  out: string,
  choices: RunChoices,
  attempt = "resume",
): Promise<ResolvedConfig<Config>> {
  const layers = await overridesOf(choices);
  const wholesale = [
    ...(choices.recipe === undefined ? [] : [`--recipe ${choices.recipe}`]),
    ...(choices.fidelity === undefined ? [] : [`--fidelity ${choices.fidelity}`]),
    ...layers.filter(namesColumn).map(({ from }) => `"fidelity" (from ${from})`),
  ];
  if (wholesale.length > 0) {
    throw new ConfigError(
      `Cannot ${attempt} "${out}" with ${wholesale.join(" and ")}: a run that is resumed keeps its own; leave it out, or start a new run instead`,
    );
  }
  await requireRunFolder(out, attempt);
  const saved = await readSavedConfig(join(out, "config.json"), attempt);
  requireKind([kind.command], saved, `Cannot ${attempt} "${out}"`);
  const values = Object.fromEntries([...saved].map(([key, { value }]) => [key, value]));
  const resolved = resolveConfig({
    schema: kind.schema,
    layers: [{ from: "config.json", values: nest(values) }, ...layers],
  });
  const { origins, contradictions } = compareWithSaved(resolved, saved, kind.freeOnResume);
  if (contradictions.length > 0) {
    throw new ConfigError(
      `Cannot ${attempt} "${out}" with ${contradictions.join("; nor with ")}; start a new run instead`,
    );
  }
  return { config: resolved.config, origins };
}

/** A key by which each kind of run is known, and the command that starts it. */
const KNOWN_BY: Readonly<Record<string, string>> = {
  "run.tokenizer": "ecamp pretrain",
  "train.mode": "ecamp finetune classify",
  "data.masksFrom": "ecamp finetune segment",
  "data.maxBoxes": "ecamp finetune detect",
};

/** The command that wrote a configuration; undefined where that is not known. */
function writerOf(saved: ReadonlyMap<string, ResolvedValue>): string | undefined {
  const [, wrote] = Object.entries(KNOWN_BY).find(([key]) => saved.has(key)) ?? [];
  return wrote;
}

/**
 * The command that a run was started with; undefined where that is not known.
 * @param commands those whose runs will do
 * @throws {ConfigError} when the folder is not a run's, or the run is of none of the commands
 */
export async function commandOfRun(
  out: string,
  attempt: string,
  commands: readonly string[],
): Promise<string | undefined> {
  await requireRunFolder(out, attempt);
  const saved = await readSavedConfig(join(out, "config.json"), attempt);
  return requireKind(commands, saved, `Cannot ${attempt} "${out}"`);
}

/** The command that wrote it. Throws `ConfigError` when it is known and none of those. */
function requireKind(
  commands: readonly string[],
  saved: ReadonlyMap<string, ResolvedValue>,
  attempt: string,
): string | undefined {
  const wrote = writerOf(saved);
  if (wrote === undefined || commands.includes(wrote)) return wrote;
  const expected = commands.map((command) => JSON.stringify(command)).join(", ");
  throw new ConfigError(`${attempt}: it is a run of "${wrote}", expected one of ${expected}`);
}

/** Origins as the run has them, and every value that is another one and may not be. */
function compareWithSaved(
  resolved: Pick<ResolvedConfig<object>, "origins">,
  saved: ReadonlyMap<string, ResolvedValue>,
  free: readonly string[],
): {
  readonly origins: ReadonlyMap<string, ResolvedValue>;
  readonly contradictions: readonly string[];
} {
  const origins = new Map(resolved.origins);
  const contradictions: string[] = [];
  for (const [key, { value, from }] of resolved.origins) {
    const before = saved.get(key);
    const same = before !== undefined && JSON.stringify(before.value) === JSON.stringify(value);
    if (same) origins.set(key, before);
    else if (!free.includes(key)) {
      contradictions.push(
        `${key} = ${JSON.stringify(value)} (from ${from}): the run has ${JSON.stringify(before?.value)}`,
      );
    }
  }
  return { origins, contradictions };
}

/** @throws {ConfigError} when somebody asks for another architecture than that of the model to start from */
function requireInherited(
  { origins }: Pick<ResolvedConfig<object>, "origins">,
  inherited: readonly InheritedLayer[],
): void {
  for (const { from, values } of inherited.filter(({ yields }) => !yields)) {
    for (const [section, keys] of Object.entries(values)) {
      for (const [key, value] of Object.entries(keys) as readonly (readonly [string, unknown])[]) {
        const asked = origins.get(`${section}.${key}`);
        if (asked === undefined || asked.value === value) continue;
        throw new ConfigError(
          `Cannot set "${section}.${key}" to ${JSON.stringify(asked.value)} (from ${asked.from}): ` +
            `the model to start from has ${JSON.stringify(value)} (${from}); leave the key out, or start from another model`,
        );
      }
    }
  }
}

const SAVED = z.record(z.string(), z.strictObject({ value: z.unknown(), from: z.string() }));

async function readSavedConfig(
  file: string,
  attempt: string,
): Promise<ReadonlyMap<string, ResolvedValue>> {
  const result = SAVED.safeParse(await readJsonObject(file));
  if (result.success) return new Map(Object.entries(result.data));
  throw new ConfigError(
    `Cannot ${attempt} from "${file}": expected a run's config.json, with a value and an origin for each key`,
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
