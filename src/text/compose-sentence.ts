/** @file Report and distilled context to one text (paper: context-enhanced masked language modelling). */

import { splitSentences } from "./split-sentences.ts";

/** A report with its distilled context. */
export interface ReportWithContext {
  readonly report: string;
  /** Short sentences, one per entity; may be empty. */
  readonly context: string;
}

/** Where a report's sentences end: at every full stop, or where `splitSentences` says. */
export type SentenceRule = "dot" | "sentence";

/** What may be chosen about the mixing. */
export interface ComposeOptions {
  /** How often the context is inserted. */
  readonly insertProbability?: number;
  readonly sentences?: SentenceRule;
}

/** Does a sentence end with its own punctuation? */
const ENDED = /[.!?:]["')\]}”’]*$/;

/** How often the paper's program inserts the context. */
export const INSERT_PROBABILITY = 0.8;

/** What every text starts with. */
export const CLS_PREFIX = "[CLS] ";

/**
 * Inserts the context at a random sentence boundary of the report, or leaves the report alone, and writes `[CLS] ` in
 * front.
 *
 * With `dot`, sentences are what stands between dots, so a report that ends in a dot has an empty last one. Nothing is put
 * around the context. A doubled dot becomes one, in a single pass that does not overlap itself. With `sentence`, the report
 * keeps its characters: the context comes between two of its sentences with a space on either side, and a full stop in front
 * where the sentence before has no end of its own. Draws, with both: whether to insert; then, only if so (an empty context
 * too), before which of the sentences or after the last.
 */
export function composeSentence(
  {
    report,
    context,
    insertProbability = INSERT_PROBABILITY,
    sentences = "dot",
  }: ReportWithContext & ComposeOptions,
  draw: () => number,
): string {
  const inserted = draw() < insertProbability;
  if (sentences === "sentence") {
    return CLS_PREFIX + (inserted ? insertBetween({ report, context }, draw) : report);
  }
  const text = inserted ? insertContext({ report, context }, draw) : report;
  return CLS_PREFIX + text.replaceAll("..", ".");
}

function insertContext({ report, context }: ReportWithContext, draw: () => number): string {
  const sentences = report.split(".");
  const location = Math.floor(draw() * (sentences.length + 1));
  const withDots = (parts: readonly string[]): string => parts.map((part) => `${part}.`).join("");
  return withDots(sentences.slice(0, location)) + context + withDots(sentences.slice(location));
}

/** Inserts the context between two sentences, in front of the first or after the last. */
function insertBetween({ report, context }: ReportWithContext, draw: () => number): string {
  const spans = splitSentences(report);
  const location = Math.floor(draw() * (spans.length + 1));
  const inserted = context.trim();
  if (inserted === "") return report;
  const before = report.slice(0, spans[location - 1]?.end ?? 0);
  const after = report.slice(spans[location]?.start ?? report.length);
  const end = before === "" || ENDED.test(before) ? "" : ".";
  return [`${before}${end}`, inserted, after].filter((part) => part !== "").join(" ");
}
