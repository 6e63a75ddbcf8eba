/** @file Bones as hollow tubes in patient millimetres. */
import type { CrossProfile, TubePoint } from "../projection/tubes.ts";
import type { View } from "../projection/view.ts";

/** A vertex of a bone: position and half-width in mm, and bone along the ray in mm of soft tissue. */
export type BonePoint = readonly [x: number, y: number, halfWidth: number, gain: number];

/** A bone or a part of one. */
export interface Bone {
  readonly profile: CrossProfile;
  readonly points: readonly BonePoint[];
}

/** Where the cortex ends, as a share of the radius. */
const INNER_RIM = 0.78;

/** Height of a hollow bone at t = distance / radius: cortex at the rim, spongy bone within. */
export function corticalProfile({
  cortex,
  spongy,
}: {
  cortex: number;
  spongy: number;
}): CrossProfile {
  return (t) => {
    const outer = Math.sqrt(1 - t * t);
    const inner = t < INNER_RIM ? Math.sqrt(INNER_RIM * INNER_RIM - t * t) : 0;
    return cortex * (outer - inner) + spongy * inner;
  };
}

/** A hollow bone of the limbs and girdles. */
export const LONG_BONE: CrossProfile = corticalProfile({ cortex: 1, spongy: 0.5 });

/** The bone's vertices on the film. */
export function toTube(points: readonly BonePoint[], view: View): TubePoint[] {
  return points.map(([x, y, halfWidth, gain]) => ({
    ...view.toPixel(x, y),
    radius: halfWidth * view.scale,
    gain,
  }));
}
