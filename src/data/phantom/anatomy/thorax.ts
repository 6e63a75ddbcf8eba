/** @file The chest as a whole: the trunk's outline and depth, and what lies in it. */
import { type Profile, profile } from "../projection/profile.ts";
import { type Cavity, makeCavity } from "./cavity.ts";
import { type Mediastinum, makeMediastinum } from "./mediastinum.ts";
import type { Patient } from "./patient.ts";
import type { Side } from "./side.ts";

/** Everything that a ray may cross, bones and vessels apart. Lengths in mm. */
export interface Thorax {
  readonly patient: Patient;
  readonly cavities: Readonly<Record<Side, Cavity>>;
  readonly mediastinum: Mediastinum;
  /** Half the outer width of the trunk at a level, shoulders included. */
  readonly trunk: Profile;
  readonly trunkDepth: Profile;
  /** Level of the upper outline (neck and shoulders) at a distance from the midline. */
  readonly shoulderLine: Profile;
  /** Sideways position of the spine at a level. */
  readonly spine: Profile;
}

/** Over this length (mm) below the shoulders' outline the trunk reaches its depth. */
const SHOULDER_RISE = 46;
/** From this level (mm) down every trunk has its full depth. */
const LOWEST_SHOULDER = 110;

function trunkOutline({ width: w, height: h, build, axilla }: Patient): Profile {
  const wall = 20 * build;
  return profile([
    [-60, 250],
    [axilla - 55, 250],
    [axilla - 12, 128 * w + wall + 38],
    [axilla + 25, 133 * w + wall + 13],
    [axilla + 70, 138 * w + wall + 2],
    [290 * h, 138 * w + 1.1 * wall],
    [360 * h, 140 * w + 1.3 * wall],
  ]);
}

function trunkDepths({ height: h, build }: Patient): Profile {
  const deep = 0.55 * build + 0.45;
  return profile([
    [-60, 104 * deep],
    [0, 128 * deep],
    [40 * h, 172 * deep],
    [100 * h, 206 * deep],
    [200 * h, 222 * deep],
    [300 * h, 236 * deep],
  ]);
}

function shoulderOutline({ shoulderRise: up }: Patient): Profile {
  return profile([
    [0, -400],
    [40, -180],
    [51, -95],
    [57, -62],
    [68, -41],
    [88, -27 - 0.3 * up],
    [120, -15 - 0.7 * up],
    [155, -9 - up],
    [190, 2 - up],
    [240, 40 - up],
  ]);
}

/** The chest of a patient, whose mediastinum something may have pushed `shift` mm to the patient's left. */
export function makeThorax(patient: Patient, { shift }: { shift: number } = { shift: 0 }): Thorax {
  const right = makeCavity("right", patient);
  return {
    patient,
    cavities: { right, left: makeCavity("left", patient) },
    mediastinum: makeMediastinum(patient, { domeY: right.dome.y, shift }),
    trunk: trunkOutline(patient),
    trunkDepth: trunkDepths(patient),
    shoulderLine: shoulderOutline(patient),
    spine: profile([
      [-60, 0],
      [60, -0.6 * patient.spineBow],
      [150, patient.spineBow],
      [260, 0],
      [360, -0.5 * patient.spineBow],
    ]),
  };
}

/** Length (mm) of the body along the ray at (x, y). */
export function bodyDepth(thorax: Thorax, x: number, y: number): number {
  const u = x < 0 ? -x : x;
  const width = thorax.trunk.at(y);
  if (u >= width) return 0;
  const below = y > LOWEST_SHOULDER ? SHOULDER_RISE : y - thorax.shoulderLine.at(u);
  if (below <= 0) return 0;
  const rise = below < SHOULDER_RISE ? 1 - below / SHOULDER_RISE : 0;
  const t2 = (u * u) / (width * width);
  return thorax.trunkDepth.at(y) * Math.sqrt((1 - t2 * t2) * (1 - rise * rise));
}
