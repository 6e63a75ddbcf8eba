/** @file The tables of a study, in Markdown: mean and deviation over seeds, and the paired difference to the reference cell. */
import { bootstrapInterval, type Interval } from "../../src/metrics/bootstrap.ts";
import type { SampleCounts } from "../../src/metrics/ranking.ts";
import { measuredRows, type Row, rowKey } from "./rows.ts";
import type { Study } from "./study.ts";

/** A measure of one cell. */
export interface Summary {
  readonly seeds: number;
  readonly mean: number;
  /** The sample's standard deviation; undefined of one seed. */
  readonly deviation: number | undefined;
  /** To the reference, over the seeds that both have; undefined of the reference itself, and where they share none. */
  readonly difference?: PairedSeeds;
}

/** A difference between runs of the same seed. */
export interface PairedSeeds {
  readonly seeds: number;
  readonly mean: number;
  /** 95 % of the bootstrap over the seeds; undefined of one seed. */
  readonly interval: Interval | undefined;
}

/** Values of a measure by seed. */
type BySeed = ReadonlyMap<number, number>;

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviationOf(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** Sums up a measure of one cell; undefined when no seed has it. */
export function summarize(values: BySeed, reference: BySeed | undefined): Summary | undefined {
  if (values.size === 0) return undefined;
  const all = [...values.values()];
  const summary = { seeds: all.length, mean: meanOf(all), deviation: deviationOf(all) };
  const differences = [...values].flatMap(([seed, value]) => {
    const other = reference?.get(seed);
    return other === undefined ? [] : [value - other];
  });
  if (differences.length === 0) return summary;
  return { ...summary, difference: pairedSeeds(differences) };
}

function pairedSeeds(differences: readonly number[]): PairedSeeds {
  const count = differences.length;
  // As many differences are drawn as there are: the sum of what was drawn, by how often, over their number.
  const mean = (counts: SampleCounts): number =>
    differences.reduce((sum, difference, i) => sum + difference * (counts[i] ?? 0), 0) / count;
  const options = { seed: 0, name: "study" };
  const interval = count < 2 ? undefined : bootstrapInterval(count, mean, options);
  return { seeds: count, mean: meanOf(differences), interval };
}

/** `0.712 ± 0.010 (3), +0.012 [+0.001, +0.020]` */
function describeSummary(summary: Summary | undefined, digits: number): string {
  if (summary === undefined) return "";
  const plain = (value: number): string => value.toFixed(digits);
  const signed = (value: number): string => `${value < 0 ? "−" : "+"}${plain(Math.abs(value))}`;
  const { mean, deviation, seeds, difference } = summary;
  const own = `${plain(mean)}${deviation === undefined ? "" : ` ± ${plain(deviation)}`} (${seeds})`;
  if (difference === undefined) return own;
  const { interval } = difference;
  const range = interval && ` [${signed(interval.low)}, ${signed(interval.high)}]`;
  return `${own}; ${signed(difference.mean)}${range ?? ""}`;
}

/** The rows that count for a study as it stands now: of its cells, with their present settings. */
function currentRows(study: Study, rows: readonly Row[]): readonly Row[] {
  const cells = new Map(study.cells.map((cell) => [cell.name, cell]));
  return [...measuredRows(rows).values()].filter(({ cell: name, seed, key }) => {
    const cell = cells.get(name);
    return cell !== undefined && rowKey(cell, seed) === key;
  });
}

function valuesOf(rows: readonly Row[], cell: string, measure: string): BySeed {
  const own = rows.filter((row) => row.cell === cell);
  return new Map(
    own.flatMap(({ seed, measures }) => {
      const value = measures?.[measure];
      return value === undefined ? [] : [[seed, value] as const];
    }),
  );
}

/** The report of a study from its rows. */
export function studyReport(name: string, study: Study, rows: readonly Row[]): string {
  const current = currentRows(study, rows);
  const { cells, reference, tables } = study;
  const sections = tables.map(({ title, measures, digits }) => {
    const lines = cells.map((cell) => {
      const summaries = measures.map((measure) => {
        const { name: own, against = reference } = cell;
        const other =
          against === undefined || against === own
            ? undefined
            : valuesOf(current, against, measure);
        return describeSummary(summarize(valuesOf(current, own, measure), other), digits);
      });
      return tableLine([cell.name, ...summaries]);
    });
    const head = [tableLine(["cell", ...measures]), `|${" --- |".repeat(measures.length + 1)}`];
    return [`## ${title}`, "", ...head, ...lines].join("\n");
  });
  const notes = [...reportNotes(study, rows, current), ...(study.notes ?? [])];
  return [
    `# ${name}: ${study.about}`,
    ...sections,
    notes.map((note) => `- ${note}`).join("\n"),
  ].join("\n\n");
}

const tableLine = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** What the cells are compared with, in words. */
function describeReference({ reference, cells }: Study): string {
  const others = [...new Set(cells.flatMap(({ against }) => against ?? []))];
  if (others.length === 0) return `"${reference}"`;
  const own = reference === undefined ? [] : [`"${reference}"`];
  return [...own, `each one's counterpart (${others.join("; ")})`].join(" or ");
}

function reportNotes(
  study: Study,
  rows: readonly Row[],
  current: readonly Row[],
): readonly string[] {
  const notes = [
    `mean ± standard deviation over seeds (how many); then the difference to ${describeReference(study)}, paired by seed, with 95 % of the bootstrap over the seeds: of few seeds it is narrower than it should be`,
    `${current.length} runs`,
  ];
  const used = new Set(current.map(({ key }) => key));
  const others = [...measuredRows(rows).keys()].filter((key) => !used.has(key)).length;
  if (others > 0) notes.push(`${others} rows of other settings or cells are left out`);
  const failed = new Set(rows.filter(({ error }) => error !== undefined).map(({ key }) => key));
  const open = [...failed].filter((key) => !measuredRows(rows).has(key)).length;
  if (open > 0) notes.push(`${open} runs failed and are tried again at the next start`);
  for (const [what, values] of Object.entries(mixedOrigins(current))) {
    notes.push(`the rows have more than one ${what}: ${values.join("; ")}`);
  }
  return notes;
}

/** Facts, commits and machines of which the rows have several. */
function mixedOrigins(rows: readonly Row[]): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, Set<string>>();
  for (const { facts = {}, commit, machine } of rows) {
    for (const [what, value] of Object.entries({ ...facts, commit, machine })) {
      found.set(what, (found.get(what) ?? new Set<string>()).add(value));
    }
  }
  const several = [...found].filter(([, values]) => values.size > 1);
  return Object.fromEntries(several.map(([what, values]) => [what, [...values]]));
}
