/**
 * @file The geometry of an exposure: how patient millimetres become film pixels.
 *
 * Patient axes, in mm: x grows to the patient's left, which is the film's right; y grows downwards from the lung
 * apices; z grows towards the front of the chest.
 */
import type { RandomStream } from "../../../util/random.ts";
import type { Patient } from "../anatomy/patient.ts";

/** A point of the film or of the frontal plane. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What an exposure fixes. */
export interface ViewOptions {
  /** Pixels of a side of the square film. */
  readonly size: number;
  /** Millimetres of patient that the film's side shows. */
  readonly fieldMm: number;
  /** The patient's tilt on the film, in radians, clockwise. */
  readonly tilt: number;
  /** The patient point at the film's centre, in mm. */
  readonly centre: Point;
}

/** A similarity between patient millimetres and film pixels. */
export class View {
  readonly size: number;
  /** Pixels to a millimetre. */
  readonly scale: number;
  readonly #cos: number;
  readonly #sin: number;
  readonly #centre: Point;

  constructor({ size, fieldMm, tilt, centre }: ViewOptions) {
    this.size = size;
    this.scale = size / fieldMm;
    this.#cos = Math.cos(tilt);
    this.#sin = Math.sin(tilt);
    this.#centre = centre;
  }

  /** Pixel coordinates (pixel centres at halves) of a patient point. */
  toPixel(x: number, y: number): Point {
    const dx = (x - this.#centre.x) * this.scale;
    const dy = (y - this.#centre.y) * this.scale;
    return {
      x: this.size / 2 + this.#cos * dx - this.#sin * dy,
      y: this.size / 2 + this.#sin * dx + this.#cos * dy,
    };
  }

  /** The patient point under pixel coordinates. */
  toPatient(column: number, row: number): Point {
    const dx = (column - this.size / 2) / this.scale;
    const dy = (row - this.size / 2) / this.scale;
    return {
      x: this.#centre.x + this.#cos * dx + this.#sin * dy,
      y: this.#centre.y - this.#sin * dx + this.#cos * dy,
    };
  }

  /** How far the patient point moves (mm) for one pixel to the right. */
  get columnStep(): Point {
    return { x: this.#cos / this.scale, y: -this.#sin / this.scale };
  }
}

/** Positions the patient before the film: field, tilt, centring. */
export function drawView(
  { size, patient }: { size: number; patient: Patient },
  stream: RandomStream,
): View {
  return new View({
    size,
    fieldMm: stream.between(335, 385) * (0.5 + 0.5 * patient.width),
    tilt: 0.018 * stream.normal(),
    centre: {
      x: 5 * stream.normal(),
      y: (131 + 8 * stream.normal()) * patient.height,
    },
  });
}
