/** @file From the words after a command to its typed arguments, by the command's own tables. */
import { parseArgs } from "node:util";
import { UsageError } from "../util/errors.ts";
import { suggestion } from "../util/suggest.ts";
import type { CommandTable } from "./command.ts";
import { camelCase, type NumberOption, type Option } from "./option.ts";

/** What a line asks for: help, or a run with these arguments (by camelCase name). */
export type ParsedLine =
  | { readonly kind: "help" }
  | { readonly kind: "run"; readonly args: Readonly<Record<string, unknown>> };

type OptionToken = Extract<
  NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number],
  { readonly kind: "option" }
>;

/**
 * Parses the words that follow a command.
 * @throws {UsageError} on an unknown option, a missing or ill-formed value, too many words or too few
 */
export function parseLine(table: CommandTable, words: readonly string[]): ParsedLine {
  const { tokens } = parseArgs({
    args: [...words],
    options: parserOptions(table),
    strict: false,
    tokens: true,
  });
  const options = tokens.filter((token) => token.kind === "option");
  if (options.some((token) => token.name === "help" || token.rawName === "-h")) {
    return { kind: "help" };
  }
  const given = tokens.filter((token) => token.kind === "positional").map((token) => token.value);
  const args = { ...optionValues(table, options), ...positionalValues(table, given) };
  return { kind: "run", args };
}

/** What `parseArgs` must know to tell a value from the next word; the values are judged here. */
function parserOptions({ options }: CommandTable) {
  const known: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, option] of Object.entries(options)) {
    known[name] = { type: option.type === "boolean" ? "boolean" : "string" };
  }
  return known;
}

function optionValues(table: CommandTable, tokens: readonly OptionToken[]) {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table.options)) {
    values[camelCase(name)] = defaultOf(option);
  }
  const seen = new Set<string>();
  for (const token of tokens) {
    const { name, option, negated } = lookUp(table, token);
    const key = camelCase(name);
    if (option.type === "list") {
      const earlier = seen.has(name) ? (values[key] as readonly string[]) : [];
      values[key] = [...earlier, textOf(token)];
    } else {
      if (seen.has(name)) throw refuse(token, "it is given twice, expected once");
      values[key] =
        option.type === "boolean" ? switchOf(token, negated) : parseValue(option, token);
    }
    seen.add(name);
  }
  const missing = Object.entries(table.options)
    .filter(([name, option]) => option.required && !seen.has(name))
    .map(([name]) => `--${name}`);
  if (missing.length > 0) throw incomplete(table, missing.join(" and "));
  return values;
}

function defaultOf(option: Option): unknown {
  if (option.type === "list") return [];
  return option.type === "boolean" ? (option.default ?? false) : option.default;
}

/** Finds the option that a token means; `--no-x` means the switch `x`. */
function lookUp({ options }: CommandTable, token: OptionToken) {
  const direct = options[token.name];
  if (direct !== undefined && token.rawName.startsWith("--")) {
    return { name: token.name, option: direct, negated: false };
  }
  const positive = token.name.startsWith("no-") ? token.name.slice(3) : "";
  const opposite = options[positive];
  if (opposite?.type === "boolean") return { name: positive, option: opposite, negated: true };
  throw new UsageError(
    `Cannot use option ${token.rawName}: unknown option${suggestion(token.name, [...Object.keys(options), "help"], "--")}`,
  );
}

function parseValue(option: Option, token: OptionToken): unknown {
  const text = textOf(token);
  if (option.type === "choice" && !option.choices.includes(text)) {
    throw refuse(token, `value is "${text}"${suggestion(text, option.choices)}`);
  }
  if (option.type === "number" || option.type === "integer") return numberOf(option, token, text);
  return text;
}

function textOf(token: OptionToken): string {
  const { value, inlineValue } = token;
  if (value === undefined || (!inlineValue && value.startsWith("--"))) {
    throw refuse(token, "a value must follow it");
  }
  return value;
}

function switchOf(token: OptionToken, negated: boolean): boolean {
  if (token.value !== undefined) {
    throw refuse(token, `it is a switch and takes no value, found "${token.value}"`);
  }
  return !negated;
}

function numberOf(option: NumberOption, token: OptionToken, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const whole = option.type === "integer";
  const { min = -Infinity, max = Infinity } = option;
  const fits = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!fits || value < min || value > max) {
    const kind = whole ? "a whole number" : "a number";
    throw refuse(token, `value is "${text}", expected ${kind}${describeRange(min, max)}`);
  }
  return value;
}

function describeRange(min: number, max: number): string {
  if (min === -Infinity && max === Infinity) return "";
  if (max === Infinity) return ` from ${min}`;
  return min === -Infinity ? ` up to ${max}` : ` from ${min} to ${max}`;
}

function positionalValues(table: CommandTable, given: readonly string[]) {
  const values: Record<string, unknown> = {};
  const rest = [...given];
  for (const [name, { many, optional }] of Object.entries(table.positionals)) {
    if (rest.length === 0 && !optional) throw incomplete(table, name.toUpperCase());
    values[camelCase(name)] = many ? rest.splice(0) : rest.shift();
  }
  if (rest[0] !== undefined) {
    throw new UsageError(
      `Cannot run "ecamp ${table.path.join(" ")}": "${rest[0]}" is one word too many`,
    );
  }
  return values;
}

function refuse(token: OptionToken, problem: string): UsageError {
  return new UsageError(`Cannot use option ${token.rawName}: ${problem}`);
}

function incomplete(table: CommandTable, what: string): UsageError {
  const line = `ecamp ${table.path.join(" ")}`;
  return new UsageError(`Cannot run "${line}": ${what} is missing, see "${line} --help"`);
}
