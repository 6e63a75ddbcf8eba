/** @file Entity-aware, context-enhanced masking of a report's tokens (paper: masked language modelling). */
import { ConfigError } from "../util/errors.ts";
import type { EntityMatcher } from "./entities.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What masking must know of the vocabulary. */
export interface MaskingVocabulary {
  readonly mask: number;
  readonly pad: number;
  /** The id of `.`, which is no context of an entity. */
  readonly period: number;
  /** [V]: 1 where a token continues a word (`##…`). */
  readonly continues: Uint8Array;
  /** [V]: 1 where a token holds a letter or a digit, as no punctuation does. */
  readonly isWord: Uint8Array;
  /** [V]: 1 where a token is special, such as a `[SEP]` that stands in a report. */
  readonly isSpecial: Uint8Array;
  /** [V]: 1 where a token is punctuation that ends a sentence, such as `.` or `..`. */
  readonly endsSentence: Uint8Array;
}

/**
 * What becomes of the tokens before an entity. `draw`: up to two tokens, full stops left out, are its context; they are masked by
 * the draw of every word. `always`: up to two words of its sentence are its context, and are masked whole, whatever was drawn (another entity among them too:
 * the paper makes no exception); special tokens that stand in a report are then no words, and never masked.
 */
export type DescriptorMasking = "draw" | "always";

/** How often a word is masked. */
export interface MaskingProbabilities {
  /** A word of a text with an entity, unless it is one. */
  readonly mask: number;
  /** A word of a text without entities. */
  readonly noEntityMask: number;
  /** An entity. */
  readonly entityMask: number;
}

/** The probabilities of the paper's program. */
export const MASKING_PROBABILITIES: MaskingProbabilities = {
  mask: 0.7,
  noEntityMask: 0.75,
  entityMask: 0.75,
};

/** A text to mask, and by what rules. */
export interface MaskTokensInput {
  /** [T], padded; left as it is. */
  readonly ids: Int32Array;
  readonly vocabulary: MaskingVocabulary;
  readonly entities: EntityMatcher;
  readonly probabilities?: MaskingProbabilities;
  readonly descriptors?: DescriptorMasking;
  /**
   * [T]: the number of the sentence that a token stands in, for `always`. Where it is not given, sentences end at tokens such as `.`,
   * those of decimals and abbreviations too.
   */
  readonly sentences?: Int32Array;
}

/** A masked text. */
export interface MaskedTokens {
  /** [T] */
  readonly maskedIds: Int32Array;
  /** The context of the entities (see `DescriptorMasking`), in order of discovery, each once. */
  readonly contextPositions: readonly number[];
  /** Where entities start, ascending. */
  readonly entityPositions: readonly number[];
}

/** How many tokens, or words, before an entity are its context. */
const CONTEXT_LENGTH = 2;

const HAS_LETTER = /[\p{L}\p{N}]/u;
const ENDS_SENTENCE = /^[^\p{L}\p{N}]*[.!?][^\p{L}\p{N}]*$/u;

/**
 * Looks up what masking needs.
 * @throws {ConfigError} when `.` is no token of the vocabulary
 */
export function maskingVocabulary(tokenizer: Tokenizer): MaskingVocabulary {
  const period = tokenizer.idOf(".");
  if (period === undefined) {
    throw new ConfigError(
      'Cannot mask with this vocabulary: "." is not one of its tokens, use one that holds it',
    );
  }
  const { vocabulary, specials, continuationPrefix } = tokenizer;
  const isSpecial = new Uint8Array(vocabulary.length);
  for (const id of Object.values(specials)) isSpecial[id] = Number(id !== specials.unk); // a word that is not known is one
  return {
    isSpecial,
    mask: specials.mask,
    pad: specials.pad,
    period,
    continues: Uint8Array.from(vocabulary, (token) => Number(token.startsWith(continuationPrefix))),
    isWord: Uint8Array.from(vocabulary, (token) => Number(HAS_LETTER.test(token))),
    endsSentence: Uint8Array.from(vocabulary, (token) => Number(ENDS_SENTENCE.test(token))),
  };
}

