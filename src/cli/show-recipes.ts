/** @file What `ecamp recipes` prints: the recipes as a table, or one of them key by key. */
import { RECIPES } from "../recipes/index.ts";
import { describeOrigins } from "./resolve-config.ts";
import { resolvePretrain } from "./resolve-pretrain.ts";
import { findRecipe } from "./resolve-run.ts";
import type { Terminal } from "./terminal.ts";

/** Prints every recipe's purpose, or every value of the recipe of that name and where it comes from. */
export async function showRecipes({
  name,
  json,
  terminal,
}: {
  readonly name: string | undefined;
  readonly json: boolean;
  readonly terminal: Terminal;
}): Promise<void> {
  if (name !== undefined) return showRecipe({ name: findRecipe(RECIPES, name), json, terminal });
  const rows = Object.entries(RECIPES).map(([key, { about }]) => ({ name: key, about }));
  if (json) return terminal.out(`${JSON.stringify(rows)}\n`);
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const row of rows) terminal.out(`${row.name.padEnd(width)}  ${row.about}\n`);
}

async function showRecipe({
  name,
  json,
  terminal,
}: {
  readonly name: string;
  readonly json: boolean;
  readonly terminal: Terminal;
}): Promise<void> {
  const none = { fidelity: undefined, config: undefined, set: [], flags: {} };
  const { origins } = await resolvePretrain({ ...none, recipe: name });
  const text = json ? JSON.stringify(Object.fromEntries(origins)) : describeOrigins(origins);
  terminal.out(`${text}\n`);
}
