/** @file Thirds of a lung, and points in them that a film shows well. */
import type { RandomStream } from "../../../util/random.ts";
import { type Cavity, domeLevel } from "../anatomy/cavity.ts";
import type { Zone } from "./finding.ts";

/** Upper and lower limits of each zone as shares of the height from apex to dome. */
const LIMITS: Readonly<Record<Zone, readonly [number, number]>> = {
  upper: [0.13, 0.34],
  mid: [0.4, 0.62],
  lower: [0.7, 0.94],
};

/** The zones, from the top. */
export const ZONES: readonly Zone[] = ["upper", "mid", "lower"];

/** Draws a point (mm) in a zone, at least `margin` from the chest wall, beside the mediastinum and over the dome. */
export function pointInZone(
  { cavity, zone, margin }: { cavity: Cavity; zone: Zone; margin: number },
  stream: RandomStream,
): { u: number; y: number } {
  const [from, to] = LIMITS[zone];
  const height = cavity.dome.y - cavity.apexY;
  const y = cavity.apexY + height * stream.between(from, to);
  const outer = cavity.lateral.at(y) - margin - 8;
  // The heart covers more of the left lung, and more of it further down.
  const covered = cavity.side === "left" ? 42 + 38 * Math.max(0, (y - 110) / 100) : 46;
  const inner = Math.min(outer - 6, covered + 0.6 * margin);
  const u = stream.between(inner, outer);
  return { u, y: Math.min(y, domeLevel(cavity, u, y) - 0.7 * margin - 2) };
}
