/** @file `ecamp recipes`. */
import { type Command, defineCommand } from "../command.ts";

/** Lists the recipes, or shows one. */
export const recipes: Command = defineCommand({
  path: ["recipes"],
  summary: "list the recipes, or show every value of one",
  description: `A recipe is a named set of values for "ecamp pretrain" or one of the commands "ecamp finetune …": the sizes of the
model, the optimiser and its schedule, the augmentation, and which oddities of the authors' program are kept. Without
NAME it lists them; with NAME it prints every key, its value and where the value comes from. Where several commands have
a recipe of one name, NAME says which, as in segment/rsna-10. Any key can be changed with --set KEY=VALUE when a run
starts.`,
  positionals: { name: { help: "the recipe to show", optional: true } },
  options: { json: { type: "boolean", help: "print JSON" } },
  examples: [
    { line: "recipes", does: "every recipe in a line" },
    { line: "recipes tiny", does: "every value of the recipe tiny" },
    { line: "recipes detect/rsna-10", does: "the one of finetune detect" },
  ],
  run: async ({ name, json }, { terminal }) => {
    const { showRecipes } = await import("../show-recipes.ts");
    await showRecipes({ name, json, terminal });
    return 0;
  },
});
