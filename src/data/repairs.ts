/** @file What is mended in masks and boxes as they come in, each kind by a name, counted. */

/** In the order in which they are told. */
const KINDS = [
  "grey-mask",
  "odd-level",
  "resized-mask",
  "vanished-mask",
  "runs-beyond",
  "run-of-nothing",
  "runs-overlapping",
  "swapped-corners",
  "cut-box",
  "dropped-box",
  "scaled-boxes",
] as const;

/** Something that was mended, or left out. */
export type Repair = (typeof KINDS)[number];

/** How each kind is said, its count behind a colon. */
export const REPAIRS: Readonly<Record<Repair, string>> = {
  "grey-mask": "masks with grey edges, cut at half of their greatest level",
  "odd-level": "masks with levels of no class, which went to the nearest that is one",
  "resized-mask": "masks resized to their pictures, which have another size",
  "vanished-mask": "masks that lost their last pixel when they were resized",
  "runs-beyond": "pixels of runs behind the picture's last one, left out",
  "run-of-nothing": "runs of no pixel, left out",
  "runs-overlapping": "pixels in several runs, counted once",
  "swapped-corners": "boxes with swapped corners, turned round",
  "cut-box": "boxes that reach beyond their picture, cut at its edge",
  "dropped-box": "boxes without area in their picture, left out",
  "scaled-boxes": "boxes scaled to their pictures, which have another size",
};

/** How often each kind occurred; one that did not is not named. */
export type RepairCounts = Readonly<Partial<Record<Repair, number>>>;

/** Counts repairs. */
export class RepairCounter {
  readonly #counts = new Map<Repair, number>();

  /** Counts a repair, or several of one kind. */
  add(repair: Repair, count = 1): void {
    if (count > 0) this.#counts.set(repair, (this.#counts.get(repair) ?? 0) + count);
  }

  /** Counts what another counter has. */
  merge(counts: RepairCounts): void {
    for (const { repair, count } of listRepairs(counts)) this.add(repair, count);
  }

  /** Has nothing been counted? */
  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** The counts so far. */
  counts(): RepairCounts {
    return Object.fromEntries(this.#counts);
  }
}

/** The sum of several counts. */
export function totalRepairs(all: Iterable<RepairCounts>): RepairCounts {
  const total = new RepairCounter();
  for (const counts of all) total.merge(counts);
  return total.counts();
}

/** The kinds that occurred in words, in order, each with its count. */
export const describeRepairs = (counts: RepairCounts): readonly string[] =>
  listRepairs(counts).map(({ repair, count }) => `${REPAIRS[repair]}: ${count}`);

/** The kinds that occurred, in order. */
export function listRepairs(
  counts: RepairCounts,
): readonly { readonly repair: Repair; readonly count: number }[] {
  return KINDS.flatMap((repair) => {
    const count = counts[repair];
    return count === undefined ? [] : [{ repair, count }];
  });
}
