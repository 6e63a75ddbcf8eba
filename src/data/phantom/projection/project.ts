/**
 * @file Follows every ray through the chest and sums what it crosses, in millimetres of soft tissue that attenuate as
 * much.
 *
 * The rays are parallel. A ray through a pleural cavity crosses, in this order of precedence, mediastinum and
 * diaphragm, fluid, lung, and free air; each by its length, so outlines come out as sharp or as soft as their curvature
 * makes them.
 */
import { type Cavity, cavityDepth, domeDepth, domeLevel } from "../anatomy/cavity.ts";
import { insideHeart, mediastinalDepth } from "../anatomy/mediastinum.ts";
import type { Side } from "../anatomy/side.ts";
import { bodyDepth, type Thorax } from "../anatomy/thorax.ts";
import type { Plane } from "./plane.ts";
import { smoothStep } from "./profile.ts";
import { REGION, type Regions } from "./regions.ts";
import { textureAt } from "./texture.ts";
import type { View } from "./view.ts";

/** What findings change in a pleural cavity, at (u, y) = distance from the midline and level in mm. */
export interface CavityContent {
  /** The share (0 … 1) of the cavity that is fluid. */
  readonly fluidShare?: (u: number, y: number) => number;
  /** The share (0 … 1) of airspace that is filled. */
  readonly filledShare?: (u: number, y: number) => number;
  /** Do airways show in what is filled? They do unless this is false. */
  readonly bronchograms?: boolean;
  /** Depth (mm) of a collapsed lung; without it the lung fills the cavity. */
  readonly lungDepth?: (u: number, y: number) => number;
}

/** Thicknesses drawn beforehand, film-sized. */
export interface Layers {
  /** Bones and soft parts that add to everything (mm of soft tissue). */
  readonly overlay: Plane;
  /** Chords of vessels: seen where there is air around them. */
  readonly vessels: Plane;
  /** Chords of airways: seen where there is none. */
  readonly airways: Plane;
}

/** What is projected. */
export interface ProjectOptions {
  readonly thorax: Thorax;
  readonly view: View;
  readonly layers: Layers;
  readonly contents: Readonly<Record<Side, CavityContent>>;
  /** Where this film samples the texture. */
  readonly grain: { readonly x: number; readonly y: number };
  /** Receives the regions. */
  readonly regions: Regions;
}

/** Attenuation of aerated and of consolidated lung over soft tissue's. */
const AERATED = 0.23;
const FILLED = 0.98;
/** Vessels stand out more than their chord: those too small to draw run beside them. */
const VESSEL_GAIN = 1.9;
/** The smallest share of a ray's cavity, and the shortest lengths (mm), that count as seen. */
const SEEN_FLUID_SHARE = 0.35;
const SEEN_FILLED_MM = 16;
const SEEN_CAVITY_MM = 6;

/** The contrast of detail that scattered rays leave behind `depth` mm of tissue. */
function scatterContrast(depth: number): number {
  return 1.15 - 0.75 * smoothStep(depth, 90, 250);
}

/** The lengths (mm) of one ray through a pleural cavity; reused from ray to ray. */
class Crossing {
  /** What mediastinum and diaphragm leave of the cavity. */
  free = 0;
  fluid = 0;
  lung = 0;
  /** The share of the lung's airspace that is filled. */
  filled = 0;

  follow(
    cavity: Cavity,
    content: CavityContent,
    ray: { u: number; y: number; organs: number },
  ): void {
    const { u, y, organs } = ray;
    this.free = 0;
    this.fluid = 0;
    this.lung = 0;
    this.filled = 0;
    const room = cavityDepth(cavity, u, y);
    if (organs >= room) return;
    // Mediastinum and dome overlap at random along the ray.
    const open = (1 - organs / room) * Math.max(0, 1 - domeDepth(cavity, u, y) / room);
    this.free = room * open;
    const wet = content.fluidShare?.(u, y) ?? 0;
    this.fluid = this.free * wet;
    const depth = content.lungDepth === undefined ? room : Math.min(room, content.lungDepth(u, y));
    this.lung = depth * open * (1 - wet);
    this.filled = content.filledShare?.(u, y) ?? 0;
  }
}

/** Projects a chest: attenuation in mm of soft tissue, 0 where a ray misses the body. */
export function project(options: ProjectOptions): Plane {
  const { thorax, view, layers, contents, grain, regions } = options;
  const { size } = view;
  const density = new Float32Array(size * size);
  const step = view.columnStep;
  const crossing = new Crossing();
  const ray = { u: 0, y: 0, organs: 0 };
  for (let row = 0, index = 0; row < size; row++) {
    let { x, y } = view.toPatient(0.5, row + 0.5);
    for (let column = 0; column < size; column++, index++, x += step.x, y += step.y) {
      const body = bodyDepth(thorax, x, y);
      if (body === 0) continue;
      const side: Side = x > 0 ? "left" : "right";
      ray.u = x > 0 ? x : -x;
      ray.y = y;
      ray.organs = mediastinalDepth(thorax.mediastinum, x, y);
      crossing.follow(thorax.cavities[side], contents[side], ray);
      const { free, fluid, lung, filled } = crossing;
      const broad = textureAt(0.22 * x + grain.y, 0.22 * y + grain.x);
      let base = body * (1 + 0.014 * broad) - free + fluid;
      if (lung > 0) {
        const fine = textureAt(0.9 * x + grain.x, 0.9 * y + grain.y);
        const aerated = AERATED * (1 + 0.12 * fine + 0.06 * broad + 0.1 * smoothStep(y, 60, 220));
        base += lung * (aerated + (FILLED - aerated) * filled);
      }
      if (base < 1) base = 1;
      const lungShare = lung === 0 ? 0 : lung / (free + ray.organs);
      const aeratedShare = lungShare * (1 - filled);
      const airwayShare = contents[side].bronchograms === false ? lungShare : aeratedShare;
      const detail =
        (layers.overlay.data[index] ?? 0) +
        VESSEL_GAIN * aeratedShare * (layers.vessels.data[index] ?? 0) -
        (fluid > 0 ? 0 : (1 - airwayShare) * (layers.airways.data[index] ?? 0));
      density[index] = Math.max(1, base + detail * scatterContrast(base));
      const bits = classify(crossing, { thorax, x, y, side, organs: ray.organs });
      if (bits !== 0) regions.data[index] = (regions.data[index] ?? 0) | bits;
    }
  }
  return { size, data: density };
}

/** The region bits of a ray. Free air counts outside the pleural line only, where no lung lies behind or before it. */
function classify(
  { free, fluid, lung, filled }: Crossing,
  at: { thorax: Thorax; x: number; y: number; side: Side; organs: number },
): number {
  const { thorax, x, y, side, organs } = at;
  const heart = organs > 0 && insideHeart(thorax.mediastinum, x, y) ? REGION.heart : 0;
  if (free <= SEEN_CAVITY_MM) return heart;
  let bits: number = heart;
  if (filled * lung > SEEN_FILLED_MM) bits |= REGION.filled;
  const cavity = thorax.cavities[side];
  if (organs > 0 || (y > cavity.dome.y && y > domeLevel(cavity, Math.abs(x), y))) return bits;
  bits |= REGION.lung;
  if (fluid > SEEN_FLUID_SHARE * free) bits |= REGION.fluid;
  if (lung === 0 && fluid === 0) bits |= REGION.freeAir;
  return bits;
}
