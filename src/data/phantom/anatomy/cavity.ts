/** @file A pleural cavity with its dome of the diaphragm: outlines, and lengths along a ray in closed form. */
import { type Profile, profile } from "../projection/profile.ts";
import type { Patient } from "./patient.ts";
import type { Side, SidePoint } from "./side.ts";

/** One pleural cavity. Levels y and distances u from the midline are in mm. */
export interface Cavity {
  readonly side: Side;
  readonly apexY: number;
  /** Inner chest wall at a level, as a distance u. */
  readonly lateral: Profile;
  /** Inner limit of the cavity at a level, as a distance u: behind and before the mediastinum. */
  readonly medial: Profile;
  /** Front-to-back depth in the cavity's middle at a level. */
  readonly depth: Profile;
  /** The top of the dome of the diaphragm. */
  readonly dome: SidePoint;
  /** Level of the costophrenic angle, where the dome meets the chest wall. */
  readonly angleY: number;
  /** How far the dome's back and front edges lie below its top. */
  readonly sulcus: number;
}

/** Level (mm) of the average dome's top in full inspiration. */
export const DOME_LEVEL = 222;

const ANGLE_DROP = { left: 38, right: 42 } as const;
const DOME_DISTANCE = { left: 74, right: 70 } as const;

/** Inner chest wall of a lung whose upper and lower parts are `upper` and `lower` times as broad as the average. */
function chestWall({
  upper,
  lower,
  height: h,
}: {
  upper: number;
  lower: number;
  height: number;
}): Profile {
  return profile([
    [0, 46 * upper],
    [5 * h, 64 * upper],
    [15 * h, 82 * upper],
    [32 * h, 99 * upper],
    [55 * h, 113 * upper],
    [85 * h, 62 * (upper + lower)],
    [120 * h, 132 * lower],
    [165 * h, 138 * lower],
    [205 * h, 140 * lower],
    [250 * h, 141 * lower],
    [300 * h, 138 * lower],
  ]);
}

function innerLimit(upper: number, h: number): Profile {
  return profile([
    [0, 44 * upper],
    [4 * h, 34 * upper],
    [14 * h, 24 * upper],
    [30 * h, 16 * upper],
    [60 * h, 9],
    [300 * h, 8],
  ]);
}

function depthProfile(h: number): Profile {
  return profile([
    [0, 4],
    [10 * h, 56],
    [30 * h, 98],
    [60 * h, 132],
    [110 * h, 158],
    [170 * h, 172],
    [300 * h, 178],
  ]);
}

/** The cavity of a patient's side. */
export function makeCavity(side: Side, patient: Patient): Cavity {
  const { height, diaphragmRise } = patient;
  const shape = patient.lungs[side];
  const domeY = (DOME_LEVEL + shape.domeDrop) * height - diaphragmRise;
  const lower = patient.width * shape.lowerBreadth;
  const upper = patient.width * shape.upperBreadth;
  return {
    side,
    apexY: 0,
    lateral: chestWall({ upper, lower, height }),
    medial: innerLimit(upper, height),
    depth: depthProfile(height),
    dome: { u: DOME_DISTANCE[side] * lower + shape.domeShift, y: domeY },
    angleY: domeY + ANGLE_DROP[side] * height * shape.domeCurve,
    sulcus: 62 * height,
  };
}

/** The root of the lung: where vessels and airways enter. The left one stands higher. */
export function hilumOf({ side, dome }: Cavity): SidePoint {
  const unit = dome.y / DOME_LEVEL;
  return side === "left" ? { u: 44, y: 97 * unit } : { u: 38, y: 106 * unit };
}

/** Length (mm) of the whole cavity along the ray at (u, y), the organs in it included: a rounded box. */
export function cavityDepth(cavity: Cavity, u: number, y: number): number {
  if (y <= cavity.apexY) return 0;
  const medial = cavity.medial.at(y);
  const half = (cavity.lateral.at(y) - medial) / 2;
  const t = (u - medial - half) / half;
  if (t <= -1 || t >= 1) return 0;
  return cavity.depth.at(y) * Math.sqrt(1 - t * t * Math.sqrt(Math.abs(t)));
}

/** Level of the diaphragm's ridge at u: what is seen as its outline. */
export function domeLevel(cavity: Cavity, u: number, y: number): number {
  const { dome, angleY } = cavity;
  const outwards = u > dome.u;
  const half = outwards ? cavity.lateral.at(y) - dome.u : dome.u + 18;
  const t = Math.min(1.2, Math.abs(u - dome.u) / half);
  const drop = angleY - dome.y;
  return dome.y + (outwards ? drop * t * t * (0.35 + 0.65 * t) : 0.42 * drop * t * t);
}

/** Length (mm) of what stands up from the diaphragm into the cavity along the ray at (u, y). */
export function domeDepth(cavity: Cavity, u: number, y: number): number {
  if (y < cavity.dome.y) return 0;
  const under = y - domeLevel(cavity, u, y);
  if (under <= 0) return 0;
  return cavity.depth.at(y) * Math.sqrt(Math.sqrt(Math.min(1, under / cavity.sulcus)));
}
