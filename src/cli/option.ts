/** @file How a command declares what it takes: one record per option, from which parsing, `--help` and types derive. */

/** What every option says of itself. */
interface OptionCommon {
  /** One sentence for `--help`, in lower case, without a final period. */
  readonly help: string;
  /** What `--help` calls the value, such as `DIR`; the type's name by default. */
  readonly metavar?: string;
  /** Must it be given? Such an option has no default. */
  readonly required?: boolean;
}

/** A piece of text, such as a path. */
export interface StringOption extends OptionCommon {
  readonly type: "string";
  readonly default?: string;
}

/** A number; `integer` refuses fractions. */
export interface NumberOption extends OptionCommon {
  readonly type: "number" | "integer";
  readonly default?: number;
  /** The smallest value that is accepted. */
  readonly min?: number;
  /** The largest value that is accepted. */
  readonly max?: number;
}

/** A switch: `--name` turns it on, `--no-name` off; off unless its default says otherwise. */
export interface BooleanOption extends OptionCommon {
  readonly type: "boolean";
  readonly default?: boolean;
}

/** One of a few words. */
export interface ChoiceOption extends OptionCommon {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default?: string;
}

/** May be given several times; the values are kept in order. */
export interface ListOption extends OptionCommon {
  readonly type: "list";
}

/** Any option. */
export type Option = StringOption | NumberOption | BooleanOption | ChoiceOption | ListOption;

/** A command's options by their names in kebab-case, as they are typed after `--`. */
export type Options = Readonly<Record<string, Option>>;

/** A word that stands without `--`. */
export interface Positional {
  /** One sentence for `--help`. */
  readonly help: string;
  /** May it be left out? */
  readonly optional?: boolean;
  /** Does it take all the words that remain (at least one, unless `optional`)? Only for the last. */
  readonly many?: boolean;
}

/** A command's positionals by name, in their order on the line. */
export type Positionals = Readonly<Record<string, Positional>>;

/** `stop-after` as `stopAfter`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type ValueOf<O extends Option> = O extends ChoiceOption
  ? O["choices"][number]
  : O extends ListOption
    ? readonly string[]
    : O extends NumberOption
      ? number
      : O extends BooleanOption
        ? boolean
        : string;

type IsAlwaysThere<O> = O extends
  | { readonly required: true }
  | { readonly default: string | number | boolean }
  | { readonly type: "boolean" | "list" }
  ? true
  : false;

type OptionValue<O extends Option> =
  IsAlwaysThere<O> extends true ? ValueOf<O> : ValueOf<O> | undefined;

type PositionalValue<P extends Positional> = P extends { readonly many: true }
  ? readonly string[]
  : P extends { readonly optional: true }
    ? string | undefined
    : string;

/** What `run` receives for given tables: every option and positional under its camelCase name. */
export type ArgsOf<O extends Options, P extends Positionals> = {
  readonly [Name in keyof O & string as CamelCase<Name>]: OptionValue<O[Name]>;
} & {
  readonly [Name in keyof P & string as CamelCase<Name>]: PositionalValue<P[Name]>;
};

/** `stop-after` to `stopAfter`, at run time. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
