/** @file Runs what is open of a study, one run after another, and keeps a row of each. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describeError } from "../../src/util/errors.ts";
import { describeMinutes, type PlannedRun, planStudy, type Wanted } from "./plan.ts";
import { measuredRows, type Row, type RowFile } from "./rows.ts";
import { MOST_MINUTES, type Outcome, type Study } from "./study.ts";

const MS_PER_MINUTE = 60_000;

/** Where and how the runs are done. */
export interface StudyRun extends Wanted {
  readonly study: Study;
  readonly rows: RowFile;
  /** A folder for what the runs write and keep. */
  readonly work: string;
  /** What a row says of where it comes from. */
  readonly origin: Pick<Row, "commit" | "machine">;
  /** Stop at the first run that fails. By default it is recorded, and the others go on. */
  readonly strict?: boolean | undefined;
  /** Stops the study; the run that is interrupted leaves no row. */
  readonly signal: AbortSignal;
  /** The longest that a run may take; `MOST_MINUTES` by default. */
  readonly mostMinutes?: number | undefined;
  /** One line about what has been done. */
  readonly onLine: (line: string) => void;
  /** What the present run is doing. */
  readonly onProgress: (text: string) => void;
  readonly now: () => Date;
}

/** How a study ended. */
export interface StudyEnd {
  readonly done: number;
  readonly failed: number;
}

/**
 * Does the open runs of a study.
 * @throws the signal's reason when it is stopped, and with `strict` what a run throws
 */
export async function runStudy(options: StudyRun): Promise<StudyEnd> {
  const { study, rows, strict = false, signal, onLine } = options;
  const { open } = planStudy(study, rows.rows, options);
  let done = 0;
  let failed = 0;
  for (const [position, run] of open.entries()) {
    signal.throwIfAborted();
    await rows.reload();
    if (measuredRows(rows.rows).has(run.key)) continue; // another process was faster
    const name = `${position + 1}/${open.length} ${run.cell.name}, seed ${run.seed}`;
    const { row, failure } = await runOne(run, name, options);
    await rows.append(row);
    done++;
    const { minutes } = planStudy(study, rows.rows, options);
    const left = position + 1 < open.length ? `; about ${describeMinutes(minutes)} left` : "";
    onLine(`${name}: ${describeRow(row, study)}${left}`);
    if (failure === undefined) continue;
    failed++;
    if (strict) throw failure.cause;
  }
  return { done, failed };
}

interface Ended {
  readonly row: Row;
  readonly failure?: { readonly cause: unknown };
}

async function runOne(
  { cell, seed, key }: PlannedRun,
  name: string,
  options: StudyRun,
): Promise<Ended> {
  const { study, work, origin, now, onProgress, mostMinutes = MOST_MINUTES } = options;
  const tooLong = AbortSignal.timeout(mostMinutes * MS_PER_MINUTE);
  const signal = AbortSignal.any([options.signal, tooLong]);
  const folder = join(work, "runs", key);
  const cache = join(work, "cache");
  await rm(folder, { recursive: true, force: true }); // of a run that was killed
  await Promise.all([folder, cache].map((path) => mkdir(path, { recursive: true })));
  const startedAt = now().getTime();
  const about = { cell: cell.name, seed, key };
  const ended = (): Pick<Row, "minutes" | "time" | "commit" | "machine" | "settings"> => ({
    minutes: Math.round((now().getTime() - startedAt) / 600) / 100,
    time: now().toISOString(),
    ...origin,
    settings: cell.settings,
  });
  const progress = (text: string): void => onProgress(`${name}: ${text}`);
  try {
    const outcome = await study.run(cell, seed, { folder, cache, signal, progress });
    signal.throwIfAborted(); // what came back of a run that was stopped half-way is no result
    requireFinite(outcome);
    const { measures, facts } = outcome;
    return { row: { ...about, measures, ...(facts !== undefined && { facts }), ...ended() } };
  } catch (cause) {
    options.signal.throwIfAborted();
    const error = tooLong.aborted
      ? `it took longer than ${mostMinutes} minutes`
      : describeError(cause);
    return { row: { ...about, error, ...ended() }, failure: { cause } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** JSON has no NaN: a measure that is none must be seen now, not in the report. */
function requireFinite({ measures }: Outcome): void {
  for (const [name, value] of Object.entries(measures)) {
    if (Number.isFinite(value)) continue;
    throw new RangeError(
      `Cannot keep the measure "${name}": it is ${value}, expected a finite number`,
    );
  }
}

/** `2.1 min, mean AUROC 0.712`, or why it failed. */
function describeRow({ measures, error, minutes }: Row, { tables }: Study): string {
  if (measures === undefined) return `failed after ${minutes.toFixed(1)} min: ${error}`;
  const [first] = tables;
  const shown = (first?.measures ?? []).flatMap((name) => {
    const value = measures[name];
    return value === undefined ? [] : [`${name} ${value.toFixed(first?.digits ?? 3)}`];
  });
  return [`${minutes.toFixed(1)} min`, ...shown].join(", ");
}
