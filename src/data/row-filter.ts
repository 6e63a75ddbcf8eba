/** @file Conditions on a table's rows, as they are typed after `--where`. */
import { ConfigError } from "../util/errors.ts";
import type { TableRow } from "./table-row.ts";
import { valueText } from "./table-row.ts";

/** How a cell is compared. */
export type FilterOperator = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">=";

/** One condition on a row. */
export interface RowFilter {
  readonly column: string;
  readonly operator: FilterOperator;
  readonly value: string;
}

/** The first operator of the text, longest first at each place. */
const PATTERN = /^(.*?)(!=|!~|<=|>=|=|~|<|>)(.*)$/s;

function isOperator(text: string): text is FilterOperator {
  return ["=", "!=", "~", "!~", "<", "<=", ">", ">="].includes(text);
}

function isOrdering(operator: FilterOperator): boolean {
  return operator.startsWith("<") || operator.startsWith(">");
}

/**
 * Reads a condition: `view=PA` (is), `view!=L` (is not), `report~effusion` (contains, whatever the case), `report!~effusion`,
 * `age>=18` and the other orderings, which compare numbers and fail for a cell that is not one. A missing or null cell is the
 * empty text, so `report!=` keeps rows that have a report. Space around a cell or value does not count.
 * @throws {ConfigError} when there is no operator, no column, or an ordering by something that is not a number
 */
export function parseRowFilter(text: string): RowFilter {
  const [, column = "", operator = "", value = ""] = PATTERN.exec(text) ?? [];
  if (column.trim() === "" || !isOperator(operator)) {
    throw new ConfigError(
      `Cannot filter by "${text}": expected a column, one of = != ~ !~ < <= > >=, and a value, such as view=PA`,
    );
  }
  const filter = { column: column.trim(), operator, value: value.trim() };
  if (isOrdering(operator) && toNumber(filter.value) === undefined) {
    throw new ConfigError(
      `Cannot filter by "${text}": "${filter.value}" is not a number, which ${operator} compares`,
    );
  }
  return filter;
}

function toNumber(text: string): number | undefined {
  if (text.trim() === "") return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
}

function isOrdered(operator: FilterOperator, cell: string, value: string): boolean {
  const a = toNumber(cell);
  const b = toNumber(value);
  if (a === undefined || b === undefined) return false;
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

/** Does a row meet a condition? */
export function matchesRow(row: TableRow, { column, operator, value }: RowFilter): boolean {
  const cell = valueText(row.cell(column)).trim();
  switch (operator) {
    case "=":
      return cell === value;
    case "!=":
      return cell !== value;
    case "~":
      return cell.toLowerCase().includes(value.toLowerCase());
    case "!~":
      return !cell.toLowerCase().includes(value.toLowerCase());
    default:
      return isOrdered(operator, cell, value);
  }
}
