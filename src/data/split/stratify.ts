/**
 * @file Iterative stratification of groups: deals patients out to parts of given shares so that every class keeps its share in
 * every part (Sechidis, Tsoumakas and Vlahavas 2011, with groups of records in the place of single examples).
 */
import type { RandomStream } from "../../util/random.ts";

/** Groups of records that must not be torn apart, and the parts to deal them out to. */
export interface StratifyOptions {
  /** [G] Records of each group. */
  readonly sizes: Uint32Array;
  /** [G · C] Of each group, how many of its records show each class. */
  readonly positives: Uint32Array;
  /** C. */
  readonly classes: number;
  /** [P] What each part should get, in any unit; a part of share 0 gets nothing. */
  readonly shares: readonly number[];
  readonly rng: RandomStream;
}

/** Shares are sums of decimals: what differs by less is a tie. */
const TIE = 1e-9;

/** What the parts still lack of one thing that is dealt out. */
class Demand {
  readonly #lacking: number[];

  constructor(total: number, shares: readonly number[]) {
    const whole = shares.reduce((sum, share) => sum + share, 0);
    this.#lacking = shares.map((share) => (total * share) / whole);
  }

  of(part: number): number {
    return this.#lacking[part] ?? 0;
  }

  give(part: number, count: number): void {
    this.#lacking[part] = this.of(part) - count;
  }

  /** Those of the parts that lack most. */
  greatest(parts: readonly number[]): readonly number[] {
    const most = Math.max(...parts.map((part) => this.of(part)));
    return parts.filter((part) => this.of(part) >= most - TIE);
  }
}

/** Deals groups out, one by one. */
class Dealer {
  /** [G] The part of each group; −1 while it has none. */
  readonly parts: Int16Array;
  readonly #options: StratifyOptions;
  readonly #open: readonly number[];
  readonly #records: Demand;
  readonly #shown: readonly Demand[];
  /** [C] How many groups that show a class have no part yet. */
  readonly #groupsLeft: Uint32Array;

  constructor(options: StratifyOptions) {
    const { sizes, positives, classes, shares } = options;
    this.#options = options;
    this.parts = new Int16Array(sizes.length).fill(-1);
    this.#open = shares.flatMap((share, part) => (share > 0 ? [part] : []));
    this.#records = new Demand(
      sizes.reduce((sum, size) => sum + size, 0),
      shares,
    );
    const totals = new Float64Array(classes);
    this.#groupsLeft = new Uint32Array(classes);
    for (let i = 0; i < positives.length; i++) {
      const count = positives[i] ?? 0;
      if (count === 0) continue;
      totals[i % classes] = (totals[i % classes] ?? 0) + count;
      this.#groupsLeft[i % classes] = (this.#groupsLeft[i % classes] ?? 0) + 1;
    }
    this.#shown = Array.from(totals, (total) => new Demand(total, shares));
  }

  /** The class that the fewest groups without a part show: it has the least room left. */
  rarest(): number | undefined {
    let rarest: number | undefined;
    for (let c = 0; c < this.#groupsLeft.length; c++) {
      const left = this.#groupsLeft[c] ?? 0;
      if (left > 0 && (rarest === undefined || left < (this.#groupsLeft[rarest] ?? 0))) rarest = c;
    }
    return rarest;
  }

  /** How many records of a group show a class. */
  shows(group: number, c: number): number {
    return this.#options.positives[group * this.#options.classes + c] ?? 0;
  }

  /** Gives a group to the part that lacks most of a class, among equals of records, among equals at random. */
  place(group: number, c?: number): void {
    const lackClass = c === undefined ? this.#open : this.#shown[c]?.greatest(this.#open);
    const equals = this.#records.greatest(lackClass ?? this.#open);
    const part = equals.length === 1 ? (equals[0] ?? 0) : this.#options.rng.pick(equals);
    this.parts[group] = part;
    this.#records.give(part, this.#options.sizes[group] ?? 0);
    for (const [other, demand] of this.#shown.entries()) {
      const count = this.shows(group, other);
      if (count === 0) continue;
      demand.give(part, count);
      this.#groupsLeft[other] = (this.#groupsLeft[other] ?? 0) - 1;
    }
  }
}

/**
 * The part of each group, [G]. The rarest class is dealt out first, each of its groups to the part that lacks most of it; groups
 * that show no class come last and level the sizes. Groups come in random order: were the large ones first, they would all
 * go to the largest part.
 * @throws {RangeError} when no part has a share
 */
export function stratify(options: StratifyOptions): Int16Array {
  const { sizes, shares, rng } = options;
  if (!shares.some((share) => share > 0)) {
    throw new RangeError(`Cannot stratify into parts of shares ${shares.join(", ")}: none is > 0`);
  }
  const dealer = new Dealer(options);
  const order = rng.permutation(sizes.length);
  for (let c = dealer.rarest(); c !== undefined; c = dealer.rarest()) {
    for (const group of order) {
      if (dealer.parts[group] === -1 && dealer.shows(group, c) > 0) dealer.place(group, c);
    }
  }
  for (const group of order) if (dealer.parts[group] === -1) dealer.place(group);
  return dealer.parts;
}
