/** @file The rib cage: each rib a hollow tube along a sloping arc around the chest, seen in projection. */
import { type Profile, smoothStep } from "../projection/profile.ts";
import type { TubePoint } from "../projection/tubes.ts";
import type { View } from "../projection/view.ts";
import { corticalProfile } from "./bone.ts";
import type { Drawing } from "./drawing.ts";
import { SIDES, type Side, signOf } from "./side.ts";
import type { Thorax } from "./thorax.ts";

/** One pair of ribs: where it leaves the spine, how far it drops to its front end, and where that end is. In mm. */
interface RibPair {
  readonly originY: number;
  readonly drop: number;
  readonly endU: number;
}

/** Ribs 1 … 12 of the average adult in full inspiration, y from the lung apices. */
const RIB_PAIRS: readonly RibPair[] = [
  { originY: -8, drop: 44, endU: 30 },
  { originY: 10, drop: 62, endU: 42 },
  { originY: 31, drop: 76, endU: 50 },
  { originY: 53, drop: 88, endU: 56 },
  { originY: 75, drop: 98, endU: 64 },
  { originY: 98, drop: 104, endU: 76 },
  { originY: 121, drop: 106, endU: 92 },
  { originY: 145, drop: 106, endU: 108 },
  { originY: 169, drop: 104, endU: 120 },
  { originY: 193, drop: 98, endU: 126 },
  { originY: 217, drop: 62, endU: 0 },
  { originY: 240, drop: 36, endU: 0 },
];

/** Level (mm) at which rib or vertebra `number` (1 = first thoracic) leaves or lies, extrapolated beyond the ribs. */
export function vertebraLevel(number: number, height: number): number {
  const pair = RIB_PAIRS[number - 1];
  if (pair !== undefined) return pair.originY * height;
  return (number < 1 ? -8 - 17 * (1 - number) : 240 + 27 * (number - 12)) * height;
}

const RIB_PROFILE = corticalProfile({ cortex: 1.1, spongy: 0.36 });
const STEPS = 40;
/** A rib's drop grows with the way along it to this power: it leaves the spine nearly level. */
const SAG = 1.5;

interface RibShape extends RibPair {
  readonly side: Side;
  /** Sideways semi-axis of the arc and half its depth. */
  readonly reach: number;
  readonly halfDepth: number;
  readonly spine: Profile;
  readonly turn: number;
  readonly slope: number;
  readonly density: number;
}

/** The angle of the rib's front end; floating ribs end in the flank. */
function endAngle({ endU, reach, drop }: RibShape): number {
  if (endU === 0) return drop / 55;
  return Math.PI - Math.asin(Math.min(0.97, endU / reach));
}

/** The rib's point at angle φ (0 = spine, π/2 = flank), with its width and the length of bone along the ray. */
function ribPoint(rib: RibShape, phi: number, view: View): TubePoint {
  const end = endAngle(rib);
  const progress = phi / end;
  const y =
    rib.originY +
    rib.drop * rib.slope * progress ** SAG -
    3.5 * Math.sin(Math.min(Math.PI, phi * 2.2));
  const u = rib.reach * Math.sin(phi);
  const depth = -rib.halfDepth * Math.cos(phi);
  const shift = rib.turn * (depth / rib.halfDepth);
  const x = rib.spine.at(y) + signOf(rib.side) * u + shift;
  const across = rib.reach * Math.cos(phi);
  const down = (rib.drop * rib.slope * SAG * progress ** (SAG - 1)) / end;
  const along = rib.halfDepth * Math.sin(phi);
  const flat = across * across + down * down;
  const inPlane = Math.sqrt(flat / (flat + along * along));
  const flank = Math.sin(phi) ** 6;
  const front = smoothStep(phi, 1.5, 2.3);
  const halfHeight = 5.7 + 1.5 * front - 2.3 * flank;
  const fade = 1 - smoothStep(progress, 0.8, 1);
  const gain = rib.density * (10.5 - 6.4 * front) * Math.min(1.35, 1 / inPlane) * fade;
  return { ...view.toPixel(x, y), radius: halfHeight * view.scale, gain };
}

function arc(rib: RibShape, [from, to]: readonly [number, number], view: View): TubePoint[] {
  return Array.from({ length: STEPS + 1 }, (_, i) =>
    ribPoint(rib, from + ((to - from) * i) / STEPS, view),
  );
}

function ribShape(
  thorax: Thorax,
  side: Side,
  [number, pair]: readonly [number, RibPair],
): RibShape {
  const { patient, cavities, spine } = thorax;
  const { width, height } = patient;
  const slope = patient.ribSlope * (1 + 0.004 * patient.diaphragmRise);
  const flankY = (pair.originY + 0.5 * pair.drop) * height;
  const cavity = cavities[side];
  return {
    side,
    originY: (pair.originY + (patient.ribShifts[number] ?? 0)) * height,
    drop: pair.drop * height,
    endU: pair.endU * width,
    reach: cavity.lateral.at(flankY) + 0.5,
    halfDepth: cavity.depth.at(flankY) / 2 + 6,
    spine,
    turn: patient.turn,
    slope,
    density: (1.05 - 0.3 * patient.age) * (number === 0 ? 0.7 : 1),
  };
}

/** Draws both sides' ribs, back and front parts. */
export function drawRibs({ thorax, view, painter, target }: Drawing): void {
  for (const side of SIDES) {
    for (const entry of RIB_PAIRS.entries()) {
      const rib = ribShape(thorax, side, entry);
      const end = endAngle(rib);
      painter.add(target, arc(rib, [0.16, end], view), RIB_PROFILE);
    }
  }
}
