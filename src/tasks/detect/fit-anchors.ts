/**
 * @file Anchors from one's own boxes: k-means over their sizes, with 1 − IoU as the distance (Redmon and Farhadi 2017). Published anchors
 * come from photographs of everyday things, not from the findings that a detector here looks for.
 */
import type { Anchor } from "../../model/heads/detection-anchors.ts";
import { ConfigError } from "../../util/errors.ts";
import { RandomStream } from "../../util/random.ts";

/** How anchors are fitted. */
export interface FitOptions {
  /** The anchors that are in use, of each scale, the coarsest first: as many are fitted, and they are what the fit is compared with. */
  readonly current: readonly (readonly Anchor[])[];
  /** Where the random starts come from. */
  readonly seed: number;
}

/** Anchors that fit the boxes. */
export interface FittedAnchors {
  /** Of each scale, the coarsest first; the largest anchors are those of the coarsest. */
  readonly anchors: readonly (readonly Anchor[])[];
  /** The mean over the boxes of their IoU with the anchor that is nearest: with the current anchors, and with these. */
  readonly meanOverlap: { readonly before: number; readonly after: number };
}

/** k-means ends in the nearest valley: the best of so many starts is kept. */
const STARTS = 8;
/** A start that has not settled by now is taken where it is. */
const MAX_ROUNDS = 100;

/**
 * Fits as many anchors as are in use. The current ones are a start too, so that the result is never worse.
 *
 * @param sizes width and height of every box, in pixels of the detector's image
 * @throws {ConfigError} when a size is not positive, or there are fewer different sizes than anchors
 */
export function fitAnchors(sizes: readonly Anchor[], { current, seed }: FitOptions): FittedAnchors {
  const wanted = current.reduce((sum, { length }) => sum + length, 0);
  const distinct = distinctSizes(sizes);
  if (distinct.length < wanted || wanted === 0) {
    throw new ConfigError(
      `Cannot fit ${wanted} anchors: the ${sizes.length} boxes have ${distinct.length} different sizes, at least ${wanted} are needed; keep the anchors that there are`,
    );
  }
  let best = refine(current.flat(), sizes);
  for (let start = 0; start < STARTS; start++) {
    const stream = new RandomStream({ seed, name: "anchors", step: start });
    const found = refine(spreadCentres(distinct, wanted, stream), sizes);
    if (found.overlap > best.overlap) best = found;
  }
  return {
    anchors: shareOut(best.centres, current),
    meanOverlap: { before: assignTo(current.flat(), sizes).overlap, after: best.overlap },
  };
}

/** The largest to the coarsest scale, as many to each as it has now. */
function shareOut(
  anchors: readonly Anchor[],
  current: readonly (readonly Anchor[])[],
): readonly (readonly Anchor[])[] {
  const sorted = anchors.toSorted((a, b) => area(b) - area(a));
  return current.map(({ length }) => sorted.splice(0, length));
}

const area = ([width, height]: Anchor): number => width * height;

/** Intersection over union of two boxes at one corner. */
function overlapOf([w, h]: Anchor, [v, g]: Anchor): number {
  const both = Math.min(w, v) * Math.min(h, g);
  return both / (w * h + v * g - both);
}

function distinctSizes(sizes: readonly Anchor[]): readonly Anchor[] {
  const distinct = new Map<string, Anchor>();
  for (const [i, size] of sizes.entries()) {
    if (!size.every((side) => side > 0 && Number.isFinite(side))) {
      throw new ConfigError(
        `Cannot fit anchors: box ${i} is ${size.join(" x ")} pixels, expected sides above 0`,
      );
    }
    distinct.set(size.join(), size);
  }
  return [...distinct.values()];
}

/** Centres, and how well they cover the boxes. */
interface Fit {
  readonly centres: readonly Anchor[];
  readonly overlap: number;
}

/** Lloyd's rounds. Means need not lower a distance of IoU, so the best round is kept, not the last. */
function refine(start: readonly Anchor[], sizes: readonly Anchor[]): Fit {
  let centres = start;
  let assigned = assignTo(centres, sizes);
  let best: Fit = { centres, overlap: assigned.overlap };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { nearest } = assigned;
    centres = meansOf(centres, sizes, nearest);
    assigned = assignTo(centres, sizes);
    if (assigned.overlap > best.overlap) best = { centres, overlap: assigned.overlap };
    if (assigned.nearest.every((centre, i) => centre === nearest[i])) break;
  }
  return best;
}

/** The centre that each box is nearest to (the first of equals), and the mean of their overlaps. */
function assignTo(
  centres: readonly Anchor[],
  sizes: readonly Anchor[],
): { readonly nearest: Uint32Array; readonly overlap: number } {
  const nearest = new Uint32Array(sizes.length);
  let total = 0;
  for (const [i, size] of sizes.entries()) {
    let largest = 0;
    for (const [k, centre] of centres.entries()) {
      const overlap = overlapOf(centre, size);
      if (overlap <= largest) continue;
      largest = overlap;
      nearest[i] = k;
    }
    total += largest;
  }
  return { nearest, overlap: total / sizes.length };
}

/** The mean size of the boxes of each centre; one that has none stays where it is. */
function meansOf(
  centres: readonly Anchor[],
  sizes: readonly Anchor[],
  nearest: Uint32Array,
): readonly Anchor[] {
  const sums = centres.map(() => ({ width: 0, height: 0, count: 0 }));
  for (const [i, [width, height]] of sizes.entries()) {
    const sum = sums[nearest[i] ?? 0];
    if (sum === undefined) continue;
    sum.width += width;
    sum.height += height;
    sum.count++;
  }
  return centres.map((centre, i): Anchor => {
    const { width, height, count } = sums[i] ?? { width: 0, height: 0, count: 0 };
    return count === 0 ? centre : [width / count, height / count];
  });
}

/** Different sizes, each drawn by its squared distance to those before it (k-means++, Arthur and Vassilvitskii 2007). */
function spreadCentres(
  distinct: readonly Anchor[],
  wanted: number,
  stream: RandomStream,
): readonly Anchor[] {
  const centres = [stream.pick(distinct)];
  while (centres.length < wanted) {
    const { nearest } = assignTo(centres, distinct);
    const weights = distinct.map((size, i) => {
      const centre = centres[nearest[i] ?? 0] ?? size;
      return (1 - overlapOf(centre, size)) ** 2;
    });
    centres.push(drawBy(weights, distinct, stream));
  }
  return centres;
}

/** One of the sizes, by its share of all weights; none of weight 0, which is a centre already. */
function drawBy(
  weights: readonly number[],
  sizes: readonly Anchor[],
  stream: RandomStream,
): Anchor {
  let rest = stream.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, size] of sizes.entries()) {
    rest -= weights[i] ?? 0;
    if (rest < 0) return size;
  }
  return stream.pick(sizes.filter((_, i) => (weights[i] ?? 0) > 0)); // rounding has left a rest
}
