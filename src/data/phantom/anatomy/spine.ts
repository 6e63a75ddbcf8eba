/** @file The spine from the neck to the loins: bodies with end plates, pedicles, transverse and spinous processes. */
import { type Bone, corticalProfile, LONG_BONE, toTube } from "./bone.ts";
import type { Drawing } from "./drawing.ts";
import { vertebraLevel } from "./ribs.ts";

const BODY = corticalProfile({ cortex: 0.9, spongy: 0.62 });

/** The vertebrae drawn: 1 … 12 bear ribs, those before are the neck's, those after the loins'. */
const FIRST = -3;
const LAST = 15;

/** A vertebra's place and size in mm, and how dense its bone is. */
interface Vertebra {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly height: number;
  /** How far the transverse processes stand out. */
  readonly process: number;
  readonly density: number;
}

function vertebraBones({ x, y, halfWidth, height, process, density: d }: Vertebra): Bone[] {
  const body = 0.41 * height;
  const bones: Bone[] = [
    {
      profile: BODY,
      points: [
        [x - halfWidth + 4, y, body, 9 * d],
        [x + halfWidth - 4, y, body, 9 * d],
      ],
    },
    {
      profile: LONG_BONE,
      points: [
        [x, y + 2, 2.6, 9 * d],
        [x, y + 0.5 * height, 3.4, 10 * d],
      ],
    },
  ];
  for (const sign of [-1, 1]) {
    const pedicle = x + sign * 0.62 * halfWidth;
    bones.push({
      profile: LONG_BONE,
      points: [
        [pedicle, y - 3, 3.2, 7 * d],
        [pedicle, y, 3.2, 7 * d],
      ],
    });
    const root = x + sign * 0.9 * halfWidth;
    const tip = x + sign * (halfWidth + process);
    bones.push({
      profile: LONG_BONE,
      points: [
        [root, y - 2, 4.2, 6 * d],
        [tip, y - 4, 3.4, 5 * d],
      ],
    });
  }
  return bones;
}

/** Draws the spine. */
export function drawSpine({ thorax, view, painter, target }: Drawing): void {
  const { height, width, age } = thorax.patient;
  for (let number = FIRST; number <= LAST; number++) {
    const top = vertebraLevel(number, height);
    const tall = vertebraLevel(number + 1, height) - top;
    const y = top + 0.3 * tall;
    const cervical = number < 1;
    const bones = vertebraBones({
      x: thorax.spine.at(y),
      y,
      halfWidth: (cervical ? 11 : 11.5 + 0.35 * number) * width,
      height: tall,
      process: cervical ? 8 : 12,
      density: 1.05 - 0.35 * age,
    });
    for (const { profile, points } of bones) painter.add(target, toTube(points, view), profile);
  }
}
