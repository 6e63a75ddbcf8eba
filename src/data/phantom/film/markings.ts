/** @file What the radiographer leaves on a film: the side marker, words, and the collimator's border. */
import type { RandomStream } from "../../../util/random.ts";
import type { Projection } from "../anatomy/patient.ts";
import { type Plane, plane } from "../projection/plane.ts";
import { TubePainter } from "../projection/tubes.ts";

/** A stroke of a letter: corners in a box of width 1 and height 1, y downwards. */
type Stroke = readonly (readonly [x: number, y: number])[];

const BOWL: Stroke = [
  [0, 0],
  [0.6, 0],
  [0.85, 0.1],
  [0.9, 0.25],
  [0.85, 0.4],
  [0.6, 0.5],
  [0, 0.5],
];
const STEM: Stroke = [
  [0, 0],
  [0, 1],
];

/** The letters that markers are made of. */
const LETTERS: Readonly<Record<string, readonly Stroke[]>> = {
  A: [
    [
      [0, 1],
      [0.5, 0],
      [1, 1],
    ],
    [
      [0.2, 0.62],
      [0.8, 0.62],
    ],
  ],
  B: [
    STEM,
    BOWL,
    [
      [0.6, 0.5],
      [0.9, 0.62],
      [0.95, 0.75],
      [0.9, 0.9],
      [0.6, 1],
      [0, 1],
    ],
  ],
  E: [
    STEM,
    [
      [0, 0],
      [0.9, 0],
    ],
    [
      [0, 0.5],
      [0.75, 0.5],
    ],
    [
      [0, 1],
      [0.9, 1],
    ],
  ],
  L: [
    STEM,
    [
      [0, 1],
      [0.9, 1],
    ],
  ],
  O: [
    [
      [0.5, 0],
      [0.9, 0.15],
      [1, 0.5],
      [0.9, 0.85],
      [0.5, 1],
      [0.1, 0.85],
      [0, 0.5],
      [0.1, 0.15],
      [0.5, 0],
    ],
  ],
  P: [STEM, BOWL],
  R: [
    STEM,
    BOWL,
    [
      [0.5, 0.5],
      [0.95, 1],
    ],
  ],
  T: [
    [
      [0, 0],
      [1, 0],
    ],
    [
      [0.5, 0],
      [0.5, 1],
    ],
  ],
};

interface Word {
  readonly text: string;
  /** Top left corner and letter height in pixels. */
  readonly left: number;
  readonly top: number;
  readonly height: number;
  readonly tilt: number;
}

function drawWord(painter: TubePainter, ink: Plane, { text, left, top, height, tilt }: Word): void {
  const width = 0.62 * height;
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  for (const [i, letter] of [...text].entries()) {
    for (const stroke of LETTERS[letter] ?? []) {
      const points = stroke.map(([u, v]) => {
        const x = (i * 1.5 + u) * width;
        const y = v * height;
        return {
          x: left + cos * x - sin * y,
          y: top + sin * x + cos * y,
          radius: Math.max(0.8, 0.1 * height),
          gain: 1,
        };
      });
      painter.add(ink, points, (t) => 1 - t ** 4);
    }
  }
}

/** What the markings depend on. */
export interface MarkingOptions {
  readonly size: number;
  readonly projection: Projection;
  readonly stream: RandomStream;
}

/** Draws the side marker (and `PORTABLE` on portable films) in white, and blackens what the collimator cut off. */
export function markFilm(film: Uint8Array, { size, projection, stream }: MarkingOptions): void {
  const ink = plane(size);
  const painter = new TubePainter(size);
  const height = size * stream.between(0.034, 0.05);
  const patientLeft = stream.uniform() < 0.72;
  const margin = size * stream.between(0.03, 0.08);
  const top = size * stream.between(0.03, 0.13);
  drawWord(painter, ink, {
    text: patientLeft ? "L" : "R",
    left: patientLeft ? size - margin - 0.6 * height : margin,
    top,
    height,
    tilt: 0.16 * stream.normal(),
  });
  if (projection === "AP" && stream.uniform() < 0.6) {
    const small = 0.42 * height;
    const left = patientLeft ? size - margin - 4.5 * small : margin;
    drawWord(painter, ink, { text: "AP", left, top: top + 1.6 * height, height: small, tilt: 0 });
    const shift = patientLeft ? -2.4 * small : 0;
    drawWord(painter, ink, {
      text: "PORTABLE",
      left: left + shift,
      top: top + 1.6 * height + 1.8 * small,
      height: small,
      tilt: 0,
    });
  }
  for (let i = 0; i < film.length; i++) {
    const cover = Math.min(1, ink.data[i] ?? 0);
    if (cover > 0) film[i] = Math.round((film[i] ?? 0) * (1 - cover) + 246 * cover);
  }
  if (stream.uniform() < 0.45) collimate(film, { size, projection, stream });
}

/** Blackens one or two borders along slightly slanted straight lines. */
function collimate(film: Uint8Array, { size, stream }: MarkingOptions): void {
  const depth = (): number => (stream.uniform() < 0.5 ? size * stream.between(0.004, 0.035) : 0);
  const [left, right, top, bottom] = [depth(), depth(), depth(), depth()];
  const slant = 0.008 * stream.normal();
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      const x = column + slant * row;
      const y = row - slant * column;
      const inside = Math.min(
        left > 0 ? x - left : 1,
        right > 0 ? size - right - x : 1,
        top > 0 ? y - top : 1,
        bottom > 0 ? size - bottom - y : 1,
      );
      if (inside < 1) film[i] = Math.round((film[i] ?? 0) * Math.max(0, inside));
    }
  }
}
