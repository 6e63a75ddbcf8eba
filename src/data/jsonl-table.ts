/** @file Reads a JSON Lines file as a table; a nested value is a column named by its path, such as `labels.finding`. */
import { ManifestError } from "../util/errors.ts";
import { readJsonLines } from "../util/jsonl.ts";
import { describeValue } from "./describe-value.ts";
import { signalOption } from "./join.ts";
import { missingColumn } from "./missing-column.ts";
import type { Table, TableRow } from "./table-row.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 4;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path: the whole name as a key when there is such a key, else key by key between the dots. */
function valueAt(row: JsonObject, column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column];
  let value: unknown = row;
  for (const key of column.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function columnPaths(row: JsonObject, depth = 1): string[] {
  return Object.entries(row).flatMap(([key, value]) => {
    const isNested = isObject(value) && depth < MAX_DEPTH;
    return isNested ? [key, ...columnPaths(value, depth + 1).map((rest) => `${key}.${rest}`)] : key;
  });
}

/** A JSON Lines file as a table. Lines may differ in their keys; a column that no line has is an error at the end. */
export function jsonlTable(path: string): Table {
  return {
    path,
    async *rows(required, signal): AsyncGenerator<TableRow> {
      const unseen = new Set(required);
      const columns = new Set<string>();
      let count = 0;
      for await (const { value, line } of readJsonLines(path, signalOption(signal))) {
        if (!isObject(value)) {
          throw new ManifestError(
            `Cannot read "${path}" line ${line}: it is ${describeValue(value)}, expected an object`,
          );
        }
        count += 1;
        for (const column of unseen) {
          if (valueAt(value, column) !== undefined) unseen.delete(column);
        }
        if (unseen.size > 0) for (const column of columnPaths(value)) columns.add(column);
        yield {
          line,
          cell: (column) => valueAt(value, column),
          columns: () => columnPaths(value),
        };
      }
      if (count === 0) throw new ManifestError(`Cannot read "${path}": it is empty`);
      const [column] = unseen;
      if (column !== undefined) throw missingColumn({ path, column, columns: [...columns] });
    },
  };
}
