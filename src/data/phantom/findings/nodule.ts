/** @file Nodule: a round opacity, slightly uneven at its rim. */
import type { RandomStream } from "../../../util/random.ts";
import type { Cavity } from "../anatomy/cavity.ts";
import { type Side, signOf } from "../anatomy/side.ts";
import type { Plane } from "../projection/plane.ts";
import { REGION, type Regions } from "../projection/regions.ts";
import type { View } from "../projection/view.ts";
import type { Nodule, Zone } from "./finding.ts";
import { pointInZone } from "./zone.ts";

/**
 * Attenuation against soft tissue's. A ball of soft tissue would have 1, and films of less than 100 pixels, on which small
 * models train, would hardly show it: among ribs and vessels it would be a matter of a few grey levels.
 */
const SOFT_TISSUE = 2.4;
const CALCIUM = 4;

/** Draws a nodule of a zone. */
export function drawNodule(
  { side, zone }: { side: Side; zone: Zone },
  stream: RandomStream,
): Nodule {
  const calcified = stream.uniform() < 0.15;
  const diameterMm = Math.round(calcified ? stream.between(7, 14) : stream.between(14, 30));
  return { kind: "nodule", side, zone, diameterMm, calcified };
}

/** A nodule put into its place. */
export interface PlacedNodule {
  readonly finding: Nodule;
  readonly u: number;
  readonly y: number;
}

/** Puts a nodule into its zone. */
export function placeNodule(finding: Nodule, cavity: Cavity, stream: RandomStream): PlacedNodule {
  const margin = finding.diameterMm / 2 + 3;
  return { finding, ...pointInZone({ cavity, zone: finding.zone, margin }, stream) };
}

/** What a nodule is drawn with. */
export interface NoduleDrawing {
  readonly view: View;
  readonly stream: RandomStream;
  /** Receives its thickness, in mm of soft tissue. */
  readonly target: Plane;
  /** Receives its outline. */
  readonly regions: Regions;
}

/** Draws a placed nodule. */
export function drawPlacedNodule({ finding, u, y }: PlacedNodule, drawing: NoduleDrawing): void {
  const { view, stream, target, regions } = drawing;
  const { size, data } = target;
  const radius = (finding.diameterMm / 2) * view.scale;
  const centre = view.toPixel(signOf(finding.side) * u, y);
  const lobes = [2, 3, 5].map((order) => ({
    order,
    height: (0.1 / order) * stream.normal(),
    phase: 2 * Math.PI * stream.uniform(),
  }));
  const gain = finding.calcified ? CALCIUM : SOFT_TISSUE;
  const reach = Math.ceil(1.4 * radius);
  for (let row = Math.floor(centre.y) - reach; row <= centre.y + reach; row++) {
    for (let column = Math.floor(centre.x) - reach; column <= centre.x + reach; column++) {
      if (row < 0 || column < 0 || row >= size || column >= size) continue;
      const dx = column + 0.5 - centre.x;
      const dy = row + 0.5 - centre.y;
      const angle = Math.atan2(dy, dx);
      let rim = radius;
      for (const { order, height, phase } of lobes) {
        rim *= 1 + height * Math.cos(order * angle + phase);
      }
      const t = (dx * dx + dy * dy) / (rim * rim);
      if (t >= 1) continue;
      const index = row * size + column;
      data[index] = (data[index] ?? 0) + gain * finding.diameterMm * (1 - t) ** 0.6;
      regions.data[index] = (regions.data[index] ?? 0) | REGION.nodule;
    }
  }
}
