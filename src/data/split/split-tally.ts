/** @file Remembers in which splits things were met: patients, pictures, contents of files. */
import type { Split } from "../record.ts";
import { SPLITS } from "./assign-splits.ts";

/** A thing that was met in more than one split. */
export interface SharedThing {
  readonly name: string;
  /** In the usual order. */
  readonly splits: readonly Split[];
}

/** Remembers in which splits a thing was met. */
export class SplitTally {
  /** A bit for each split. */
  readonly #masks = new Map<string, number>();

  /** Notes that a thing was met, in a split or in none. */
  add(name: string, split: Split | undefined): void {
    const bit = split === undefined ? 0 : 1 << SPLITS.indexOf(split);
    this.#masks.set(name, (this.#masks.get(name) ?? 0) | bit);
  }

  /** How many things were met. */
  get size(): number {
    return this.#masks.size;
  }

  /** Everything that was met in more than one split, in the order in which it was met first. */
  shared(): readonly SharedThing[] {
    return [...this.#masks]
      .filter(([, mask]) => (mask & (mask - 1)) !== 0)
      .map(([name, mask]) => ({ name, splits: SPLITS.filter((_, i) => (mask >> i) % 2 === 1) }));
  }
}

/** Remembers which pictures have the same bytes under different names. */
export class ContentTally {
  readonly #splits = new SplitTally();
  /** Content → the pictures that have it. */
  readonly #paths = new Map<string, Set<string>>();

  /** Notes a picture by the digest of its bytes. */
  add(path: string, digest: string, split: Split | undefined): void {
    this.#splits.add(digest, split);
    const paths = this.#paths.get(digest) ?? new Set();
    this.#paths.set(digest, paths.add(path));
  }

  /** Contents of several pictures that were met in more than one split; each is called `a.png = b.png`. */
  shared(): readonly SharedThing[] {
    return this.#splits.shared().flatMap(({ name, splits }) => {
      const paths = [...(this.#paths.get(name) ?? [])];
      return paths.length < 2 ? [] : [{ name: paths.join(" = "), splits }];
    });
  }
}
