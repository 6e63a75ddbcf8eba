/** @file Plain tables for a terminal: columns as wide as their cells, the first to the left, numbers to the right. */
import { escapeLine } from "../util/escape-controls.ts";

/** How a table looks. */
export interface TextTableOptions {
  /** Where cells stand in all columns but the first; to the right, as numbers do, by default. */
  readonly align?: "left" | "right";
  /** Spaces before each line; 2 by default. */
  readonly indent?: number;
}

/** Lines of a table; an empty cell is only space, and whatever a cell holds, it stays on its line. */
export function textTable(
  rows: readonly (readonly string[])[],
  { align = "right", indent = 2 }: TextTableOptions = {},
): readonly string[] {
  const shown = rows.map((row) => row.map(escapeLine));
  const columns = shown.reduce((most, { length }) => Math.max(most, length), 0);
  const widths = Array.from({ length: columns }, (_, column) =>
    shown.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return shown.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || align === "left" ? cell.padEnd(width) : cell.padStart(width);
    });
    return `${" ".repeat(indent)}${cells.join("  ")}`.trimEnd();
  });
}
