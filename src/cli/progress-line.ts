/** @file One line of progress, fitted to the width of a window: what matters most stands first, what does not fit is left out. */

/** What a line can say. */
export interface ProgressState {
  /** A word or two in front, such as `pretrain`. */
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** What is counted, in the plural. */
  readonly unit: string;
  /** The time that is left, such as `3 min`; empty where it is not known. */
  readonly left: string;
  /** Facts, the most important first, with `, ` between them. */
  readonly note: string;
}

/** A bar is as wide as there is room for, within these. */
const BAR = { narrowest: 10, widest: 40 } as const;
const SEPARATOR = ", ";

/** `120/2000 steps (6 %), 3 min left`, without the percentage where a bar stands for it. */
function countOf(
  { done, total, unit, left }: ProgressState,
  { percent }: { readonly percent: boolean },
): string {
  const part = percent ? ` (${percentOf(done, total)} %)` : "";
  const time = left === "" ? "" : `${SEPARATOR}${left} left`;
  return `${done}/${total} ${unit}${part}${time}`;
}

/** Whole percents that are done. */
export function percentOf(done: number, total: number): number {
  return total > 0 ? Math.floor((100 * done) / total) : 100;
}

/** As many facts as fit behind `length` columns of `room`. */
function notesWithin(note: string, length: number, room: number): string {
  let text = "";
  for (const fact of note === "" ? [] : note.split(SEPARATOR)) {
    if (length + text.length + SEPARATOR.length + fact.length > room) break;
    text += SEPARATOR + fact;
  }
  return text;
}

/** The line with a bar, or undefined when the bar would crowd out the first fact. */
export function lineWithBar(state: ProgressState, columns: number): string | undefined {
  const { label, done, total, note } = state;
  const room = columns - 1; // a full last column makes some terminals wrap
  const count = countOf(state, { percent: false });
  const fixed = `${label} [] ${count}`.length + BAR.narrowest;
  const notes = notesWithin(note, fixed, room);
  if (fixed > room || (note !== "" && notes === "")) return undefined;
  const spare = Math.max(0, room - fixed - notes.length);
  const width = Math.min(BAR.widest, BAR.narrowest + spare);
  const filled = total > 0 ? Math.min(width, Math.floor((width * done) / total)) : width;
  return `${label} [${"=".repeat(filled)}${"-".repeat(width - filled)}] ${count}${notes}`;
}

/** The line without a bar. It is cut only where not even the count fits. */
export function lineWithoutBar(state: ProgressState, columns: number): string {
  const room = columns - 1;
  const line = `${state.label}: ${countOf(state, { percent: true })}`;
  if (line.length <= room) return line + notesWithin(state.note, line.length, room);
  return `${line.slice(0, Math.max(0, room - 1))}…`;
}
