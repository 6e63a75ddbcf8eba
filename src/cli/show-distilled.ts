/** @file One report beside its context: the evidence coloured by status, in two columns where the window is wide enough. */
import type { DistilledRecord, Finding, FindingStatus } from "../distill/record.ts";
import type { Terminal } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** Select Graphic Rendition of ECMA-48: red, green, yellow. */
const COLOURS: Readonly<Record<FindingStatus, number>> = { present: 31, absent: 32, uncertain: 33 };

/** The narrowest window that has two columns, and what stands between them. */
const TWO_COLUMNS = 80;
const GAP = "  |  ";
const INDENT = "  ";

/** A stretch of a text that stands on one line. */
interface LineSpan {
  readonly start: number;
  readonly end: number;
}

/** A report with its findings and context. */
export function describeCase(
  report: string,
  record: DistilledRecord,
  { columns, hasColor }: Pick<Terminal, "columns" | "hasColor">,
): string {
  const { findings } = record;
  const [id, context] = [record.id, record.context].map((words) => words.replace(CONTROL, " ")) as [
    string,
    string,
  ];
  const isWide = columns >= TWO_COLUMNS;
  const width = isWide
    ? Math.floor((columns - INDENT.length - GAP.length) / 2)
    : columns - INDENT.length;
  const text = report.replace(CONTROL, " "); // as long as before, so that evidence stays where it is
  const left = wrap(text, width);
  const sentences = context
    .split(/(?<=\.) /)
    .flatMap((line) => wrap(line, width).map((span) => line.slice(span.start, span.end)));
  const coloured = (span: LineSpan): string =>
    hasColor ? colour(text, span, findings) : text.slice(span.start, span.end);
  const body = isWide
    ? Array.from({ length: Math.max(left.length, sentences.length) }, (_, i) => {
        const span = left[i] ?? { start: 0, end: 0 };
        const pad = " ".repeat(width - (span.end - span.start));
        return `${INDENT}${coloured(span)}${pad}${GAP}${sentences[i] ?? ""}`.trimEnd();
      })
    : [
        ...left.map((span) => INDENT + coloured(span)),
        "",
        ...sentences.map((line) => INDENT + line),
      ];
  return [id, ...body, "", ...findingTable(findings, text), "", ""].join("\n");
}

/** Control characters, line ends among them: a report may not move the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const CONTROL = /[\u0000-\u001f\u007f-\u009f\p{Bidi_Control}]/gu;

function findingTable(findings: readonly Finding[], text: string): readonly string[] {
  const rows = findings.map((finding) => {
    const { status, entity, side, location, severity, change, evidence } = finding;
    const details = [severity, side, location, change].filter((detail) => detail !== undefined);
    return [status, entity, details.join(", "), `"${text.slice(...evidence)}"`];
  });
  return rows.length === 0 ? ["  no findings"] : textTable(rows, { align: "left" });
}

/** Lines of at most `width` characters, broken at spaces where there are any. */
function wrap(text: string, width: number): readonly LineSpan[] {
  const lines: LineSpan[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + width);
    const space = text.lastIndexOf(" ", end);
    if (end < text.length && space > start) end = space;
    else if (splitsCharacter(text, end) && end - 1 > start) end -= 1;
    lines.push({ start, end });
    start = text.charAt(end) === " " ? end + 1 : end;
  }
  return lines;
}

/** Does a place lie between the halves of one character? */
function splitsCharacter(text: string, at: number): boolean {
  return at > 0 && at < text.length && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** A line with the evidence on it in colour; where findings overlap, that of the first. */
function colour(text: string, { start, end }: LineSpan, findings: readonly Finding[]): string {
  let line = "";
  let at = start;
  for (const { status, evidence } of findings) {
    const [from, to] = [Math.max(at, evidence[0]), Math.min(end, evidence[1])];
    if (from >= to) continue;
    line += `${text.slice(at, from)}\u001b[${COLOURS[status]}m${text.slice(from, to)}\u001b[0m`;
    at = to;
  }
  return line + text.slice(at, end);
}
