/** @file Mediastinum and heart: both borders at every level, and their length along a ray. */
import { type Profile, profile } from "../projection/profile.ts";
import { DOME_LEVEL } from "./cavity.ts";
import type { Patient } from "./patient.ts";

/** The mediastinum with the heart. Borders are distances from the midline in mm. */
export interface Mediastinum {
  readonly right: Profile;
  readonly left: Profile;
  /** Front-to-back depth in the middle at a level. */
  readonly depth: Profile;
  /** Top and bottom level of the heart proper. */
  readonly heartTop: number;
  readonly heartBottom: number;
  /** The arch of the aorta, seen end-on: the knob. */
  readonly arch: { readonly x: number; readonly y: number; readonly radius: number };
  /** No part lies further from the midline than this. */
  readonly reach: number;
}

/** Half the inner width of the average thorax where it is widest, in mm. */
const HALF_THORAX = 140;
/** Share of a normal heart's width that lies to the right of the midline. */
const RIGHT_SHARE = 0.33;
/** Share of an enlarged heart's further width that goes to the right. */
const RIGHT_SHARE_OF_EXCESS = 0.3;
const LARGEST_USUAL_RATIO = 0.48;

interface HeartWidths {
  /** Furthest point of the right border. */
  readonly right: number;
  /** Furthest point of the left border of a normal heart, and what enlargement adds to it. */
  readonly left: number;
  readonly excess: number;
}

function heartWidths({ width, cardiothoracicRatio }: Patient): HeartWidths {
  const thorax = 2 * HALF_THORAX * width;
  const usual = thorax * Math.min(cardiothoracicRatio, LARGEST_USUAL_RATIO);
  const more = thorax * cardiothoracicRatio - usual;
  return {
    right: RIGHT_SHARE * usual + RIGHT_SHARE_OF_EXCESS * more,
    left: (1 - RIGHT_SHARE) * usual,
    excess: (1 - RIGHT_SHARE_OF_EXCESS) * more,
  };
}

/** Superior vena cava, ascending aorta, right atrium. */
function rightBorder(
  { width: w, age, projection }: Patient,
  { right }: HeartWidths,
  unit: number,
): Profile {
  const wide = w * (projection === "AP" ? 1.12 : 1);
  return profile([
    [-60, 18 * w],
    [0, 19 * wide],
    [30 * unit, 21 * wide],
    [75 * unit, (24 + 3 * age) * wide],
    [105 * unit, (27 + 4 * age) * w],
    [128 * unit, 0.78 * right + 4],
    [160 * unit, right],
    [185 * unit, 0.98 * right],
    [208 * unit, 0.86 * right],
    [235 * unit, 0.78 * right],
    [330, 30],
  ]);
}

/** Arch, pulmonary trunk, left atrial appendage, left ventricle with the apex. */
function leftBorder(
  { width: w, projection }: Patient,
  { left, excess }: HeartWidths,
  { arch, unit }: { arch: number; unit: number },
): Profile {
  const wide = w * (projection === "AP" ? 1.12 : 1);
  const whole = left + excess;
  return profile([
    [-60, 18 * w],
    [0, 20 * wide],
    [28 * unit, 23 * w],
    [48 * unit, 0.86 * arch],
    [60 * unit, arch],
    [72 * unit, 0.95 * arch],
    [84 * unit, 0.84 * arch],
    [97 * unit, 0.43 * left + 0.16 * excess],
    [113 * unit, 0.51 * left + 0.28 * excess],
    [135 * unit, 0.64 * left + 0.52 * excess],
    [160 * unit, 0.79 * left + 0.78 * excess],
    [188 * unit, 0.93 * whole],
    [206 * unit, 0.99 * whole],
    [218 * unit, whole],
    [232 * unit, 0.95 * whole],
    [248 * unit, 0.74 * whole],
    [268 * unit, 0.4 * whole],
    [330, 24],
  ]);
}

/**
 * The mediastinum of a patient.
 * @param domeY level of the right dome, on which the heart rests
 * @param shift how far everything is pushed to the patient's left, in mm
 */
export function makeMediastinum(
  patient: Patient,
  { domeY, shift }: { domeY: number; shift: number },
): Mediastinum {
  const { width: w, age, projection, turn } = patient;
  const unit = domeY / DOME_LEVEL;
  const arch = (35 + 7 * age) * w * (projection === "AP" ? 1.12 : 1);
  const widths = heartWidths(patient);
  const leftwards = shift + 0.5 * turn;
  const right = rightBorder(patient, widths, unit).map((value) => value - leftwards);
  const left = leftBorder(patient, widths, { arch, unit }).map((value) => value + leftwards);
  const thick = 1 + 1.2 * Math.max(0, patient.cardiothoracicRatio - 0.5);
  return {
    right,
    left,
    depth: profile([
      [-60, 50],
      [0, 58],
      [40 * unit, 96],
      [80 * unit, 128],
      [115 * unit, 138 * thick],
      [170 * unit, 142 * thick],
      [240 * unit, 130 * thick],
      [330, 110],
    ]),
    heartTop: 92 * unit,
    heartBottom: 238 * unit,
    arch: { x: arch - 16 * w + leftwards, y: 62 * unit, radius: 16.5 * w },
    reach: Math.abs(leftwards) + widths.left + widths.excess + 8,
  };
}

/** Length (mm) of mediastinum and heart along the ray at (x, y). */
export function mediastinalDepth(mediastinum: Mediastinum, x: number, y: number): number {
  if (Math.abs(x) > mediastinum.reach) return 0;
  const { arch } = mediastinum;
  const dx = (x - arch.x) / arch.radius;
  const dy = (y - arch.y) / arch.radius;
  const outside = dx * dx + dy * dy;
  const knob = outside < 1 ? 100 * Math.sqrt(1 - outside) : 0;
  const right = -mediastinum.right.at(y);
  const left = mediastinum.left.at(y);
  if (x <= right || x >= left) return knob;
  const half = (left - right) / 2;
  const t = (x - right - half) / half;
  const body = mediastinum.depth.at(y) * Math.sqrt(1 - t * t);
  return Math.max(body, knob);
}

/** Does (x, y) lie within the outline of the heart proper? */
export function insideHeart(mediastinum: Mediastinum, x: number, y: number): boolean {
  const { heartTop, heartBottom } = mediastinum;
  if (y < heartTop || y > heartBottom) return false;
  return x > -mediastinum.right.at(y) && x < mediastinum.left.at(y);
}
