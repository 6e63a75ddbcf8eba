/** @file Cardiomegaly: a heart wider than half the thorax; the patient's own heart is replaced. */
import type { RandomStream } from "../../../util/random.ts";
import { ENLARGED_HEART_RATIO, type Patient } from "../anatomy/patient.ts";
import type { Cardiomegaly } from "./finding.ts";

const MODERATE_RATIO = 0.55;
const SEVERE_RATIO = 0.6;
const LARGEST_RATIO = 0.65;

/** Draws an enlarged heart: the smaller the excess the more common, so that many are hard to tell from a normal one. */
export function drawCardiomegaly(stream: RandomStream): Cardiomegaly {
  const ratio =
    ENLARGED_HEART_RATIO + (LARGEST_RATIO - ENLARGED_HEART_RATIO) * stream.uniform() ** 2.5;
  const severity = ratio < MODERATE_RATIO ? "mild" : ratio < SEVERE_RATIO ? "moderate" : "severe";
  return { kind: "cardiomegaly", severity, ratio };
}

/** The patient with the enlarged heart. */
export function withCardiomegaly(patient: Patient, { ratio }: Cardiomegaly): Patient {
  return { ...patient, cardiothoracicRatio: ratio };
}
