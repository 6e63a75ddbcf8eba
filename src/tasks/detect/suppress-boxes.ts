/** @file Non-maximum suppression: of boxes that cover each other the surest one stays (SPEC 4.3). */
import { boxOverlap } from "../../metrics/boxes.ts";

/** Which boxes stay. */
export interface SuppressOptions {
  /** Boxes of less objectness go; equal stays. Default 0.5. */
  readonly minObjectness?: number;
  /** So much intersection over union with a surer box of the same class, and a box goes. Default 0.5. */
  readonly maxOverlap?: number;
}

/** The boxes that stay: class by class, the surest first. */
export interface SuppressedBoxes {
  /** Corners x1, y1, x2, y2 in pixels, not cut at the image's edge; `[boxes, 4]`. */
  readonly boxes: Float64Array;
  /** Objectness, by which they were ordered; `[boxes]`. */
  readonly scores: Float64Array;
  /** The most probable class of each; `[boxes]`. */
  readonly labels: Uint32Array;
  /** How probable that is; `[boxes]`. */
  readonly probabilities: Float64Array;
}

/** A box that is a candidate. */
interface Candidate {
  readonly corners: readonly number[];
  readonly objectness: number;
  readonly label: number;
  readonly probability: number;
}

/**
 * Suppresses the decoded boxes of one image. Overlaps are those of first and last pixels: one is added to every side. Equal
 * objectness leaves boxes in their order.
 *
 * @param decoded as `decodeBoxes` gives them for one image, several scales one after another; `[boxes, 5 + classes]`
 * @param numbers 5 + classes
 * @throws {RangeError} when an objectness is NaN: the detector has diverged
 */
export function suppressBoxes(
  decoded: Float64Array,
  numbers: number,
  { minObjectness = 0.5, maxOverlap = 0.5 }: SuppressOptions = {},
): SuppressedBoxes {
  const candidates = candidatesOf(decoded, numbers, minObjectness);
  const labels = [...new Set(candidates.map(({ label }) => label))].sort((a, b) => a - b);
  const kept = labels.flatMap((label) =>
    suppressClass(
      candidates.filter((candidate) => candidate.label === label),
      maxOverlap,
    ),
  );
  return {
    boxes: Float64Array.from(kept.flatMap(({ corners }) => corners)),
    scores: Float64Array.from(kept, ({ objectness }) => objectness),
    labels: Uint32Array.from(kept, ({ label }) => label),
    probabilities: Float64Array.from(kept, ({ probability }) => probability),
  };
}

function candidatesOf(decoded: Float64Array, numbers: number, least: number): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (let at = 0; at < decoded.length; at += numbers) {
    const [x = 0, y = 0, width = 0, height = 0, objectness = Number.NaN, ...classes] =
      decoded.subarray(at, at + numbers);
    if (Number.isNaN(objectness)) {
      throw new RangeError(
        `Cannot suppress boxes: the objectness of box ${at / numbers} is NaN; the detector has diverged`,
      );
    }
    if (objectness < least) continue;
    const probability = Math.max(...classes);
    candidates.push({
      corners: [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
      ...{ objectness, label: classes.indexOf(probability), probability },
    });
  }
  return candidates;
}

function suppressClass(candidates: readonly Candidate[], maxOverlap: number): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates.toSorted((a, b) => b.objectness - a.objectness)) {
    const isCovered = kept.some(
      ({ corners }) => boxOverlap([corners, 0], [candidate.corners, 0], 1) >= maxOverlap,
    );
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}
