/** @file The spans of a sentence that an answer may name: a slot that is closed to them cannot hold what the report does not say. */
import type { SentenceSpan } from "../../text/split-sentences.ts";
import { wordsOf } from "../words.ts";

/** The longest entity, in words. */
const MAX_SPAN_WORDS = 6;

/** Longer sentences are asked about in parts: the number of spans grows with them, and answers get worse. */
export const MAX_SENTENCE_WORDS = 40;

const DIVIDERS: ReadonlySet<string> = new Set([",", ";", ":", "(", ")", "?"]);

/** Words at which no span begins or ends: it would name nothing more by them. */
const OUTSIDE: ReadonlySet<string> = new Set(
  "a an the and or nor of in on at to by for with without no not is are was were be been has have had there this that these those it its as from but which who may".split(
    " ",
  ),
);

/** Is it a small word, or a de-identification mark, at which no name begins or ends? */
export function isOutsideWord(word: string): boolean {
  return OUTSIDE.has(word) || isMark(word);
}

/** Does a word stand for what was taken out: `XXXX`, `___`? */
export function isMark(word: string): boolean {
  return /^(?:x{3,}|_{2,})$/i.test(word);
}

/** The spans of a sentence that could name something, as they are written there, each text once. */
export function spansOf(sentence: string): readonly string[] {
  const words = wordsOf(sentence);
  const spans = new Set<string>();
  for (const [first, word] of words.entries()) {
    for (const last of words.slice(first, first + MAX_SPAN_WORDS)) {
      if (DIVIDERS.has(last.text)) break;
      if (!isOutsideWord(word.text) && !isOutsideWord(last.text)) {
        spans.add(sentence.slice(word.start, last.end));
      }
    }
  }
  return [...spans];
}

/** Cuts what is too long into parts of at most {@link MAX_SENTENCE_WORDS} words, at a comma where one stands near the end. */
export function partsOf(text: string, { start, end }: SentenceSpan): readonly SentenceSpan[] {
  const words = wordsOf(text.slice(start, end), start);
  const parts: SentenceSpan[] = [];
  for (let from = 0; from < words.length; ) {
    const rest = words.slice(from, from + MAX_SENTENCE_WORDS);
    const isLast = from + rest.length >= words.length;
    const comma = isLast ? -1 : rest.findLastIndex(({ text: word }) => DIVIDERS.has(word));
    const length = comma >= MAX_SENTENCE_WORDS / 2 ? comma + 1 : rest.length;
    const partEnd = isLast ? end : (rest[length - 1]?.end ?? end);
    parts.push({ start: from === 0 ? start : (rest[0]?.start ?? start), end: partEnd });
    from += length;
  }
  return parts;
}
