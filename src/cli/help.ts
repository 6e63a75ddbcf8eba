/** @file The text of `--help`, for a command, for a group of commands and for `ecamp` itself, from the tables alone. */
import type { Command, CommandTable } from "./command.ts";
import type { Option, Positional } from "./option.ts";

/** The help of one command: usage, what it does, its arguments with their defaults, examples. */
export function commandHelp(table: CommandTable, columns: number): string {
  const positionals = Object.entries(table.positionals).map(
    ([name, positional]) => [placeholder(name, positional), positional.help] as const,
  );
  const options = Object.entries(table.options).map(
    ([name, option]) => [optionForm(name, option), optionNote(option)] as const,
  );
  const examples = table.examples.map(({ line, does }) => `  # ${does}\n  ecamp ${line}`);
  const rows = [...options, ["--help, -h", "show this text"] as const];
  return joinSections([
    `Usage: ${usage(table)}`,
    fill(table.description, columns),
    positionals.length > 0 ? section("Arguments", positionals, columns) : "",
    section("Options", rows, columns),
    examples.length > 0 ? `Examples:\n${examples.join("\n")}` : "",
  ]);
}

/** The help of a group: the commands whose path begins with its words. `[]` is `ecamp` itself. */
export function groupHelp({
  words,
  commands,
  columns,
  intro,
}: {
  readonly words: readonly string[];
  readonly commands: readonly Command[];
  readonly columns: number;
  readonly intro: string;
}): string {
  const rows = commands.map(({ path, summary }) => [path.slice(words.length).join(" "), summary]);
  const name = ["ecamp", ...words].join(" ");
  return joinSections([
    `Usage: ${name} COMMAND [OPTIONS]`,
    fill(intro, columns),
    section(
      "Commands",
      rows.map(([left = "", right = ""]) => [left, right] as const),
      columns,
    ),
    `Run "${name} COMMAND --help" to see what a command takes.`,
  ]);
}

/** `ecamp verify FIXTURES.. [OPTIONS]`. */
function usage({ path, positionals, options }: CommandTable): string {
  const words = Object.entries(positionals).map(([name, positional]) => {
    const form = placeholder(name, positional);
    return positional.optional ? `[${form}]` : form;
  });
  const required = Object.entries(options)
    .filter(([, option]) => option.required)
    .map(([name, option]) => optionForm(name, option));
  return ["ecamp", ...path, ...words, ...required, "[OPTIONS]"].join(" ");
}

function placeholder(name: string, { many }: Positional): string {
  return `${name.toUpperCase()}${many ? ".." : ""}`;
}

function optionForm(name: string, option: Option): string {
  if (option.type === "boolean") return option.default ? `--no-${name}` : `--${name}`;
  return `--${name} ${option.metavar ?? valueName(option)}`;
}

function valueName(option: Option): string {
  if (option.type === "choice") return option.choices.join("|");
  return { string: "TEXT", number: "NUMBER", integer: "N", list: "TEXT", boolean: "" }[option.type];
}

function optionNote(option: Option): string {
  const notes: string[] = [];
  if (option.required) notes.push("required");
  if (option.type === "list") notes.push("repeatable");
  if (option.type === "choice" && option.metavar !== undefined) {
    notes.push(`one of ${option.choices.join(", ")}`);
  }
  if ("default" in option && option.default !== undefined && option.type !== "boolean") {
    notes.push(`default ${option.default}`);
  }
  return notes.length > 0 ? `${option.help} (${notes.join("; ")})` : option.help;
}

function section(
  title: string,
  rows: readonly (readonly [string, string])[],
  columns: number,
): string {
  const widest = Math.max(...rows.map(([left]) => left.length));
  const indent = Math.min(widest, 28) + 4;
  const lines = rows.map(([left, right]) => {
    const text = wrap(right, Math.max(columns - indent, 24)).join(`\n${" ".repeat(indent)}`);
    return left.length + 4 <= indent
      ? `  ${left.padEnd(indent - 2)}${text}`
      : `  ${left}\n${" ".repeat(indent)}${text}`;
  });
  return `${title}:\n${lines.join("\n")}`;
}

/** Fills paragraphs (separated by blank lines) to the window's width; indented lines stay as they are. */
function fill(text: string, columns: number): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) =>
      paragraph.startsWith("  ") ? paragraph : wrap(paragraph, columns).join("\n"),
    )
    .join("\n\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}

function joinSections(sections: readonly string[]): string {
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}
