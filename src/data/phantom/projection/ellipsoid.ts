/** @file Projections of ellipsoids: breasts, gas bubbles, and the like. */
import type { Plane } from "./plane.ts";
import type { View } from "./view.ts";

/** An ellipsoid in patient mm. */
export interface Ellipsoid {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  /** Chord through the centre: mm of soft tissue added; negative for gas. */
  readonly depth: number;
  /** Fades towards the whole rim, as a cloud does. */
  readonly soft?: boolean;
  /** 0 = a sharp rim on all sides; above it, the upper rim fades out over this share of the height. */
  readonly fadeTop?: number;
  /** Cuts off what lies below this level: a gas bubble over fluid. */
  readonly floorY?: number;
}

/** Adds an ellipsoid's chords (mm) to a plane. */
export function addEllipsoid(target: Plane, view: View, shape: Ellipsoid): void {
  const { x, y, halfWidth, halfHeight, depth, fadeTop = 0, floorY, soft = false } = shape;
  const { size, data } = target;
  const centre = view.toPixel(x, y);
  const reach = Math.ceil(Math.max(halfWidth, halfHeight) * view.scale) + 1;
  const top = Math.max(0, Math.floor(centre.y) - reach);
  const bottom = Math.min(size, Math.ceil(centre.y) + reach);
  const left = Math.max(0, Math.floor(centre.x) - reach);
  const right = Math.min(size, Math.ceil(centre.x) + reach);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const at = view.toPatient(column + 0.5, row + 0.5);
      const dx = (at.x - x) / halfWidth;
      const dy = (at.y - y) / halfHeight;
      const t = dx * dx + dy * dy;
      if (t >= 1) continue;
      let chord = depth * (soft ? (1 - t) * (1 - t) : Math.sqrt(1 - t));
      if (fadeTop > 0) chord *= Math.min(1, Math.max(0, (dy + 1) / (2 * fadeTop)));
      if (floorY !== undefined) chord *= Math.min(1, Math.max(0, (floorY - at.y) * view.scale));
      const index = row * size + column;
      data[index] = (data[index] ?? 0) + chord;
    }
  }
}
