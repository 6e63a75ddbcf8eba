/** @file Lays the layers of a configuration over each other, key by key, and keeps where every value came from. Pure. */
import type { ZodType } from "zod";
import { ConfigError } from "../util/errors.ts";
import { expectationOf } from "../util/expectation.ts";
import { suggestion } from "../util/suggest.ts";

/** One layer: some values (nested, or under dotted keys) and what to call them. */
export interface ConfigLayer {
  /** Where the values come from, such as `recipe tiny` or `--set`. */
  readonly from: string;
  readonly values: object;
}

/** Values that come with the weights that a run starts from. */
export interface InheritedLayer extends ConfigLayer {
  readonly values: Readonly<Record<string, object>>;
  /** May a later layer say otherwise? If not, that is an error. */
  readonly yields: boolean;
}

/** A value and where it came from. */
export interface ResolvedValue {
  readonly value: unknown;
  readonly from: string;
}

/** A configuration and, by dotted key, the origin of every value in it. */
export interface ResolvedConfig<Config> {
  readonly config: Config;
  /** In the order of the first layer. */
  readonly origins: ReadonlyMap<string, ResolvedValue>;
}

/**
 * Resolves layers, the weakest first. The first one must hold every key that exists.
 * @throws {ConfigError} on a key that the first layer does not have, and on a value that the schema refuses
 */
export function resolveConfig<Config extends object>({
  schema,
  layers,
}: {
  readonly schema: ZodType<Config>;
  readonly layers: readonly ConfigLayer[];
}): ResolvedConfig<Config> {
  const origins = new Map<string, ResolvedValue>();
  const [first, ...others] = layers;
  if (first === undefined) throw new RangeError("Cannot resolve a configuration: no layers given");
  const paths = new Map(leaves(first.values).map(({ path }) => [path.join("."), path]));
  for (const { path, value } of leaves(first.values)) {
    origins.set(path.join("."), { value, from: first.from });
  }
  for (const { from, values } of others) {
    for (const { path, value } of leaves(values)) {
      const key = path.join(".");
      if (!paths.has(key)) {
        const member = [...paths.keys()].find((known) => known.startsWith(`${key}.`));
        throw new ConfigError(
          member === undefined
            ? `Cannot set "${key}" (from ${from}): unknown key${suggestion(key, [...paths.keys()])}`
            : `Cannot set "${key}" (from ${from}): it is a group of keys, such as ${member}`,
        );
      }
      origins.set(key, { value, from });
    }
  }
  return { config: validate({ schema, origins, paths }), origins };
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Every value with the names that lead to it; arrays and null are values. */
function leaves(values: object, path: readonly string[] = []): Leaf[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? leaves(value, [...path, name])
      : [{ path: [...path, name], value }],
  );
}

function validate<Config extends object>({
  schema,
  origins,
  paths,
}: {
  readonly schema: ZodType<Config>;
  readonly origins: ReadonlyMap<string, ResolvedValue>;
  readonly paths: ReadonlyMap<string, readonly string[]>;
}): Config {
  const nested: Record<string, unknown> = {};
  for (const [key, { value }] of origins) place(nested, paths.get(key) ?? [], value);
  const result = schema.safeParse(nested);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const key = issue.path.filter((part) => typeof part === "string").join(".");
    if (issue.code === "unrecognized_keys") {
      return `${issue.keys.map((name) => (key === "" ? name : `${key}.${name}`)).join(", ")} is unknown`;
    }
    const origin = origins.get(key);
    return origin === undefined
      ? `${key} is missing`
      : `${key} is ${JSON.stringify(origin.value)} (from ${origin.from}): ${expectationOf(issue)}`;
  });
  throw new ConfigError(`Cannot use this configuration: ${problems.join("; ")}`);
}

function place(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = (target[name] ?? {}) as Record<string, unknown>;
  target[name] = inner;
  place(inner, rest, value);
}

/**
 * Parses the words of `--set`: `train.lr=1e-4`, the value as JSON where it is JSON, else as text.
 * @throws {ConfigError} when there is no `=` or no key before it
 */
export function parseSettings(settings: readonly string[]): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    if (at <= 0) {
      throw new ConfigError(
        `Cannot use --set "${setting}": expected KEY=VALUE, such as train.lr=1e-4`,
      );
    }
    values[setting.slice(0, at).trim()] = parseValue(setting.slice(at + 1).trim());
  }
  return values;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `config.json` and the table at a run's start: the value and origin of each key, in order. */
export function describeOrigins(origins: ReadonlyMap<string, ResolvedValue>): string {
  const rows = [...origins].map(([key, { value, from }]) => [key, JSON.stringify(value), from]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [keys, values] = [width(0), Math.min(width(1), 48)];
  return rows
    .map(
      ([key = "", value = "", from = ""]) =>
        `${key.padEnd(keys)}  ${value.padEnd(values)}  ${from}`,
    )
    .join("\n");
}
