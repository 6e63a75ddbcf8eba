/**
 * @file The shapes that batches of pre-training come in. Most of a padded batch is padding, so where the loss reads masked words
 * only, texts are cut to the longest of their batch and words are found at the masked places; both are rounded up to a few sizes, since
 * every size has a compiled graph of its own.
 */
import type { EcampConfig } from "../model/config.ts";
import type { BatchSizes } from "../model/ecamp.ts";
import type { RandomMask, Scope } from "../nn/scope.ts";
import type { Objective, TracedObjective } from "../train/step-program.ts";
import { traceObjective } from "../train/step-program.ts";
import { type ObjectiveOptions, pretrainLosses } from "./pretrain-objective.ts";

/**
 * Lengths of a text: eighths of T. Each shape costs seconds of compiling and, at full size, 37 MB (twice that with accumulation), so
 * there are few; a token costs more than a place at which a word is found, so lengths are the finer.
 */
const LENGTHS = 8;
/** Numbers of found words for one length: quarters of B·T. */
const WORD_COUNTS = 4;

const roundUp = (value: number, step: number): number =>
  Math.max(1, Math.ceil(value / step)) * step;

/**
 * The smallest shape that holds a batch.
 * @param batch.longest tokens of its longest text
 * @param batch.words places at which words are to be found
 */
export function fittingSizes(
  full: BatchSizes,
  { longest, words }: { readonly longest: number; readonly words: number },
): BatchSizes {
  const tokens = Math.min(full.tokens, roundUp(longest, Math.ceil(full.tokens / LENGTHS)));
  const places = full.batch * tokens;
  return {
    ...full,
    tokens,
    words: Math.min(places, roundUp(words, Math.ceil(places / WORD_COUNTS))),
  };
}

/** The name of a shape, by which its program is kept. */
export function shapeName({ batch, tokens, kept, words }: BatchSizes): string {
  return [batch, tokens, kept, ...(words === undefined ? [] : [words])].join("x");
}

function sizesOf(name: string): BatchSizes {
  const [batch = 0, tokens = 0, kept = 0, words] = name.split("x").map(Number);
  return { batch, tokens, kept, ...(words !== undefined && { words }) };
}

/** The objective for every shape, traced once each. */
export class PretrainShapes {
  readonly #model: EcampConfig;
  readonly #options: ObjectiveOptions;
  readonly #traced = new Map<string, TracedObjective>();

  constructor(model: EcampConfig, options: ObjectiveOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** The differentiated objective of a shape, by its name. */
  traceOf(name: string): TracedObjective {
    const known = this.#traced.get(name);
    if (known !== undefined) return known;
    const traced = traceObjective(pretrainLosses(this.#model, sizesOf(name), this.#options));
    this.#traced.set(name, traced);
    return traced;
  }

  /** The objective of a shape without dropout, not differentiated: for validation. */
  evaluationOf(name: string): (scope: Scope) => Objective {
    const model = { ...this.#model, dropout: 0, attentionDropout: 0 };
    return pretrainLosses(model, sizesOf(name), this.#options);
  }

  /** The random masks that batches of a shape are fed. */
  masksOf(name: string): readonly RandomMask[] {
    return this.traceOf(name).masks;
  }
}
