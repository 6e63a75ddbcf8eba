/** @file The configuration of a classification run, as a kind of run. */
import type { ClassifyConfig } from "../recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS, CLASSIFY_RECIPES } from "../recipes/classify-recipes.ts";
import { classifyColumn } from "../recipes/fidelity.ts";
import { FREE_ON_RESUME } from "../tasks/run-identity.ts";
import { CLASSIFY_SCHEMA } from "./classify-schema.ts";
import type { ResolvedConfig } from "./resolve-config.ts";
import { type RunChoices, type RunKind, resolveNew } from "./resolve-run.ts";

/** Fine-tuning and linear probes. */
export const CLASSIFY: RunKind<ClassifyConfig> = {
  command: "ecamp finetune classify",
  schema: CLASSIFY_SCHEMA,
  defaults: CLASSIFY_DEFAULTS,
  recipes: CLASSIFY_RECIPES,
  recipe: "finetune",
  column: classifyColumn,
  freeOnResume: FREE_ON_RESUME,
};

/**
 * Resolves the configuration of a new run.
 * @throws {ConfigError} on an unknown recipe, key or value, or a file that is not JSON
 */
export function resolveClassify(choices: RunChoices): Promise<ResolvedConfig<ClassifyConfig>> {
  return resolveNew(CLASSIFY, choices);
}
