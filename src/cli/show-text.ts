/** @file The text of a report as pre-training sees it, for a person: coloured on a terminal, with marks elsewhere. */
import type { InspectedPhrase, InspectedToken, TextInspection } from "../tasks/inspect-text.ts";
import { DIMINISHED_WEIGHT } from "../text/rebalance-weights.ts";
import { textTable } from "./text-table.ts";

/** How the parts of a text are told from the rest. */
interface Marks {
  readonly entity: (text: string) => string;
  readonly descriptor: (text: string) => string;
  readonly phrase: (text: string) => string;
  readonly mask: string;
}

const color =
  (code: string) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[0m`;

const COLORS: Marks = {
  entity: color("1;35"),
  descriptor: color("33"),
  phrase: color("2"),
  mask: color("7")("    "),
};

const PLAIN: Marks = {
  entity: (text) => `<${text}>`,
  descriptor: (text) => `(${text})`,
  phrase: (text) => `~${text}~`,
  mask: "____",
};

/** How a text is printed. */
export interface ShowTextOptions {
  readonly hasColor: boolean;
  readonly columns: number;
}

/** Everything that was seen, in lines. */
export function describeText(
  inspection: TextInspection,
  { hasColor, columns }: ShowTextOptions,
): string {
  const marks = hasColor ? COLORS : PLAIN;
  const { tokens, id, seed, epoch, matching, entities } = inspection;
  const legend = [
    marks.entity("entity"),
    marks.descriptor("descriptor"),
    marks.phrase("stock phrase"),
    `${marks.mask} masked`,
  ].join("  ");
  const named = entities.map(({ text, entity }) =>
    text === entity ? text : `${text} = ${entity}`,
  );
  const lines = [
    `record ${printable(id)}, seed ${seed}, epoch ${epoch}, ${tokens.length} of ${inspection.limit} tokens, entities by ${printable(matching)}`,
    ["", legend],
    ["", "text"],
    wrap(
      tokens.map((token) => markedToken(token, marks)),
      columns,
    ),
    ["", "given to the decoder"],
    wrap(
      tokens.map((token) => inputToken(token, marks)),
      columns,
    ),
    ["", `entities: ${named.length === 0 ? "none" : printable(named.join(", "))}`],
    ["", ...tokenTable(tokens)],
    ["", ...phraseTable(inspection)],
  ].flat();
  return `${lines.join("\n")}\n`;
}

/** A word to print, and how wide it is without its colours. */
interface PrintedWord {
  readonly text: string;
  readonly width: number;
}

function markedToken({ token, entity, descriptor, phrase }: InspectedToken, marks: Marks) {
  const text = printable(token);
  if (entity !== null) return printed(marks.entity(text));
  if (descriptor) return printed(marks.descriptor(text));
  return printed(phrase ? marks.phrase(text) : text);
}

function inputToken({ token, input }: InspectedToken, { mask }: Marks): PrintedWord {
  return printed(token === input ? printable(input) : mask);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes that this file writes itself
const ESCAPES = /\u001b\[[\d;]*m/g;

function printed(text: string): PrintedWord {
  return { text, width: text.replaceAll(ESCAPES, "").length };
}

/** Lines of words, two spaces in, as wide as the window allows. */
function wrap(words: readonly PrintedWord[], columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const word of words) {
    if (line !== "" && width + 1 + word.width > columns - 2) {
      lines.push(`  ${line}`);
      line = "";
      width = 0;
    }
    line += `${line === "" ? "" : " "}${word.text}`;
    width += word.width + (width === 0 ? 0 : 1);
  }
  return [...lines, `  ${line}`];
}

function tokenTable(tokens: readonly InspectedToken[]): readonly string[] {
  const rows = tokens.map(({ token, input, entity, descriptor, phrase, weight, counts }, i) => [
    printable(token),
    String(i),
    token === input ? "" : "masked",
    entity === null ? "" : entity === "starts" ? "entity" : '"',
    descriptor ? "descriptor" : "",
    phrase ? "phrase" : "",
    counts ? weight.toFixed(3) : "–",
  ]);
  return [
    ...textTable([["token", "at", "", "", "", "", "weight"], ...rows]),
    ...weightNotes(tokens).map((line) => `  ${line}`),
  ];
}

/** What the weights are, and why some tokens have none. */
function weightNotes(tokens: readonly InspectedToken[]): readonly string[] {
  const left = tokens.some(({ counts }) => !counts);
  return [
    `weight: of the token's loss. A token of a stock phrase gets ${DIMINISHED_WEIGHT}; what these lose goes to the descriptors, or without any to all tokens`,
    ...(left ? ["–: no loss, because only masked tokens have one here (mlm.positions)"] : []),
  ];
}

function phraseTable({ phrases, countedReports }: TextInspection): readonly string[] {
  const share = (reports: number): string =>
    countedReports === 0 ? "-" : percent(reports / countedReports);
  const rows = phrases
    .toSorted((a, b) => b.reports - a.reports)
    .map(({ phrase, reports, openi, spelled }: InspectedPhrase) => [
      phrase,
      String(reports),
      share(reports),
      openi === null ? "-" : percent(openi),
      spelled ? "" : "left out: not in the vocabulary",
    ]);
  return textTable([
    [`stock phrase, in ${countedReports} reports`, "reports", "share", "in Open-i", ""],
    ...rows,
  ]);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Without control characters, which a terminal would obey, and without lone surrogates, which it cannot show. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\ufffd");
}
