/** @file What a command of `ecamp` is: one table from which its parsing, its `--help` and the types of its arguments derive. */
import type { ArgsOf, Options, Positionals } from "./option.ts";
import type { CommandContext } from "./terminal.ts";

/** One line that can be typed, and what it does. */
export interface Example {
  /** What follows `ecamp `. */
  readonly line: string;
  /** What it does, in a few words. */
  readonly does: string;
}

/** The part of a command that does not depend on the types of its arguments. */
export interface CommandTable {
  /** The words that call it: `["data", "import", "table"]` is `ecamp data import table`. */
  readonly path: readonly [string, ...string[]];
  /** One line for the list of commands: what it does, without a final period. */
  readonly summary: string;
  /** What a newcomer should know: what it reads, what it writes and where, what to do next. */
  readonly description: string;
  readonly positionals: Positionals;
  readonly options: Options;
  readonly examples: readonly Example[];
  /**
   * Does `run` watch `context.signal` and leave everything in order? Then the first Ctrl-C only asks it to stop; otherwise
   * Ctrl-C ends the process at once.
   */
  readonly stopsGracefully?: boolean;
}

/** A command as its file writes it: `args` is typed by the tables. */
export interface CommandDefinition<O extends Options, P extends Positionals> extends CommandTable {
  readonly options: O;
  readonly positionals: P;
  /**
   * Does the work, by importing it when called (so that `--help` stays quick).
   * @returns the exit status
   */
  readonly run: (args: ArgsOf<O, P>, context: CommandContext) => Promise<number>;
}

/** A command as the registry holds it, the types of its arguments forgotten. */
export interface Command extends CommandTable {
  readonly run: (
    args: Readonly<Record<string, unknown>>,
    context: CommandContext,
  ) => Promise<number>;
}

/**
 * Declares a command.
 * @throws {TypeError} when a table contradicts itself: a required option with a default, a choice's default that is no
 *   choice, a positional after one that takes the rest, or a name used twice
 */
export function defineCommand<const O extends Options, const P extends Positionals>(
  definition: CommandDefinition<O, P>,
): Command {
  checkTable(definition);
  const { run } = definition;
  // The parser builds exactly what ArgsOf describes from the same tables; here the proof leaves the type system.
  return { ...definition, run: (args, context) => run(args as ArgsOf<O, P>, context) };
}

function checkTable({ path, options, positionals }: CommandTable): void {
  const where = `Cannot define command "${path.join(" ")}"`;
  for (const [name, option] of Object.entries(options)) {
    const fallback = "default" in option ? option.default : undefined;
    if (option.required && fallback !== undefined) {
      throw new TypeError(`${where}: option --${name} is required and has a default`);
    }
    if (option.type === "choice" && fallback !== undefined) {
      if (typeof fallback !== "string" || !option.choices.includes(fallback)) {
        throw new TypeError(`${where}: the default of option --${name} is not one of its choices`);
      }
    }
    if (name in positionals) throw new TypeError(`${where}: "${name}" names two arguments`);
    if (name === "help") throw new TypeError(`${where}: --help is every command's own`);
  }
  const entries = Object.values(positionals);
  if (entries.slice(0, -1).some((positional) => positional.many || positional.optional)) {
    throw new TypeError(`${where}: only the last positional may be optional or take the rest`);
  }
}
