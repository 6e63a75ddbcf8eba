/** @file What `ecamp recipes` prints: the recipes of every kind of run as a table, or one of them key by key. */
import { CLASSIFY_RECIPES } from "../recipes/classify-recipes.ts";
import { RECIPES } from "../recipes/index.ts";
import { CLASSIFY, resolveClassify } from "./resolve-classify.ts";
import { describeOrigins } from "./resolve-config.ts";
import { PRETRAIN, resolvePretrain } from "./resolve-pretrain.ts";
import { findRecipe } from "./resolve-run.ts";
import type { Terminal } from "./terminal.ts";

/** The kinds of run by the command that they are for. */
const KINDS = [
  { command: "pretrain", recipes: PRETRAIN.recipes },
  { command: "finetune classify", recipes: CLASSIFY.recipes },
] as const;

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
  if (name !== undefined) return showRecipe({ name, json, terminal });
  const rows = KINDS.flatMap(({ command, recipes }) =>
    Object.entries(recipes).map(([key, { about }]) => ({ command, name: key, about })),
  );
  if (json) return terminal.out(`${JSON.stringify(rows)}\n`);
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const { command } of KINDS) {
    terminal.out(`${command}:\n`);
    for (const row of rows.filter((each) => each.command === command)) {
      terminal.out(`  ${row.name.padEnd(width)}  ${row.about}\n`);
    }
  }
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
  const recipe = findRecipe({ ...RECIPES, ...CLASSIFY_RECIPES }, name);
  const { origins } = Object.hasOwn(RECIPES, recipe)
    ? await resolvePretrain({ recipe })
    : await resolveClassify({ recipe });
  const text = json ? JSON.stringify(Object.fromEntries(origins)) : describeOrigins(origins);
  terminal.out(`${text}\n`);
}
