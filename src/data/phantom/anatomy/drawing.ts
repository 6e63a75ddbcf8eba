/** @file What the parts of the chest are drawn with. */
import type { Plane } from "../projection/plane.ts";
import type { TubePainter } from "../projection/tubes.ts";
import type { View } from "../projection/view.ts";
import type { Thorax } from "./thorax.ts";

/** A chest to draw, and what to draw on. */
export interface Drawing {
  readonly thorax: Thorax;
  readonly view: View;
  readonly painter: TubePainter;
  /** Receives thicknesses, in mm of soft tissue that attenuates as much. */
  readonly target: Plane;
}