/**
 * Masks whole words at random, and entities apart from the others.
 *
 * The first and last of the T positions are never masked. One pass draws once per word up to the first pad token, for
 * those of entities too (there to no effect); a second draws once per entity, and masks all that the matcher says belongs to
 * it: with exact matching its first piece only, with matching by lemma each of its words and their pieces. So how many draws
 * there are depends on words and entities, neither on what was drawn nor on `descriptors`. A text counts as having an entity
 * wherever one stands, even behind a pad token that the report itself holds.
 */
export function maskTokens(input: MaskTokensInput, draw: () => number): MaskedTokens {
  const { ids, vocabulary, entities, descriptors = "draw", sentences } = input;
  const { probabilities = MASKING_PROBABILITIES } = input;
  const { mask, pad, continues, isSpecial } = vocabulary;
  const mayMask = (id: number): boolean => descriptors === "draw" || isSpecial[id] !== 1;
  const collect = descriptors === "always" ? collectWords : collectTokens;
  const last = ids.length - 1;
  const marks = entities.mark(ids);
  const hasEntity = marks.subarray(1, Math.max(1, last)).includes(1);
  const probability = hasEntity ? probabilities.mask : probabilities.noEntityMask;
  const maskedIds = ids.slice();
  const contextPositions: number[] = [];
  const entityPositions: number[] = [];
  for (let i = 1; i < last; i++) {
    const id = ids[i] ?? pad;
    if (id === pad) break;
    if (continues[id] === 1) {
      if (maskedIds[i - 1] === mask) maskedIds[i] = mask; // a word is masked whole
      continue;
    }
    if (marks[i] === 1) {
      entityPositions.push(i);
      collect(contextPositions, { ids, entity: i, vocabulary, sentences });
    }
    const drawn = draw();
    if (marks[i] === 0 && drawn < probability && mayMask(id)) maskedIds[i] = mask;
  }
  for (const start of entityPositions) {
    const isMasked = draw() < probabilities.entityMask;
    for (let i = start; isMasked && i < last && (i === start || marks[i] === 2); i++) {
      maskedIds[i] = mask;
    }
  }
  if (descriptors === "always") for (const i of contextPositions) maskedIds[i] = mask;
  return { maskedIds, contextPositions, entityPositions };
}

interface EntityPlace {
  readonly ids: Int32Array;
  /** The entity's position. */
  readonly entity: number;
  readonly vocabulary: MaskingVocabulary;
  readonly sentences: Int32Array | undefined;
}

/** Adds the two tokens before an entity, nearest first, but not `[CLS]` and no full stops. */
function collectTokens(
  positions: number[],
  { ids, entity, vocabulary: { period } }: EntityPlace,
): void {
  for (let i = entity - 1; i > 0 && i >= entity - CONTEXT_LENGTH; i--) {
    if (ids[i] !== period && !positions.includes(i)) positions.push(i);
  }
}

/** Adds the pieces of the two words before an entity in its sentence, nearest first; other punctuation is passed over. */
function collectWords(
  positions: number[],
  { ids, entity, vocabulary, sentences }: EntityPlace,
): void {
  const { continues, isWord, isSpecial, endsSentence } = vocabulary;
  const flag = (flags: Uint8Array, i: number): boolean => flags[ids[i] ?? 0] === 1;
  let words = 0;
  for (let end = entity, start = end; end > 1 && words < CONTEXT_LENGTH; end = start) {
    start = end - 1;
    while (start > 1 && flag(continues, start)) start -= 1;
    const pieces = Array.from({ length: end - start }, (_, i) => end - 1 - i);
    const outside =
      sentences === undefined
        ? pieces.some((i) => flag(endsSentence, i))
        : sentences[start] !== sentences[entity];
    if (outside) return;
    if (flag(isSpecial, start) || !pieces.some((i) => flag(isWord, i))) continue;
    for (const i of pieces) if (!positions.includes(i)) positions.push(i);
    words += 1;
  }
}
