/** @file What becomes of a report, as plain data that a worker can be told, and the rules that it means for a vocabulary. */
import type { SentenceRule } from "./compose-sentence.ts";
import { CHEST_ENTITIES, type EntityMatcher, exactEntityMatcher } from "./entities.ts";
import { lemmaEntityMatcher } from "./lemma-entities.ts";
import type { Lexicon } from "./lexicon.ts";
import { CHEST_LEXICON } from "./lexicons/chest.ts";
import type { DescriptorMasking, MaskingProbabilities } from "./mask-tokens.ts";
import { type PretrainingTextRules, pretrainingTextRules } from "./pretraining-text.ts";
import { phraseTemplates, spellableTemplates, type Template } from "./rebalance-weights.ts";
import { TEMPLATE_PHRASES } from "./template-phrases.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How entities are found: tokens that equal one, or words that are a form of one. */
export type EntityMatching = "exact" | "lemma";

/** What becomes of a report; everything but `tokens` has the paper's values. */
export interface PretrainingTextSettings {
  /** T, the length to which texts are truncated and padded. */
  readonly tokens: number;
  readonly insertProbability?: number;
  readonly probabilities?: Partial<MaskingProbabilities>;
  /** What becomes of the words before an entity. */
  readonly descriptors?: DescriptorMasking;
  /** Are left and right exchanged in the words when the picture was flipped? */
  readonly swapsSides?: boolean;
  readonly entities?: EntityMatching;
  /** The entities, where they are not those of the chest. With `exact`, only their lemmas count. */
  readonly lexicon?: Lexicon;
  /** The phrases whose weight is diminished: the authors' two, those that reports use most, or others. And to what. */
  readonly phrases?: "two" | "list" | readonly string[];
  readonly diminished?: number;
  /** Where sentences end. */
  readonly sentences?: SentenceRule;
}

/**
 * The rules that settings mean for a vocabulary.
 * @throws {ConfigError} when the vocabulary lacks `.` or cannot spell a phrase; of the list, such phrases are left out
 */
export function settingsRules(
  tokenizer: Tokenizer,
  settings: PretrainingTextSettings,
): PretrainingTextRules {
  const { entities, lexicon, phrases, swapsSides: _, ...rest } = settings;
  return pretrainingTextRules({
    ...rest,
    tokenizer,
    entities: entityMatcher(tokenizer, { entities, lexicon }),
    templates: templatesOf(tokenizer, phrases),
    reach: phrases === "list" ? "each" : "longest",
  });
}

function entityMatcher(
  tokenizer: Tokenizer,
  {
    entities = "exact",
    lexicon,
  }: { readonly entities: EntityMatching | undefined; readonly lexicon: Lexicon | undefined },
): EntityMatcher {
  if (entities === "lemma") return lemmaEntityMatcher(tokenizer, lexicon ?? CHEST_LEXICON);
  const words = lexicon?.entities.map(({ entity }) => entity) ?? CHEST_ENTITIES;
  return exactEntityMatcher(tokenizer, words);
}

function templatesOf(
  tokenizer: Tokenizer,
  phrases: PretrainingTextSettings["phrases"] = "two",
): readonly Template[] {
  if (phrases === "two") return phraseTemplates(tokenizer);
  if (phrases !== "list") return phraseTemplates(tokenizer, phrases);
  return spellableTemplates(
    tokenizer,
    TEMPLATE_PHRASES.map(({ phrase }) => phrase),
  );
}
