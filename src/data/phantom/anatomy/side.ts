/** @file The patient's sides, and where they are on a film. */

/** The patient's side: the left one is on the film's right, as if the patient faced the reader. */
export type Side = "left" | "right";

/** Both sides, in the order in which they stand on the film. */
export const SIDES: readonly Side[] = ["right", "left"];

/** −1 for the patient's right (the film's left), +1 for the left. */
export function signOf(side: Side): -1 | 1 {
  return side === "left" ? 1 : -1;
}

/** The other side. */
export function otherSide(side: Side): Side {
  return side === "left" ? "right" : "left";
}

/** A point of one side, in mm: distance from the midline towards that side, and level below the apices. */
export interface SidePoint {
  readonly u: number;
  readonly y: number;
}
