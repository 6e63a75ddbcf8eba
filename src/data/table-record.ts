/** @file Makes a dataset record of a table's row, by the columns that the user names. */
import { isAbsolute, relative, sep } from "node:path";
import { ManifestError } from "../util/errors.ts";
import type { Pseudonymize } from "./pseudonym.ts";
import type { Box, DatasetRecord, Label, Split } from "./record.ts";
import { imagePathFault, parseRecord } from "./record.ts";
import type { Cell, TableRow } from "./table-row.ts";
import { cellError, cellJson, cellOf, cellText, cellWord, requireColumn } from "./table-row.ts";

/** Which column holds what. A column of a JSON Lines file may be a path, such as `labels.finding`. */
export interface TableColumns {
  /** The picture's path, relative to the image root or absolute inside it. */
  readonly imageColumn?: string;
  /** The parts of the report, joined by line ends in this order; blank ones are left out. */
  readonly reportColumns?: readonly string[];
  readonly patientColumn?: string;
  /** The record's id; the image's path by default. */
  readonly idColumn?: string;
  readonly viewColumn?: string;
  /** Columns of 1, 0, -1 or nothing; the label's name is the column's, or the last part of its path. */
  readonly labelColumns?: readonly string[];
  /** The findings that are present: a list, or words between `|`. Those of `findings` that it leaves out are absent. */
  readonly findingsColumn?: string;
  /** Every finding that the findings column can name. */
  readonly findings?: readonly string[];
  /** The one class of a single-label task. */
  readonly classColumn?: string;
  /** train, val or test, in one of their usual spellings. */
  readonly splitColumn?: string;
  /** An object of mask paths by class (JSON, in a CSV file). */
  readonly masksColumn?: string;
  /** A list of boxes `{label, x, y, width | w, height | h}` (JSON, in a CSV file). */
  readonly boxesColumn?: string;
  /** What an empty list of boxes says: that the picture has none, or nothing, as by default. */
  readonly emptyBoxes?: "none" | "unknown";
  /** Columns kept as they are under `meta`. */
  readonly metaColumns?: readonly string[];
}

/** What a row is turned into a record with. */
export interface RowMapping extends TableColumns {
  /** The table's path, for messages. */
  readonly path: string;
  readonly imageRoot: string;
  /** How ids are replaced; left out, they are kept. */
  readonly pseudonymize?: Pseudonymize | undefined;
}

const SPLITS: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  val: "val",
  valid: "val",
  validate: "val",
  validation: "val",
  dev: "val",
  test: "test",
  testing: "test",
};

const LABELS: Readonly<Record<string, Label>> = {
  "1": 1,
  "1.0": 1,
  "0": 0,
  "0.0": 0,
  "-1": -1,
  "-1.0": -1,
};

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Every column that a mapping names. */
export function namedColumns(columns: TableColumns): string[] {
  const named = [
    columns.imageColumn,
    columns.patientColumn,
    columns.idColumn,
    columns.viewColumn,
    columns.findingsColumn,
    columns.classColumn,
    columns.splitColumn,
    columns.masksColumn,
    columns.boxesColumn,
  ].filter((column) => column !== undefined);
  const lists = [columns.reportColumns, columns.labelColumns, columns.metaColumns];
  return [...new Set([...named, ...lists.flatMap((list) => list ?? [])])];
}

/** What a label or a kept column is called: the last part of a path such as `labels.finding`. */
export function shortName(column: string): string {
  return column.slice(column.lastIndexOf(".") + 1);
}

/** A path as a dataset holds it: relative to the image root, with forward slashes. */
function toImagePath(cell: Cell, text: string, imageRoot: string): string {
  const local = isAbsolute(text) ? relative(imageRoot, text).split(sep).join("/") : text;
  const path = local.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  const fault = imagePathFault(path);
  if (fault !== undefined) throw cellError(cell, `a path inside the image root "${imageRoot}"`);
  return path;
}

function toSplit(cell: Cell): Split | undefined {
  const text = cellWord(cell)?.toLowerCase();
  if (text === undefined) return undefined;
  const split = own(SPLITS, text);
  if (split === undefined) throw cellError(cell, "one of train, val, test or empty");
  return split;
}

function toLabel(cell: Cell): Label | undefined {
  const { value } = cell;
  const text = typeof value === "boolean" ? String(Number(value)) : cellWord(cell);
  if (text === undefined) return undefined;
  const label = own(LABELS, text);
  if (label === undefined) throw cellError(cell, "one of 1, 0, -1 or empty");
  return label;
}

/** What stands in a list of findings when there is none. */
const NO_FINDING = /^no[ _]findings?$/i;

/** Each of the findings as present or absent; undefined when the cell is empty, which says nothing of any. */
function toFindings(
  cell: Cell,
  findings: readonly string[],
): Readonly<Record<string, Label>> | undefined {
  const words = Array.isArray(cell.value)
    ? cell.value.map((value: unknown) => cellWord({ value, where: cell.where }))
    : cellWord(cell)
        ?.split("|")
        .map((word) => word.trim());
  if (words === undefined || words.length === 0) return undefined;
  const present = words.filter((word) => word !== undefined && !NO_FINDING.test(word));
  if (present.some((word) => word === undefined || !findings.includes(word))) {
    throw cellError(cell, `a list of ${findings.join(", ")}, or "No Finding"`);
  }
  return Object.fromEntries(findings.map((name) => [name, present.includes(name) ? 1 : 0]));
}

