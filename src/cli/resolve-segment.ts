/** @file The configuration of a segmentation run, as a kind of run. */
import { segmentColumn } from "../recipes/fidelity.ts";
import type { SegmentConfig } from "../recipes/segment-config.ts";
import { SEGMENT_DEFAULTS, SEGMENT_RECIPES } from "../recipes/segment-recipes.ts";
import { FREE_ON_RESUME } from "../tasks/run-identity.ts";
import { SEGMENT_SCHEMA } from "./dense-schema.ts";
import type { ResolvedConfig } from "./resolve-config.ts";
import { type RunChoices, type RunKind, resolveNew } from "./resolve-run.ts";

/** Segmentation. */
export const SEGMENT: RunKind<SegmentConfig> = {
  command: "ecamp finetune segment",
  schema: SEGMENT_SCHEMA,
  defaults: SEGMENT_DEFAULTS,
  recipes: SEGMENT_RECIPES,
  recipe: "segment",
  column: segmentColumn,
  freeOnResume: FREE_ON_RESUME,
};

/**
 * Resolves the configuration of a new run.
 * @throws {ConfigError} on an unknown recipe, key or value, or a file that is not JSON
 */
export function resolveSegment(choices: RunChoices): Promise<ResolvedConfig<SegmentConfig>> {
  return resolveNew(SEGMENT, choices);
}
