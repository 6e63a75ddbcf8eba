/** @file The recipes by name. */
import { base } from "./base.ts";
import { demo } from "./demo.ts";
import type { Recipe } from "./pretrain-config.ts";
import { published } from "./published.ts";
import { small } from "./small.ts";
import { tiny } from "./tiny.ts";

/** The name of a recipe. */
export type RecipeName = "published" | "base" | "small" | "tiny" | "demo";

/** Every recipe, largest first. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  published,
  base,
  small,
  tiny,
  demo,
};
