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
}

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
}

/** A masked text. */
export interface MaskedTokens {
  /** [T] */
  readonly maskedIds: Int32Array;
  /** The up to two tokens before each entity, in order of discovery: nearest first, each once. */
  readonly contextPositions: readonly number[];
  /** Ascending. */
  readonly entityPositions: readonly number[];
}

/** How many tokens before an entity are its context. */
const CONTEXT_TOKENS = 2;

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
  return {
    mask: specials.mask,
    pad: specials.pad,
    period,
    continues: Uint8Array.from(vocabulary, (token) => Number(token.startsWith(continuationPrefix))),
  };
}

/**
 * Masks whole words at random, and entities apart from the others.
 *
 * The first and last of the T positions are never masked. One pass draws once per word up to the first pad token, for
 * entities too (there to no effect); a second draws once per entity, and masks its first piece only. A text counts as
 * having an entity wherever one stands, even behind a pad token that the report itself holds.
 */
export function maskTokens(
  { ids, vocabulary, entities, probabilities = MASKING_PROBABILITIES }: MaskTokensInput,
  draw: () => number,
): MaskedTokens {
  const { mask, pad, period, continues } = vocabulary;
  const last = ids.length - 1;
  const isEntity = entities.mark(ids);
  const hasEntity = isEntity.subarray(1, Math.max(1, last)).includes(1);
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
    if (isEntity[i] === 1) {
      entityPositions.push(i);
      collectContext(contextPositions, { ids, entity: i, period });
    }
    const drawn = draw();
    if (isEntity[i] !== 1 && drawn < probability) maskedIds[i] = mask;
  }
  for (const i of entityPositions) {
    if (draw() < probabilities.entityMask) maskedIds[i] = mask;
  }
  return { maskedIds, contextPositions, entityPositions };
}

/** Adds the tokens before an entity, but not `[CLS]` and no full stops. */
function collectContext(
  positions: number[],
  { ids, entity, period }: { ids: Int32Array; entity: number; period: number },
): void {
  for (let i = entity - 1; i > 0 && i >= entity - CONTEXT_TOKENS; i--) {
    if (ids[i] !== period && !positions.includes(i)) positions.push(i);
  }
}
