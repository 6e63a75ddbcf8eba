/** @file Report and distilled context to one text (paper: context-enhanced masked language modelling). */

/** A report with its distilled context. */
export interface ReportWithContext {
  readonly report: string;
  /** Short sentences, one per entity; may be empty. */
  readonly context: string;
}

/** What may be chosen about the mixing. */
export interface ComposeOptions {
  /** How often the context is inserted. */
  readonly insertProbability?: number;
}

/** How often the paper's program inserts the context. */
export const INSERT_PROBABILITY = 0.8;

const CLS_PREFIX = "[CLS] ";

/**
 * Inserts the context at a random sentence boundary of the report, or leaves the report alone, and writes `[CLS] ` in
 * front.
 *
 * Sentences are what stands between dots, so a report that ends in a dot has an empty last one. Nothing is put around
 * the context. A doubled dot becomes one, in a single pass that does not overlap itself. Draws: whether to insert; then,
 * only if so (an empty context too), before which of the sentences or after the last.
 */
export function composeSentence(
  { report, context, insertProbability = INSERT_PROBABILITY }: ReportWithContext & ComposeOptions,
  draw: () => number,
): string {
  const inserted = draw() < insertProbability;
  const text = inserted ? insertContext({ report, context }, draw) : report;
  return CLS_PREFIX + text.replaceAll("..", ".");
}

function insertContext({ report, context }: ReportWithContext, draw: () => number): string {
  const sentences = report.split(".");
  const location = Math.floor(draw() * (sentences.length + 1));
  const withDots = (parts: readonly string[]): string => parts.map((part) => `${part}.`).join("");
  return withDots(sentences.slice(0, location)) + context + withDots(sentences.slice(location));
}
