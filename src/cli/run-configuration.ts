/** @file What every command that trains does with its configuration: paths made absolute, values shown, `config.json` written. */
import { resolve } from "node:path";
import { describeOrigins, type ResolvedConfig, type ResolvedValue } from "./resolve-config.ts";
import type { Terminal } from "./terminal.ts";

/** A path that means the same file when the run is resumed from elsewhere. */
export function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

/** The text of `config.json`: every value and where it came from. */
export function configText({ origins }: Pick<ResolvedConfig<object>, "origins">): string {
  return `${JSON.stringify(Object.fromEntries(origins), null, 2)}\n`;
}

/** Shows what somebody chose; the rest is the recipe's and stands in `config.json`. */
export function showChosen(origins: ReadonlyMap<string, ResolvedValue>, terminal: Terminal): void {
  const chosen = [...origins].filter(([, { from }]) => !/^(?:default|fidelity )/.test(from));
  terminal.err(`${describeOrigins(new Map(chosen))}\n\n`);
}
