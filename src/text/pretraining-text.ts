/** @file One report and its context to what the report decoder is trained on. */
import { codePointUnits } from "./code-points.ts";
import {
  CLS_PREFIX,
  composeSentence,
  INSERT_PROBABILITY,
  type ReportWithContext,
  type SentenceRule,
} from "./compose-sentence.ts";
import { type EntityMatcher, exactEntityMatcher } from "./entities.ts";
import {
  type DescriptorMasking,
  MASKING_PROBABILITIES,
  type MaskedTokens,
  type MaskingProbabilities,
  type MaskingVocabulary,
  maskingVocabulary,
  maskTokens,
} from "./mask-tokens.ts";
import {
  DIMINISHED_WEIGHT,
  phraseTemplates,
  rebalanceWeights,
  type Template,
  type TemplateReach,
} from "./rebalance-weights.ts";
import { splitSentences } from "./split-sentences.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What may be chosen; all but the first two have the paper's values. */
export interface PretrainingTextOptions {
  readonly tokenizer: Tokenizer;
  /** T, the length to which texts are truncated and padded. */
  readonly tokens: number;
  readonly insertProbability?: number;
  readonly probabilities?: Partial<MaskingProbabilities>;
  readonly descriptors?: DescriptorMasking;
  readonly entities?: EntityMatcher;
  readonly vocabulary?: MaskingVocabulary;
  readonly templates?: readonly Template[];
  /** Up to where they are looked for. */
  readonly reach?: TemplateReach;
  readonly diminished?: number;
  /** Where sentences end: a context comes between two, and an entity's descriptors stand in one. */
  readonly sentences?: SentenceRule;
}

/** Options with everything looked up, made once for all texts of a run. */
export type PretrainingTextRules = Required<PretrainingTextOptions> & {
  readonly probabilities: MaskingProbabilities;
};

/** A text as the loader feeds it. The attention mask is 1 on the first `length` positions. */
export interface PretrainingText extends MaskedTokens {
  readonly sentence: string;
  /** [T]: the labels. */
  readonly ids: Int32Array;
  /** How many of the T are tokens of the text. */
  readonly length: number;
  /** [T]: the loss weights. */
  readonly weights: Float32Array;
}

/**
 * Looks up what the rules need in the vocabulary.
 * @throws {ConfigError} when the vocabulary lacks `.` or cannot spell the stock phrases
 */
export function pretrainingTextRules(options: PretrainingTextOptions): PretrainingTextRules {
  const { tokenizer, tokens } = options;
  return {
    tokenizer,
    tokens,
    insertProbability: options.insertProbability ?? INSERT_PROBABILITY,
    probabilities: { ...MASKING_PROBABILITIES, ...options.probabilities },
    descriptors: options.descriptors ?? "draw",
    entities: options.entities ?? exactEntityMatcher(tokenizer),
    vocabulary: options.vocabulary ?? maskingVocabulary(tokenizer),
    templates: options.templates ?? phraseTemplates(tokenizer),
    reach: options.reach ?? "longest",
    diminished: options.diminished ?? DIMINISHED_WEIGHT,
    sentences: options.sentences ?? "dot",
  };
}

/**
 * Composes, encodes, masks and weighs one text. Draws, in order: those of `composeSentence`, then those of `maskTokens`.
 *
 * @example
 * const rules = pretrainingTextRules({ tokenizer, tokens: 256 });
 * const stream = new RandomStream({ seed: 42, name: `mask/${id}`, step: epoch });
 * const { ids, maskedIds, length, weights } = pretrainingText({ report, context }, rules, () => stream.uniform());
 */
export function pretrainingText(
  { report, context }: ReportWithContext,
  rules: PretrainingTextRules,
  draw: () => number,
): PretrainingText {
  const { tokenizer, tokens, insertProbability, templates, reach, diminished } = rules;
  const { vocabulary, entities, probabilities, descriptors, sentences } = rules;
  const sentence = composeSentence({ report, context, insertProbability, sentences }, draw);
  const { ids, length } = tokenizer.encodeFixed(sentence, tokens);
  const numbered = sentences === "sentence" && descriptors === "always";
  const masked = maskTokens(
    {
      ...{ ids, vocabulary, entities, probabilities, descriptors },
      ...(numbered && { sentences: sentenceNumbers(sentence, rules) }),
    },
    draw,
  );
  const { contextPositions } = masked;
  const weights = rebalanceWeights({ ids, contextPositions, templates, reach, diminished });
  return { sentence, ids, length, ...masked, weights };
}

/** [T]: the number of the sentence that each token of a composed text stands in, from 0; what is before the first is in it too. */
function sentenceNumbers(
  composed: string,
  { tokenizer, tokens }: Pick<PretrainingTextRules, "tokenizer" | "tokens">,
): Int32Array {
  const unitOf = codePointUnits(composed);
  // The prefix is no word of the first sentence: behind it, a list number would not be seen as one.
  const ends = splitSentences(composed.slice(CLS_PREFIX.length)).map(
    ({ end }) => end + CLS_PREFIX.length,
  );
  const { offsets } = tokenizer.encode(composed);
  const numbers = new Int32Array(tokens).fill(ends.length);
  let sentence = 0;
  for (const [i, [start]] of offsets.slice(0, tokens).entries()) {
    while (sentence < ends.length && unitOf(start) >= (ends[sentence] ?? 0)) sentence += 1;
    numbers[i] = sentence;
  }
  return numbers;
}
