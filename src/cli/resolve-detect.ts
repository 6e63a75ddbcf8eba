/** @file The configuration of a detection run, as a kind of run. */
import type { DetectConfig } from "../recipes/detect-config.ts";
import { DETECT_DEFAULTS, DETECT_RECIPES } from "../recipes/detect-recipes.ts";
import { detectColumn } from "../recipes/fidelity.ts";
import { FREE_ON_RESUME } from "../tasks/run-identity.ts";
import { DETECT_SCHEMA } from "./dense-schema.ts";
import type { ResolvedConfig } from "./resolve-config.ts";
import { type RunChoices, type RunKind, resolveNew } from "./resolve-run.ts";

/** Detection. */
export const DETECT: RunKind<DetectConfig> = {
  command: "ecamp finetune detect",
  schema: DETECT_SCHEMA,
  defaults: DETECT_DEFAULTS,
  recipes: DETECT_RECIPES,
  recipe: "detect",
  column: detectColumn,
  freeOnResume: FREE_ON_RESUME,
};

/**
 * Resolves the configuration of a new run.
 * @throws {ConfigError} on an unknown recipe, key or value, or a file that is not JSON
 */
export function resolveDetect(choices: RunChoices): Promise<ResolvedConfig<DetectConfig>> {
  return resolveNew(DETECT, choices);
}
