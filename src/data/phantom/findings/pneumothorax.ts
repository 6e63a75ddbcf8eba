/** @file Pneumothorax: the lung shrinks towards its root, and leaves air without vessels outside the pleural line. */
import type { RandomStream } from "../../../util/random.ts";
import { type Cavity, cavityDepth, hilumOf } from "../anatomy/cavity.ts";
import type { Side, SidePoint } from "../anatomy/side.ts";
import type { Pneumothorax } from "./finding.ts";
import { drawFrom } from "./range.ts";

const SIZES = {
  small: { apical: [18, 30], lateral: [5, 11] },
  moderate: { apical: [34, 52], lateral: [15, 28] },
  large: { apical: [58, 84], lateral: [38, 58] },
} as const;

/** Draws a pneumothorax of a side. */
export function drawPneumothorax(side: Side, stream: RandomStream): Pneumothorax {
  const draw = stream.uniform();
  const severity = draw < 0.42 ? "small" : draw < 0.78 ? "moderate" : "large";
  const { apical, lateral } = SIZES[severity];
  return {
    kind: "pneumothorax",
    side,
    severity,
    apicalMm: drawFrom(apical, stream),
    lateralMm: drawFrom(lateral, stream),
  };
}

/** Where a collapsed lung lies within its cavity. */
export interface Collapse {
  /** Where a point of the expanded lung has moved to. */
  shift(u: number, y: number): SidePoint;
  /** Depth (mm) of the collapsed lung's cross-section along the ray; 0 outside the pleural line. */
  depth(u: number, y: number): number;
  /** The pleural line from the mediastinum over the apex down the flank. */
  readonly line: readonly SidePoint[];
}

/** Shrinks a lung about its root: most at the apex, less towards the base. */
export function collapseLung({ apicalMm, lateralMm }: Pneumothorax, cavity: Cavity): Collapse {
  const root = hilumOf(cavity);
  const tall = 1 - apicalMm / (root.y - cavity.apexY);
  const atRoot = lateralMm / (cavity.lateral.at(root.y) - root.u);
  const unit = cavity.angleY - root.y;
  // Points above the root move down and inwards; below it the gap narrows to a third at the base.
  const narrowing = (y: number): number => {
    const below = Math.max(0, (y - root.y) / unit);
    return 1 - atRoot * (1 - 0.72 * Math.min(1, below));
  };
  const shift = (u: number, y: number): SidePoint => {
    const moved = y < root.y ? root.y + (y - root.y) * tall : y;
    return { u: u > root.u ? root.u + (u - root.u) * narrowing(moved) : u, y: moved };
  };
  const depth = (u: number, y: number): number => {
    const fromY = y < root.y ? root.y + (y - root.y) / tall : y;
    const fromU = u > root.u ? root.u + (u - root.u) / narrowing(y) : u;
    return cavityDepth(cavity, fromU, fromY) * (0.7 + 0.3 * tall);
  };
  const line: SidePoint[] = [];
  const steps = 44;
  const bottom = cavity.angleY - 12;
  // The cavity's rim: the apex is a point of the outline, so walk the levels quadratically from it.
  for (let i = 10; i > 0; i--) {
    const y = cavity.apexY + 0.5 + 16 * (i / 10) ** 2;
    line.push(shift(cavity.medial.at(y), y));
  }
  for (let i = 0; i <= steps; i++) {
    const y = cavity.apexY + 0.5 + (bottom - cavity.apexY) * (i / steps) ** 1.8;
    line.push(shift(cavity.lateral.at(y), y));
  }
  return { shift, depth, line };
}
