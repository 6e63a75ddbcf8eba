/** @file Pleural effusion: fluid that fills the cavity from below and climbs its walls in a meniscus. */
import type { RandomStream } from "../../../util/random.ts";
import type { Cavity } from "../anatomy/cavity.ts";
import type { Side, SidePoint } from "../anatomy/side.ts";
import { smoothStep } from "../projection/profile.ts";
import type { Effusion } from "./finding.ts";
import { drawFrom } from "./range.ts";

const HEIGHTS = {
  small: [30, 46],
  moderate: [58, 95],
  large: [115, 165],
} as const;

/** Draws an effusion of a side. */
export function drawEffusion(side: Side, stream: RandomStream): Effusion {
  const draw = stream.uniform();
  const severity = draw < 0.45 ? "small" : draw < 0.8 ? "moderate" : "large";
  return { kind: "effusion", side, severity, heightMm: drawFrom(HEIGHTS[severity], stream) };
}

/** The share (0 … 1) of the pleural cavity along the ray at (u, y) that is fluid. */
export function fluidShare(effusion: Effusion, cavity: Cavity, { u, y }: SidePoint): number {
  const level = cavity.angleY - effusion.heightMm;
  const climb = Math.min(46, 14 + 0.35 * effusion.heightMm);
  const toWall = cavity.lateral.at(y) - u;
  const toSpine = u - cavity.medial.at(y);
  const meniscus =
    Math.exp(-Math.max(0, toWall) / 15) + 0.35 * Math.exp(-Math.max(0, toSpine) / 16);
  const surface = level - climb * meniscus;
  // The film of fluid before and behind the lung thickens downwards, so the opacity deepens gradually.
  const haze = 0.16 * smoothStep(y, surface - 75, surface + 10);
  return haze + (1 - haze) * smoothStep(y, surface - 4, surface + 26 + 0.6 * climb);
}

/** How far (mm) a large effusion pushes the mediastinum to the other side. */
export function mediastinalShift({ severity, heightMm }: Effusion): number {
  return severity === "large" ? 0.09 * (heightMm - 80) : 0;
}
