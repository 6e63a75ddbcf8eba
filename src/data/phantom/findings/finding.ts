/** @file What can be wrong on a synthetic film: one record per finding, the same that the picture and the report follow. */
import type { Side } from "../anatomy/side.ts";

/** A third of the lung's height. */
export type Zone = "upper" | "mid" | "lower";

/** Fluid in the pleural space. */
export interface Effusion {
  readonly kind: "effusion";
  readonly side: Side;
  readonly severity: "small" | "moderate" | "large";
  /** Height of the fluid's level over the costophrenic angle, in mm. */
  readonly heightMm: number;
}

/** Air in the pleural space. */
export interface Pneumothorax {
  readonly kind: "pneumothorax";
  readonly side: Side;
  readonly severity: "small" | "moderate" | "large";
  /** From the apex of the cavity down to the apex of the collapsed lung, in mm. */
  readonly apicalMm: number;
  /** From the chest wall to the pleural line at the level of the hilum, in mm. */
  readonly lateralMm: number;
}

/** Airspaces filled with something denser than air. */
export interface Consolidation {
  readonly kind: "consolidation";
  readonly side: Side;
  readonly zone: Zone;
  readonly severity: "mild" | "moderate" | "severe";
  /** The patch's half-width in mm. */
  readonly radiusMm: number;
  /** The largest share of airspace that is filled. */
  readonly filling: number;
  /** Can the airways be seen in it? */
  readonly bronchograms: boolean;
}

/** A round opacity of at most 3 cm. */
export interface Nodule {
  readonly kind: "nodule";
  readonly side: Side;
  readonly zone: Zone;
  readonly diameterMm: number;
  readonly calcified: boolean;
}

/** A heart that is too wide. */
export interface Cardiomegaly {
  readonly kind: "cardiomegaly";
  readonly severity: "mild" | "moderate" | "severe";
  /** Transverse diameter of the heart over that of the thorax. */
  readonly ratio: number;
}

/** Any finding. */
export type Finding = Effusion | Pneumothorax | Consolidation | Nodule | Cardiomegaly;

/** The name of a finding's kind. */
export type FindingKind = Finding["kind"];

/** The kinds, in the order of the dataset's classes. */
export const FINDING_KINDS: readonly FindingKind[] = [
  "cardiomegaly",
  "effusion",
  "nodule",
  "pneumothorax",
  "consolidation",
];

/** The label of each kind, spelled as in ChestX-ray14. */
export const CLASS_OF: Readonly<Record<FindingKind, string>> = {
  cardiomegaly: "Cardiomegaly",
  effusion: "Effusion",
  nodule: "Nodule",
  pneumothorax: "Pneumothorax",
  consolidation: "Consolidation",
};

/** The labels, in the order of ChestX-ray14. */
export const PHANTOM_CLASSES: readonly string[] = FINDING_KINDS.map((kind) => CLASS_OF[kind]);
