/** @file The shoulder girdle: clavicles, shoulder blades and the upper ends of the arms. */
import type { CrossProfile } from "../projection/tubes.ts";
import { type Bone, type BonePoint, LONG_BONE, toTube } from "./bone.ts";
import type { Drawing } from "./drawing.ts";
import type { Projection } from "./patient.ts";
import { SIDES, type Side, signOf } from "./side.ts";

/** A thin plate with soft edges. */
const PLATE: CrossProfile = (t) => 1 - t * t * t * t;

/** The average clavicle from the breastbone outwards; x is the distance from the midline. */
const CLAVICLE: readonly BonePoint[] = [
  [15, 47, 8.2, 10],
  [24, 44, 8, 15],
  [38, 38, 6.6, 18],
  [58, 30, 5.6, 19],
  [80, 21, 5.2, 20],
  [102, 12, 5.4, 20],
  [124, 5, 6, 17],
  [146, 0, 7, 14],
  [160, -1, 7, 9],
];

// biome-ignore format: a vertex a line says less than a part a line
/** The average shoulder blade: blade, inner and outer border, spine with acromion, coracoid, socket. */
const SHOULDER_BLADE: readonly Bone[] = [
  { profile: PLATE, points: [[146, 34, 22, 5], [147, 70, 17, 4.4], [149, 126, 4, 3]] },
  { profile: LONG_BONE, points: [[122, 14, 1.8, 7], [126, 50, 1.6, 8], [137, 96, 1.8, 9], [147, 134, 2.6, 8]] },
  { profile: LONG_BONE, points: [[148, 134, 3, 9], [157, 96, 3.4, 13], [165, 60, 4.2, 14], [168, 44, 5, 11]] },
  { profile: LONG_BONE, points: [[126, 30, 2.6, 6], [146, 22, 3.6, 9], [164, 8, 4.4, 11], [178, 0, 7, 10]] },
  { profile: LONG_BONE, points: [[150, 22, 5, 9], [158, 16, 5.5, 10]] },
  { profile: LONG_BONE, points: [[171, 26, 3.2, 9], [172, 44, 3.2, 9]] },
];

/** Distance of the elbow end from the midline: arms hang down on portable films. */
const ELBOW = { PA: 232, AP: 214 } as const;

function upperArm(projection: Projection): Bone {
  const elbow = ELBOW[projection];
  return {
    profile: LONG_BONE,
    points: [
      [190, 32, 21, 17],
      [194, 46, 19, 17],
      [elbow - 12, 90, 11.5, 20],
      [elbow, 210, 11, 22],
    ],
  };
}

function drawClavicle({ thorax, view, painter, target }: Drawing, side: Side): void {
  const { width, shoulderRise, turn, age } = thorax.patient;
  const density = 1.05 - 0.25 * age;
  const points = CLAVICLE.map(([u, y, halfWidth, gain]): BonePoint => {
    const lift = shoulderRise * Math.min(1, u / 120);
    return [signOf(side) * u * width + turn, y - lift, halfWidth, gain * density];
  });
  painter.add(target, toTube(points, view), LONG_BONE);
}

function drawShoulderBlade({ thorax, view, painter, target }: Drawing, side: Side): void {
  const { width, height, shoulderRise, scapulaOffset, projection } = thorax.patient;
  for (const { profile, points } of [...SHOULDER_BLADE, upperArm(projection)]) {
    const placed = points.map(([u, y, halfWidth, gain]): BonePoint => {
      // The blade swings outwards about its upper end.
      const outwards = scapulaOffset * (0.4 + 0.6 * Math.min(1, Math.max(0, y / 100)));
      const x = signOf(side) * (u * width + outwards);
      return [x, y * height - 0.8 * shoulderRise, halfWidth, gain];
    });
    painter.add(target, toTube(placed, view), profile);
  }
}

/** Draws both shoulders. */
export function drawShoulders(drawing: Drawing): void {
  for (const side of SIDES) {
    drawShoulderBlade(drawing, side);
    drawClavicle(drawing, side);
  }
}
