/** @file The text of a record as an epoch sees it: composed, masked and weighed by the record's own random numbers. */
import { composeSentence, type ReportWithContext } from "../text/compose-sentence.ts";
import {
  type PretrainingText,
  type PretrainingTextRules,
  pretrainingText,
} from "../text/pretraining-text.ts";
import { RandomStream } from "../util/random.ts";

/** What a record's random numbers are a function of. */
export interface DrawKey {
  readonly id: string;
  readonly epoch: number;
  readonly seed: number;
}

/** The stream of one record's draws for one purpose: a function of seed, epoch and record id alone. */
export function drawsOf(purpose: string, { id, epoch, seed }: DrawKey): () => number {
  const stream = new RandomStream({ seed, name: `${purpose}/${id}`, step: epoch });
  return () => stream.uniform();
}

/** The text of a record in an epoch. */
export function recordText(
  pair: ReportWithContext,
  rules: PretrainingTextRules,
  key: DrawKey,
): PretrainingText {
  return pretrainingText(pair, rules, contextThenMask(pair, rules, key));
}

/**
 * Draws for `pretrainingText`: those of the mixing from the stream `context`, the rest from `mask`, so that another way of
 * mixing leaves the masking of a text's words alone. How many the mixing takes is for it to say: it is asked once before.
 */
function contextThenMask(
  pair: ReportWithContext,
  { insertProbability, sentences }: PretrainingTextRules,
  key: DrawKey,
): () => number {
  const drawn: number[] = [];
  const context = drawsOf("context", key);
  composeSentence({ ...pair, insertProbability, sentences }, () => {
    const number = context();
    drawn.push(number);
    return number;
  });
  const mask = drawsOf("mask", key);
  return () => drawn.shift() ?? mask();
}
