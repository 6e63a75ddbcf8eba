/** @file The parts of a report that speak of this picture: findings and impression, not why it was taken or what came before. */
import { type SentenceSpan, splitSentences } from "../text/split-sentences.ts";
import { HEADINGS } from "./rules/headings.ts";
import { phrasesByKey } from "./words.ts";

/** What a part of a report is about. */
export type SectionKind = "findings" | "impression" | "other";

/** A part of a report, its heading left out. */
export interface Section {
  readonly kind: SectionKind;
  readonly start: number;
  readonly end: number;
}

const KIND_OF: ReadonlyMap<string, SectionKind> = new Map(phrasesByKey(HEADINGS));

/** What may be a heading: at the start, on a new line or behind a full stop; up to five words and a colon, or capitals on a line of their own. */
const HEADING =
  /(?:^|\n|[.!?]\s|(?<!\s)\s{2,})(?:(?<=\n|^|[.!?]\s)[^\S\n]*)?(?:([A-Za-z][A-Za-z/&-]*(?: [A-Za-z/&-]+){0,4})[^\S\n]?:|([A-Z]+(?: [A-Z]+){0,3})[^\S\n]*(?=\n))/g;

interface Heading {
  readonly kind: SectionKind;
  readonly start: number;
  readonly end: number;
}

/** The parts of a report in order. A report without headings is all findings. */
export function sectionsOf(report: string): readonly Section[] {
  const headings = headingsOf(report);
  const hasFindings = headings.some(({ kind }) => kind === "findings");
  const sections: Section[] = [];
  const add = (kind: SectionKind, start: number, end: number): void => {
    if (end > start) sections.push({ kind, start, end });
  };
  add("findings", 0, headings[0]?.start ?? report.length);
  for (const [i, { kind, end: start }] of headings.entries()) {
    const next = headings[i + 1];
    const end = next?.start ?? report.length;
    const own =
      kind === "other" ? endOfOther(report, { start, end, next: next?.kind, hasFindings }) : end;
    add(kind, start, own);
    add("findings", own, end);
  }
  return sections;
}

/** Longer ones are a text without full stops: they are cut between words, or the time of reading would grow with their square. */
const LONGEST_SENTENCE = 4000;

/** The sentences of a report that speak of this picture. */
export function sentencesOfPicture(report: string): readonly SentenceSpan[] {
  return sectionsOf(report)
    .filter(({ kind }) => kind !== "other")
    .flatMap(({ start, end }) =>
      splitSentences(report.slice(start, end)).flatMap((span) =>
        cutLong(report, { start: start + span.start, end: start + span.end }),
      ),
    );
}

function cutLong(report: string, { start, end }: SentenceSpan): readonly SentenceSpan[] {
  const parts: SentenceSpan[] = [];
  let from = start;
  while (end - from > LONGEST_SENTENCE) {
    const blank = report.lastIndexOf(" ", from + LONGEST_SENTENCE);
    const to = blank > from ? blank : from + LONGEST_SENTENCE;
    parts.push({ start: from, end: to });
    from = to;
  }
  return [...parts, { start: from, end }];
}

function headingsOf(report: string): readonly Heading[] {
  const found: Heading[] = [];
  HEADING.lastIndex = 0;
  for (let match = HEADING.exec(report); match !== null; match = HEADING.exec(report)) {
    const words = match[1] ?? match[2] ?? "";
    const kind = KIND_OF.get(
      words
        .toLowerCase()
        .replace(/[/&-]+/g, " ")
        .replace(/ +/g, " ")
        .trim(),
    );
    const end = match.index + match[0].length;
    const start = match.index + match[0].indexOf(words);
    if (kind !== undefined && words !== "") found.push({ kind, start, end });
    HEADING.lastIndex = Math.max(end - 1, match.index + 1); // a full stop or line end may begin the next
  }
  return found;
}

/** More sentences than these are findings for the most part: nobody gives so many reasons for a film. */
const LONGEST_REASON = 3;

/**
 * Where a part ends that is not about the picture: at an empty line, or else at the next heading. Findings without a heading of their
 * own follow it at times: in front of an impression they may begin with a new line behind a full stop, or behind the first sentence where
 * there are too many for a reason; with nothing to come, behind the first line or sentence.
 */
function endOfOther(
  report: string,
  {
    start,
    end,
    next,
    hasFindings,
  }: {
    readonly start: number;
    readonly end: number;
    readonly next: SectionKind | undefined;
    readonly hasFindings: boolean;
  },
): number {
  const text = report.slice(start, end);
  const paragraph = /\S[^\S\n]*\n[^\S\n]*\n/.exec(text);
  if (paragraph !== null) return start + paragraph.index + 1;
  if (next === undefined) return start + (splitSentences(text)[0]?.end ?? text.length);
  if (next !== "impression" || hasFindings) return end;
  const line = /[.!?][^\S\n]*\n/.exec(text);
  if (line !== null) return start + line.index + 1;
  const sentences = splitSentences(text);
  return sentences.length > LONGEST_REASON ? start + (sentences[0]?.end ?? 0) : end;
}
