/** @file Which runs of a study are still to be done, in which order, and how long they will take. */
import { measuredRows, type Row, rowKey } from "./rows.ts";
import type { Cell, Study } from "./study.ts";

/** One run. */
export interface PlannedRun {
  readonly cell: Cell;
  readonly seed: number;
  readonly key: string;
}

/** What is to be done. */
export interface Plan {
  /** Every run that is wanted: all cells with the first seed, then with the second, so that a part of them is balanced. */
  readonly runs: readonly PlannedRun[];
  /** Those without a measured row. */
  readonly open: readonly PlannedRun[];
  /** Minutes that the open runs are expected to take. */
  readonly minutes: number;
  /** Where that is known from: the runs of a cell so far, where it has any, or the study's own estimate alone. */
  readonly basis: "measured" | "estimated";
}

/** Which part of a study is wanted. */
export interface Wanted {
  /** Names of cells; all of them when absent. */
  readonly only?: readonly string[] | undefined;
  readonly seeds?: number | undefined;
}

/** Plans the runs of a study. */
export function planStudy(study: Study, rows: readonly Row[], { only, seeds }: Wanted = {}): Plan {
  const cells = study.cells.filter(({ name }) => only === undefined || only.includes(name));
  const runs = Array.from({ length: seeds ?? study.seeds }, (_, i) => i + 1).flatMap((seed) =>
    cells.map((cell) => ({ cell, seed, key: rowKey(cell, seed) })),
  );
  const measured = measuredRows(rows);
  const open = runs.filter(({ key }) => !measured.has(key));
  const keys = new Set(study.cells.flatMap((cell) => keysOf(cell, seeds ?? study.seeds)));
  const known = [...measured.values()].filter(({ key }) => keys.has(key));
  return {
    runs,
    open,
    minutes: open.reduce((sum, { cell }) => sum + minutesOf(cell, known, study), 0),
    basis: known.length > 0 ? "measured" : "estimated",
  };
}

function keysOf(cell: Cell, seeds: number): readonly string[] {
  return Array.from({ length: seeds }, (_, i) => rowKey(cell, i + 1));
}

/** The mean of the cell's own runs, else what the study says: cells may differ widely. */
function minutesOf({ name }: Cell, known: readonly Row[], { minutesPerRun }: Study): number {
  const rows = known.filter(({ cell }) => cell === name);
  if (rows.length === 0) return minutesPerRun;
  return rows.reduce((sum, { minutes }) => sum + minutes, 0) / rows.length;
}

/** `5 min`, `2 h 10 min` */
export function describeMinutes(minutes: number): string {
  const whole = Math.max(1, Math.ceil(minutes));
  const hours = Math.floor(whole / 60);
  return hours === 0 ? `${whole} min` : `${hours} h ${whole % 60} min`;
}

/** The plan in words, before anything is run. */
export function describePlan(name: string, study: Study, plan: Plan): string {
  const { runs, open, minutes, basis } = plan;
  const cells = [...new Set(runs.map(({ cell }) => cell.name))];
  const width = Math.max(...cells.map((cell) => cell.length));
  const lines = cells.map((cell) => {
    const todo = open.filter((run) => run.cell.name === cell).map(({ seed }) => seed);
    const what = todo.length === 0 ? "done" : `to do: seed ${todo.join(", ")}`;
    return `  ${cell.padEnd(width)}  ${what}`;
  });
  const estimate = `${study.minutesPerRun} min each`;
  const grounds = basis === "measured" ? `by the runs so far, else ${estimate}` : estimate;
  const time =
    open.length === 0
      ? "nothing is to be done"
      : `${open.length} to do, about ${describeMinutes(minutes)} (${grounds})`;
  return [`${name}: ${study.about}`, ...lines, `${runs.length} runs, ${time}`].join("\n");
}