function toMasks(cell: Cell, imageRoot: string): Record<string, string> | undefined {
  const value = cellJson(cell);
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw cellError(cell, "an object of mask paths by class");
  }
  const paths: [string, string][] = [];
  for (const [name, path] of Object.entries(value)) {
    const inner = { value: path, where: `${cell.where} at "${name}"` };
    const text = cellWord(inner);
    if (text !== undefined) paths.push([name, toImagePath(inner, text, imageRoot)]);
  }
  return paths.length === 0 ? undefined : Object.fromEntries(paths);
}

function toBox(value: unknown, where: string): Box {
  if (typeof value !== "object" || value === null) throw cellError({ value, where }, "a box");
  const side = (...names: readonly string[]): number => {
    const found: unknown = names
      .map((name) => Reflect.get(value, name))
      .find((v) => v !== undefined);
    if (typeof found === "number") return found;
    throw cellError({ value: found, where: `${where} ${names.join(" or ")}` }, "a number");
  };
  const label: unknown = Reflect.get(value, "label");
  if (typeof label !== "string") {
    throw cellError({ value: label, where: `${where} label` }, "the name of what is in the box");
  }
  const [x, y] = [side("x"), side("y")];
  return { label, x, y, width: side("width", "w"), height: side("height", "h") };
}

/** Many tables have an empty list wherever nobody has looked, so that it says nothing unless it is told to. */
function toBoxes(cell: Cell, emptyBoxes: "none" | "unknown"): readonly Box[] | undefined {
  const value = cellJson(cell);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw cellError(cell, "a list of boxes");
  if (value.length === 0 && emptyBoxes === "unknown") return undefined;
  return value.map((box: unknown, position) => toBox(box, `${cell.where} at ${position}`));
}

/** The cells of several columns by short name; undefined when all of them are empty. */
function collectCells<T>(
  columns: readonly string[] | undefined,
  read: (column: string) => T | undefined,
): Readonly<Record<string, T>> | undefined {
  const found: [string, T][] = [];
  for (const column of columns ?? []) {
    const value = read(column);
    if (value !== undefined) found.push([shortName(column), value]);
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** A cell that is kept as it is, unless it says nothing. */
function keptCell(value: unknown): unknown {
  const isBlank = value === null || (typeof value === "string" && value.trim() === "");
  return isBlank ? undefined : value;
}

/**
 * A row's report: its columns' texts joined by line ends, blank ones left out; undefined when all are blank.
 * @throws {ManifestError} when a cell holds a list or an object
 */
export function reportOfRow(
  row: TableRow,
  columns: readonly string[],
  path: string,
): string | undefined {
  const parts = columns.map((name) => cellText(cellOf(row, name, path)));
  const written = parts.filter((part) => part !== undefined);
  return written.length === 0 ? undefined : written.join("\n");
}

function withoutUndefined(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function requireId(id: string | undefined, row: TableRow, { path, idColumn }: RowMapping): string {
  if (id !== undefined) return id;
  requireColumn(row, idColumn, path);
  throw new ManifestError(
    `Cannot read "${path}" line ${row.line}: column "${idColumn}" is empty, expected an id`,
  );
}

/**
 * The record of a row; undefined when the row has neither image nor report.
 * @throws {ManifestError} when a cell is not what its column should hold, naming line and column
 */
export function recordOfRow(row: TableRow, mapping: RowMapping): DatasetRecord | undefined {
  const { path, imageRoot, pseudonymize = (_, id) => id } = mapping;
  const at = (column: string): Cell => cellOf(row, column, path);
  const read = <T>(column: string | undefined, parse: (cell: Cell) => T): T | undefined =>
    column === undefined ? undefined : parse(at(column));
  const image = read(mapping.imageColumn, (cell) => {
    const text = cellWord(cell);
    return text === undefined ? undefined : toImagePath(cell, text, imageRoot);
  });
  const report = reportOfRow(row, mapping.reportColumns ?? [], path);
  if (image === undefined && report === undefined) return undefined;
  const id = mapping.idColumn === undefined ? image : read(mapping.idColumn, cellWord);
  const patient = read(mapping.patientColumn, cellWord);
  const record = {
    id: pseudonymize("record", requireId(id, row, mapping)),
    image,
    split: read(mapping.splitColumn, toSplit),
    patient: patient && pseudonymize("patient", patient),
    view: read(mapping.viewColumn, cellWord),
    report,
    labels: {
      ...read(mapping.findingsColumn, (cell) => toFindings(cell, mapping.findings ?? [])),
      ...collectCells(mapping.labelColumns, (name) => toLabel(at(name))),
    },
    class: read(mapping.classColumn, cellWord),
    masks: read(mapping.masksColumn, (cell) => toMasks(cell, imageRoot)),
    boxes: read(mapping.boxesColumn, (cell) => toBoxes(cell, mapping.emptyBoxes ?? "unknown")),
    meta: collectCells(mapping.metaColumns, (name) => keptCell(row.cell(name))),
  };
  const labels = Object.keys(record.labels).length === 0 ? undefined : record.labels;
  return parseRecord(withoutUndefined({ ...record, labels }), `read "${path}" line ${row.line}`);
}
