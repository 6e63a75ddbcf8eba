/**
 * @file Projections of tubes (ribs, vessels, airways, lines) onto the film.
 *
 * A tube is a polyline of film pixels with a radius; the value at a pixel is a function of the distance to the nearest
 * part of the line, so that joints neither double nor tear.
 */
import type { Plane } from "./plane.ts";

/** One vertex of a tube, in pixels. */
export interface TubePoint {
  readonly x: number;
  readonly y: number;
  /** Half the tube's width, in pixels. */
  readonly radius: number;
  /** What the cross profile is multiplied by here. */
  readonly gain: number;
}

/** The height of a tube at `t` = distance / radius, 0 … 1. */
export type CrossProfile = (t: number) => number;

/** A full cylinder: the chord of a unit circle. */
function solidProfile(t: number): number {
  return Math.sqrt(1 - t * t);
}

/** Below this radius (pixels) a tube is drawn wider and fainter, else it would break into dots. */
const FINEST_RADIUS = 0.75;

/** The pixels that a tube may touch; right and bottom are exclusive. */
interface Reach {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function reachOfPiece(from: TubePoint, to: TubePoint, size: number): Reach {
  const reach = Math.max(from.radius, to.radius, FINEST_RADIUS) + 0.5;
  return {
    left: Math.max(0, Math.floor(Math.min(from.x, to.x) - reach)),
    top: Math.max(0, Math.floor(Math.min(from.y, to.y) - reach)),
    right: Math.min(size, Math.ceil(Math.max(from.x, to.x) + reach)),
    bottom: Math.min(size, Math.ceil(Math.max(from.y, to.y) + reach)),
  };
}

function reachOf(points: readonly TubePoint[], size: number): Reach {
  let [left, top, right, bottom] = [size, size, 0, 0];
  for (const point of points) {
    const one = reachOfPiece(point, point, size);
    left = Math.min(left, one.left);
    top = Math.min(top, one.top);
    right = Math.max(right, one.right);
    bottom = Math.max(bottom, one.bottom);
  }
  return { left, top, right, bottom };
}

/**
 * Draws one piece of a solid tube so that `target` holds the larger chord: for trees, whose branches meet. Gains are
 * chords through the middle.
 */
export function joinPiece({ size, data }: Plane, from: TubePoint, to: TubePoint): void {
  const { left, top, right, bottom } = reachOfPiece(from, to, size);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const inverse = 1 / (dx * dx + dy * dy || 1e-9);
  for (let row = top; row < bottom; row++) {
    const py = row + 0.5 - from.y;
    for (let column = left; column < right; column++) {
      const px = column + 0.5 - from.x;
      let along = (px * dx + py * dy) * inverse;
      along = along < 0 ? 0 : Math.min(along, 1);
      const ex = px - along * dx;
      const ey = py - along * dy;
      const radius = from.radius + along * (to.radius - from.radius);
      const drawn = Math.max(radius, FINEST_RADIUS);
      const near = (ex * ex + ey * ey) / (drawn * drawn);
      if (near >= 1) continue;
      const thinning = radius / drawn;
      const gain = (from.gain + along * (to.gain - from.gain)) * thinning * thinning;
      const value = gain * Math.sqrt(1 - near);
      const index = row * size + column;
      if (value > (data[index] ?? 0)) data[index] = value;
    }
  }
}

/** Draws tubes onto planes of one size; holds the scratch planes that it needs. */
export class TubePainter {
  readonly #size: number;
  /** Squared distance over squared radius to the nearest part of the tube at hand; 1 outside. */
  readonly #nearness: Float32Array;
  readonly #gain: Float32Array;

  /** @param size pixels of a side of the planes to draw on */
  constructor(size: number) {
    this.#size = size;
    this.#nearness = new Float32Array(size * size).fill(1);
    this.#gain = new Float32Array(size * size);
  }

  /** Adds gain · profile(t) of one tube to what lies under it: for bones, which overlap. */
  add(target: Plane, points: readonly TubePoint[], profile: CrossProfile = solidProfile): void {
    const { data } = target;
    for (let i = 0; i + 1 < points.length; i++) {
      const from = points[i];
      const to = points[i + 1];
      if (from !== undefined && to !== undefined) this.#markSegment(from, to);
    }
    const size = this.#size;
    const nearness = this.#nearness;
    const { left, top, right, bottom } = reachOf(points, size);
    for (let row = top; row < bottom; row++) {
      for (let index = row * size + left; index < row * size + right; index++) {
        const near = nearness[index] ?? 1;
        if (near >= 1) continue;
        const value = (this.#gain[index] ?? 0) * profile(Math.sqrt(near));
        data[index] = (data[index] ?? 0) + value;
        nearness[index] = 1;
      }
    }
  }

  #markSegment(from: TubePoint, to: TubePoint): void {
    const size = this.#size;
    const nearness = this.#nearness;
    const gains = this.#gain;
    const { left, top, right, bottom } = reachOfPiece(from, to, size);
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const inverse = 1 / (dx * dx + dy * dy || 1e-9);
    const widening = to.radius - from.radius;
    const brightening = to.gain - from.gain;
    for (let row = top; row < bottom; row++) {
      const py = row + 0.5 - from.y;
      for (let column = left; column < right; column++) {
        const px = column + 0.5 - from.x;
        let along = (px * dx + py * dy) * inverse;
        along = along < 0 ? 0 : Math.min(along, 1);
        const ex = px - along * dx;
        const ey = py - along * dy;
        const radius = from.radius + along * widening;
        const drawn = Math.max(radius, FINEST_RADIUS);
        const near = (ex * ex + ey * ey) / (drawn * drawn);
        const index = row * size + column;
        if (near >= (nearness[index] ?? 1)) continue;
        nearness[index] = near;
        const thinning = radius / drawn;
        gains[index] = (from.gain + along * brightening) * thinning * thinning;
      }
    }
  }
}
