/** @file The configuration of a pre-training run, as a kind of run. */
import { DEFAULTS } from "../recipes/defaults.ts";
import { fidelityColumn } from "../recipes/fidelity.ts";
import { RECIPES } from "../recipes/index.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { openInitial } from "../tasks/initial-file.ts";
import { architectureSwitches } from "../tasks/method-options.ts";
import { FREE_ON_RESUME } from "../tasks/run-identity.ts";
import { PRETRAIN_SCHEMA } from "./pretrain-schema.ts";
import type { InheritedLayer, ResolvedConfig } from "./resolve-config.ts";
import { type RunChoices, type RunKind, resolveNew } from "./resolve-run.ts";

/** Pre-training. */
export const PRETRAIN: RunKind<PretrainConfig> = {
  command: "ecamp pretrain",
  schema: PRETRAIN_SCHEMA,
  defaults: DEFAULTS,
  recipes: RECIPES,
  recipe: "base",
  column: fidelityColumn,
  freeOnResume: FREE_ON_RESUME,
  inherit: ({ run }) => inheritedLayers(run.init),
};

/**
 * Resolves the configuration of a new run.
 * @throws {ConfigError} on an unknown recipe, key or value, or a file that is not JSON
 */
export function resolvePretrain(choices: RunChoices): Promise<ResolvedConfig<PretrainConfig>> {
  return resolveNew(PRETRAIN, choices);
}

/** What a run starts from: its architecture wins over columns and recipes (SPEC 5); its grey levels' mean and deviation may be set otherwise. */
async function inheritedLayers(init: string | null): Promise<readonly InheritedLayer[]> {
  if (init === null) return [];
  const { file, architecture, sizes, normalization } = await openInitial(init);
  if (architecture === undefined) return [];
  const from = `--init ${file}`;
  const fidelity = architectureSwitches(architecture);
  return [
    { from, yields: false, values: { fidelity, model: sizes } },
    ...(normalization === undefined
      ? []
      : [{ from, yields: true, values: { data: normalization } }]),
  ];
}
