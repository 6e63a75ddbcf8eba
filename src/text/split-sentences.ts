/** @file The sentences of a report: full stops that end one, told from those of decimals, abbreviations and list numbers. */

/** A sentence: `text.slice(start, end)`, without the white space around it. */
export interface SentenceSpan {
  readonly start: number;
  readonly end: number;
}

/** Abbreviations whose full stop never ends a sentence, without it. */
const NEVER_LAST: ReadonlySet<string> = new Set(
  "dr mr mrs ms prof rev st jr sr vs v approx ca cf viz resp incl excl e.g i.e eg ie al fig figs ref refs dept ext".split(
    " ",
  ),
);

/** Abbreviations that end one only when a capital letter or a number follows. */
const SOMETIMES_LAST: ReadonlySet<string> = new Set(
  "etc a.m p.m am pm inc md est min max avg rt lt lat ant post bilat pt pts".split(" "),
);

/** The longest run of letters and dots that is looked up before a full stop. */
const LONGEST_ABBREVIATION = 16;

/** The most characters of white space and number that a list number is looked for in. */
const LONGEST_INDENT = 64;

const ENDINGS = /[.!?]+/g;
const PARAGRAPH = /\n[^\S\n]*\n\s*/g;
const LIST_LINE = /\n[^\S\n]*(?=(?:\d{1,3}[.)]|[-*•])[^\S\n])/g;
const CLOSERS = new Set(`"')]}”’`);
const HAS_WORD = /[\p{L}\p{N}_]/u;

/**
 * Finds the sentences of a text, in order. They do not overlap, and what lies between them is white space.
 *
 * A sentence ends at `.`, `!` or `?` (several count as one) in front of white space or the end, at an empty line, and in front of a
 * line that starts with a list number or a bullet. A full stop does not end one in a decimal (`2.5 cm`), after an abbreviation
 * (`Dr.`, `vs.`, `i.e.`), after an initial (`J. Smith`) or after a list number (`1. `); a `?` that stands before a word (`? nodule`)
 * does not either. A space forgotten after a full stop (`clear.Heart`) is seen by its capital letter. De-identification
 * marks (`XXXX`, `___`) are words like others. What has no letter or digit, such as a dot left over, belongs to the sentence
 * before it.
 *
 * @example
 * splitSentences("A 2.5 cm nodule. No effusion."); // [{ start: 0, end: 16 }, { start: 17, end: 29 }]
 */
export function splitSentences(text: string): readonly SentenceSpan[] {
  const sentences: SentenceSpan[] = [];
  let start = 0;
  const close = (end: number): void => {
    const span = trimmed(text, { start, end });
    start = end;
    if (span.end === span.start) return;
    const last = sentences.at(-1);
    if (last === undefined || HAS_WORD.test(text.slice(span.start, span.end))) sentences.push(span);
    else sentences[sentences.length - 1] = { start: last.start, end: span.end };
  };
  for (const { from, to } of paragraphs(text)) {
    close(from);
    for (const end of sentenceEnds(text, { from, to })) close(end);
    close(to);
  }
  return sentences;
}

/** The parts between empty lines and in front of list lines. */
function* paragraphs(text: string): Iterable<{ from: number; to: number }> {
  if (!text.includes("\n")) {
    yield { from: 0, to: text.length };
    return;
  }
  const cuts = [PARAGRAPH, LIST_LINE].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ({ index }) => index),
  );
  let from = 0;
  for (const to of cuts.toSorted((a, b) => a - b)) {
    yield { from, to };
    from = to;
  }
  yield { from, to: text.length };
}

/** Where sentences end within a paragraph, behind their punctuation. */
function* sentenceEnds(text: string, { from, to }: { from: number; to: number }): Iterable<number> {
  let start = from;
  ENDINGS.lastIndex = from;
  const runs: RegExpExecArray[] = [];
  for (let run = ENDINGS.exec(text); run !== null && run.index < to; run = ENDINGS.exec(text)) {
    runs.push(run);
  }
  for (const { 0: marks, index } of runs) {
    let end = index + marks.length;
    while (end < to && CLOSERS.has(text.charAt(end))) end += 1;
    if (!endsSentence({ text, start, index, marks, end })) continue;
    yield end;
    start = end;
  }
}

interface Ending {
  readonly text: string;
  /** Where the sentence starts that may end here. */
  readonly start: number;
  /** Where its punctuation stands, and what it is. */
  readonly index: number;
  readonly marks: string;
  /** Behind the punctuation, and brackets or quotes that it closes. */
  readonly end: number;
}

function endsSentence(ending: Ending): boolean {
  const { text, index, marks, end } = ending;
  const next = text.charAt(end);
  if (next !== "" && !/\s/.test(next)) return spaceForgotten(ending);
  if (marks.endsWith("?")) return index > 0 && !/[\s(]/.test(text.charAt(index - 1));
  if (marks.endsWith("!")) return true;
  const following = /\S/.exec(text.slice(end, end + 64))?.[0] ?? "";
  if (marks.length > 2 && /\p{Ll}/u.test(following)) return false; // an ellipsis within a sentence
  if (marks.length > 1) return true;
  return !isListNumber(ending) && !isAbbreviation(ending, following);
}

/** `clear.Heart`: two small letters before, a capital and a small one after. */
function spaceForgotten({ text, index, marks, end }: Ending): boolean {
  return (
    marks === "." &&
    end === index + 1 &&
    /\p{Ll}{2}$/u.test(text.slice(Math.max(0, index - 2), index)) &&
    /^\p{Lu}\p{Ll}/u.test(text.slice(end, end + 2))
  );
}

/** Is all of the sentence so far a number or a single letter? */
function isListNumber({ text, start, index }: Ending): boolean {
  if (index - start > LONGEST_INDENT) return false;
  return /^(?:\d{1,3}|\p{L})$/u.test(text.slice(start, index).trim());
}

function isAbbreviation({ text, start, index }: Ending, following: string): boolean {
  const before = text.slice(Math.max(start, index - LONGEST_ABBREVIATION), index);
  const word = /(?<![\p{L}\p{N}_])\p{L}[\p{L}.]*$/u.exec(before)?.[0];
  if (word === undefined) return false;
  const lower = word.toLowerCase();
  if (NEVER_LAST.has(lower)) return true;
  const startsAnew = /[\p{Lu}\p{N}]/u.test(following);
  if (lower === "no") return /\p{N}/u.test(following);
  if (SOMETIMES_LAST.has(lower) || /^\p{L}(?:\.\p{L})+$/u.test(word)) return !startsAnew;
  return /^\p{Lu}$/u.test(word) && isInitial(before.slice(0, -1), text.slice(index + 1, index + 8));
}

/**
 * Does a single capital stand in a name? Before another initial, or before a capital and behind a capitalised word, a title, an
 * initial, or a word such as `by`: so `by J. Smith`, and not `hepatitis C. No`.
 */
function isInitial(before: string, after: string): boolean {
  if (/^\s+\p{Lu}\./u.test(after)) return true;
  return (
    /^\s+\p{Lu}/u.test(after) && /(?:\p{Lu}\p{L}*|\.|\b(?:by|with|to|from|per))\s+$/u.test(before)
  );
}

function trimmed(text: string, { start, end }: SentenceSpan): SentenceSpan {
  const inner = text.slice(start, end);
  const leading = inner.length - inner.trimStart().length;
  return { start: start + leading, end: start + Math.max(leading, inner.trimEnd().length) };
}
