/** @file What `ecamp recipes` prints: the recipes of every kind of run as a table, or one of them key by key. */
import { ConfigError } from "../util/errors.ts";
import { CLASSIFY, resolveClassify } from "./resolve-classify.ts";
import { describeOrigins, type ResolvedConfig } from "./resolve-config.ts";
import { DETECT, resolveDetect } from "./resolve-detect.ts";
import { PRETRAIN, resolvePretrain } from "./resolve-pretrain.ts";
import { findRecipe, type RunChoices } from "./resolve-run.ts";
import { resolveSegment, SEGMENT } from "./resolve-segment.ts";
import type { Terminal } from "./terminal.ts";

/** A kind of run as far as its recipes are shown. */
interface ShownKind {
  readonly command: string;
  /** What stands before a recipe's name where several kinds have it. */
  readonly key: string;
  readonly recipes: Readonly<Record<string, { readonly about: string }>>;
  readonly resolve: (choices: RunChoices) => Promise<Pick<ResolvedConfig<object>, "origins">>;
}

/** The kinds of run by the command that they are for. */
const KINDS: readonly ShownKind[] = [
  { ...PRETRAIN, ...{ command: "pretrain", key: "pretrain" }, resolve: resolvePretrain },
  { ...CLASSIFY, ...{ command: "finetune classify", key: "classify" }, resolve: resolveClassify },
  { ...SEGMENT, ...{ command: "finetune segment", key: "segment" }, resolve: resolveSegment },
  { ...DETECT, ...{ command: "finetune detect", key: "detect" }, resolve: resolveDetect },
];

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
  const { resolve, recipe } = findKind(name);
  const { origins } = await resolve({ recipe });
  const text = json ? JSON.stringify(Object.fromEntries(origins)) : describeOrigins(origins);
  terminal.out(`${text}\n`);
}

/** The kind that has a recipe `name`, or `key/name`. */
function findKind(name: string): Pick<ShownKind, "resolve"> & { readonly recipe: string } {
  const names = new Map<string, { readonly kind: ShownKind; readonly recipe: string }[]>();
  for (const kind of KINDS) {
    for (const recipe of Object.keys(kind.recipes)) {
      names.set(`${kind.key}/${recipe}`, [{ kind, recipe }]);
      names.set(recipe, [...(names.get(recipe) ?? []), { kind, recipe }]);
    }
  }
  const found = names.get(findRecipe(Object.fromEntries(names), name)) ?? [];
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return { ...first.kind, recipe: first.recipe };
  const whole = found.map(({ kind, recipe }) => `${kind.key}/${recipe}`);
  throw new ConfigError(
    `Cannot show recipe "${name}": ${found.length} commands have one of that name; say which: ${whole.join(", ")}`,
  );
}
