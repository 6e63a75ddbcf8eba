/** @file How the parameters of a downstream model are updated: weight decay by rank, and rates that fall towards the input (Clark et al. 2020). */
import { decayByRank, type GroupRule } from "../../train/parameter-groups.ts";

/** What the rules depend on. */
export interface LayerRuleOptions {
  /** Does weight decay concern every parameter, or those with two axes or more? */
  readonly decays: "all" | "matrices";
  readonly weightDecay: number;
  /** Factor on the rate for every block further from the head; 1 for none. */
  readonly layerDecay: number;
  /** Blocks of the encoder. */
  readonly depth: number;
  /** What comes before the names of the encoder's parameters. Default nothing. */
  readonly prefix?: string;
}

/** One group where every parameter is updated alike, or one for each layer. */
export function layerRules({
  decays,
  weightDecay,
  layerDecay,
  depth,
  prefix = "",
}: LayerRuleOptions): readonly GroupRule[] {
  const all: GroupRule = { name: "all", weightDecay, lrScale: 1, matches: () => true };
  const decay = decays === "all" ? [all] : decayByRank(weightDecay);
  if (layerDecay === 1) return decay;
  return Array.from({ length: depth + 2 }, (_, layer) =>
    decay.map(
      (rule): GroupRule => ({
        ...rule,
        name: `layer ${layer}, ${rule.name}`,
        lrScale: layerDecay ** (depth + 1 - layer),
        matches: (parameter) =>
          layerOf(parameter.name, { depth, prefix }) === layer && rule.matches(parameter),
      }),
    ),
  ).flat();
}

/** 0 for what comes before the blocks, then the blocks from 1, then the head with its norm and all that is outside of the encoder. */
export function layerOf(
  parameter: string,
  { depth, prefix = "" }: Pick<LayerRuleOptions, "depth" | "prefix">,
): number {
  if (!parameter.startsWith(prefix)) return depth + 1;
  const own = parameter.slice(prefix.length);
  const [, block] = /^blocks\.(\d+)\./.exec(own) ?? [];
  if (block !== undefined) return Number(block) + 1;
  return /^(?:fc_norm|norm|head|seg_head|det_head)\./.test(own) ? depth + 1 : 0;
}
