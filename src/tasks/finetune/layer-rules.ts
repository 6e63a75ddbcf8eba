/** @file How the parameters of a classifier are updated: weight decay by rank, and rates that fall towards the input (Clark et al. 2020). */
import { decayByRank, type GroupRule } from "../../train/parameter-groups.ts";

/** What the rules depend on. */
export interface LayerRuleOptions {
  readonly optimizer: "sgd" | "adamw";
  readonly weightDecay: number;
  /** Factor on the rate for every block further from the head; 1 for none. */
  readonly layerDecay: number;
  /** Blocks of the encoder. */
  readonly depth: number;
}

/** SGD decays every parameter as the published program does; AdamW those with two axes or more. */
export function layerRules({
  optimizer,
  weightDecay,
  layerDecay,
  depth,
}: LayerRuleOptions): readonly GroupRule[] {
  const all: GroupRule = { name: "all", weightDecay, lrScale: 1, matches: () => true };
  const decay = optimizer === "sgd" ? [all] : decayByRank(weightDecay);
  if (layerDecay === 1) return decay;
  return Array.from({ length: depth + 2 }, (_, layer) =>
    decay.map(
      (rule): GroupRule => ({
        ...rule,
        name: `layer ${layer}, ${rule.name}`,
        lrScale: layerDecay ** (depth + 1 - layer),
        matches: (parameter) => layerOf(parameter.name, depth) === layer && rule.matches(parameter),
      }),
    ),
  ).flat();
}

/** 0 for what comes before the blocks, then the blocks from 1, then the head with its norm. */
export function layerOf(parameter: string, depth: number): number {
  const [, block] = /^blocks\.(\d+)\./.exec(parameter) ?? [];
  if (block !== undefined) return Number(block) + 1;
  return /^(?:fc_norm|norm|head)\./.test(parameter) ? depth + 1 : 0;
}
