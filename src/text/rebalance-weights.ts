/** @file Loss weights of a text's tokens: stock phrases of absence count little, what stands before entities more. */
import { ConfigError } from "../util/errors.ts";
import { TWO_PHRASES } from "./template-phrases.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A stock phrase as token ids. */
export type Template = readonly number[];

/** What a token of a stock phrase weighs. */
export const DIMINISHED_WEIGHT = 0.05;

/** Up to where phrases are looked for: where the longest of them would still fit, or each to the end of the text. */
export type TemplateReach = "longest" | "each";

/** A text to weigh. */
export interface RebalanceInput {
  /** [T], unmasked and padded. */
  readonly ids: Int32Array;
  /** Positions of tokens before entities, each once. */
  readonly contextPositions: readonly number[];
  /** Stock phrases; where several fit, the first in the list counts. */
  readonly templates: readonly Template[];
  readonly reach?: TemplateReach;
  /** The weight of a token of a stock phrase. */
  readonly diminished?: number;
}

/**
 * Phrases as the vocabulary writes them.
 * @throws {ConfigError} when a phrase is empty, or the vocabulary cannot spell it: its ids would then also stand for
 * other words
 */
export function phraseTemplates(
  tokenizer: Tokenizer,
  phrases: readonly string[] = TWO_PHRASES,
): Template[] {
  return phrases.map((phrase) => {
    const template = spell(tokenizer, phrase);
    if (template === undefined) {
      throw new ConfigError(
        `Cannot use the phrase "${phrase}" for weighting: the vocabulary cannot spell it, choose other phrases or train a vocabulary on texts that hold it`,
      );
    }
    return template;
  });
}

/** Those of the phrases that the vocabulary can spell, the one of most tokens first: where several fit, that one counts. */
export function spellableTemplates(
  tokenizer: Tokenizer,
  phrases: readonly string[],
): readonly Template[] {
  return phrases
    .flatMap((phrase) => {
      const template = spell(tokenizer, phrase);
      return template === undefined ? [] : [template];
    })
    .toSorted((a, b) => b.length - a.length);
}

function spell({ encode, specials }: Tokenizer, phrase: string): Template | undefined {
  const ids = [...encode(phrase).ids];
  return ids.length === 0 || ids.includes(specials.unk) ? undefined : ids;
}

/**
 * Weights w [T] whose mean is 1.
 *
 * Tokens of stock phrases get `diminished`. What they lose goes to the m context tokens, of which k may be diminished
 * themselves: with c = 1 − `diminished` and d diminished tokens in all, context weights are multiplied by
 * (c(d − k) + m) / (m − ck), or, when there is no context, all weights, padding too, by T / (T − cd).
 */
export function rebalanceWeights({
  ids,
  contextPositions,
  templates,
  reach = "longest",
  diminished = DIMINISHED_WEIGHT,
}: RebalanceInput): Float32Array {
  const weights = new Float32Array(ids.length).fill(1);
  const longest =
    reach === "each" ? 1 : Math.max(0, ...templates.map((template) => template.length));
  let lowered = 0;
  for (let i = 0; i + longest <= ids.length; ) {
    const length = templates.find((template) => standsAt(ids, { template, at: i }))?.length ?? 0;
    weights.fill(diminished, i, i + length);
    lowered += length;
    i += Math.max(1, length);
  }
  if (lowered === 0) return weights;
  const lost = 1 - diminished;
  const context = contextPositions.length;
  if (context === 0) {
    const factor = ids.length / (ids.length - lost * lowered);
    return weights.map((weight) => weight * factor);
  }
  const low = Math.fround(diminished);
  const loweredContext = contextPositions.filter((i) => weights[i] === low).length;
  const factor = (lost * (lowered - loweredContext) + context) / (context - lost * loweredContext);
  for (const i of contextPositions) weights[i] = (weights[i] ?? 0) * factor;
  return weights;
}

function standsAt(ids: Int32Array, { template, at }: { template: Template; at: number }): boolean {
  return template.every((id, offset) => ids[at + offset] === id);
}
