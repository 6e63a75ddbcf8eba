/** @file How one patient, one posture and one exposure differ from the next. All draws of a film's anatomy start here. */
import type { RandomStream } from "../../../util/random.ts";

/** The projection: `PA` erect, arms rolled away; `AP` portable, arms at the sides, heart magnified. */
export type Projection = "PA" | "AP";

/** How one lung differs from its average shape. */
export interface LungShape {
  /** Breadth of the upper and of the lower half, against the average. */
  readonly upperBreadth: number;
  readonly lowerBreadth: number;
  /** How far the dome stands lower (mm), and further out (mm). */
  readonly domeDrop: number;
  readonly domeShift: number;
  /** Height of the dome over the costophrenic angle, against the average. */
  readonly domeCurve: number;
}

/** What makes this patient different from the average one. Lengths in mm, ratios without unit. */
export interface Patient {
  readonly sex: "female" | "male";
  readonly projection: Projection;
  /** Width and height of the thorax against the average adult's. */
  readonly width: number;
  readonly height: number;
  /** Soft tissue over the ribs, against the average. */
  readonly build: number;
  /** How far the diaphragm stands above a full inspiration's. */
  readonly diaphragmRise: number;
  /** How far structures at the front are shifted to the left by a turn about the long axis. */
  readonly turn: number;
  /** Sideways bow of the spine. */
  readonly spineBow: number;
  /** 0 young … 1 old: unfolds the aorta, thins the bones. */
  readonly age: number;
  /** Transverse diameter of the heart over that of the thorax. */
  readonly cardiothoracicRatio: number;
  /** How steeply the ribs slope, against the average. */
  readonly ribSlope: number;
  /** Shoulders drawn up: lifts the clavicles. */
  readonly shoulderRise: number;
  /** Rolled shoulders: how far the scapulae are rotated off the lungs. */
  readonly scapulaOffset: number;
  /** Level (mm below the apices) where the arm leaves the chest wall. */
  readonly axilla: number;
  /** Half-height of the stomach's gas bubble; 0 without one. */
  readonly stomachGas: number;
  /** How each lung differs from its average shape. */
  readonly lungs: Readonly<Record<"left" | "right", LungShape>>;
  /** Small displacements of the ribs, in mm, one for each pair. */
  readonly ribShifts: readonly number[];
}

/** Ratios from here on are called cardiomegaly. */
export const ENLARGED_HEART_RATIO = 0.5;

/** Cardiothoracic ratios of normal hearts: up to just below what is called enlarged. */
const NORMAL_RATIO = { mean: 0.462, deviation: 0.018 } as const;

function bounded(stream: RandomStream, mean: number, deviation: number): number {
  return mean + deviation * Math.max(-2, Math.min(2, stream.normal()));
}

function drawLungShape(stream: RandomStream, domeDrop: number): LungShape {
  return {
    upperBreadth: bounded(stream, 1, 0.02),
    lowerBreadth: bounded(stream, 1, 0.012),
    domeDrop: bounded(stream, domeDrop, 3.5),
    domeShift: bounded(stream, 0, 5),
    domeCurve: bounded(stream, 1, 0.13),
  };
}

/** Draws a patient with a heart of normal size. */
export function drawPatient(stream: RandomStream): Patient {
  const projection: Projection = stream.uniform() < 0.78 ? "PA" : "AP";
  const portable = projection === "AP";
  const sex = stream.uniform() < 0.48 ? "female" : "male";
  const female = sex === "female";
  return {
    sex,
    projection,
    width: bounded(stream, female ? 0.95 : 1.03, 0.035),
    height: bounded(stream, female ? 0.95 : 1.03, 0.04) * (portable ? 0.95 : 1),
    build: Math.exp(bounded(stream, 0, 0.28)),
    diaphragmRise: Math.max(-8, bounded(stream, portable ? 16 : 2, 8)),
    turn: bounded(stream, 0, portable ? 4.5 : 2.5),
    spineBow: bounded(stream, 0, 3),
    age: stream.uniform(),
    cardiothoracicRatio: bounded(stream, NORMAL_RATIO.mean, NORMAL_RATIO.deviation),
    ribSlope: bounded(stream, 1, 0.1),
    shoulderRise: bounded(stream, portable ? 6 : 0, 5),
    scapulaOffset: bounded(stream, portable ? -14 : 4, 6),
    axilla: portable ? stream.between(70, 115) : stream.between(95, 175),
    stomachGas: stream.uniform() < 0.72 ? stream.between(11, 26) : 0,
    lungs: { right: drawLungShape(stream, 0), left: drawLungShape(stream, 10) },
    ribShifts: Array.from({ length: 12 }, () => bounded(stream, 0, 1.4)),
  };
}
