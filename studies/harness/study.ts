/** @file What a study is: cells, each a way to do something, run with several seeds and measured. */

/** One way to do what the study compares. */
export interface Cell {
  readonly name: string;
  /**
   * Everything that its measures depend on but the seed, as plain JSON without paths of a machine: a row counts for these
   * settings only, and is run again when one of them, a default included, has changed.
   */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The name of the cell that this one is compared with, where it is not the study's reference. */
  readonly against?: string;
}

/** What a run found. */
export interface Outcome {
  /** Numbers by name. A name that a run does not have is left out of that run's row. */
  readonly measures: Readonly<Record<string, number>>;
  /** What the numbers rest on that is no setting, such as the identity of a data set: it should be the same in every row. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** What a run is given. */
export interface RunContext {
  /** A folder of this run alone, empty; it is deleted afterwards. */
  readonly folder: string;
  /** A folder that stays for the other runs. */
  readonly cache: string;
  /** Aborts when the run takes too long, or the person stops the study. */
  readonly signal: AbortSignal;
  /** Shows what the run is doing. */
  readonly progress: (text: string) => void;
}

/** Measures that stand side by side in one table of the report. */
export interface StudyTable {
  readonly title: string;
  readonly measures: readonly string[];
  /** Digits behind the point. */
  readonly digits: number;
}

/** What a module of `studies/` exports as `study`. */
export interface Study {
  /** One line: what it asks. */
  readonly about: string;
  readonly cells: readonly Cell[];
  /** The name of the cell that the others are compared with, unless they say another; there may be none. */
  readonly reference?: string;
  /** How many seeds each cell has: 1, 2, … */
  readonly seeds: number;
  /** What a run is expected to take, at most 10. */
  readonly minutesPerRun: number;
  readonly tables: readonly StudyTable[];
  /** What a reader of the tables must know. */
  readonly notes?: readonly string[];
  run(cell: Cell, seed: number, context: RunContext): Promise<Outcome>;
}

/** No run may take longer. */
export const MOST_MINUTES = 10;

/**
 * Checks what the types do not say.
 * @throws {RangeError} when the study cannot be run as it stands
 */
export function requireSound(name: string, study: Study): void {
  const { cells, reference, seeds, minutesPerRun } = study;
  const names = cells.map((cell) => cell.name);
  const refuse = (found: string): never => {
    throw new RangeError(`Cannot run study "${name}": ${found}`);
  };
  const twice = names.find((cell, i) => names.indexOf(cell) !== i);
  if (twice !== undefined) refuse(`two cells are called "${twice}"`);
  for (const compared of [reference, ...cells.map(({ against }) => against)]) {
    if (compared !== undefined && !names.includes(compared)) {
      refuse(`its reference "${compared}" is none of its cells`);
    }
  }
  if (!Number.isSafeInteger(seeds) || seeds < 1)
    refuse(`it has ${seeds} seeds, expected 1 or more`);
  if (!(minutesPerRun > 0 && minutesPerRun <= MOST_MINUTES)) {
    refuse(`a run is to take ${minutesPerRun} minutes, expected at most ${MOST_MINUTES}`);
  }
}
