/** @file The vessels and airways of a chest, drawn as chords (mm) along the ray. */
import type { RandomStream } from "../../../util/random.ts";
import type { Plane } from "../projection/plane.ts";
import { joinPiece } from "../projection/tubes.ts";
import type { View } from "../projection/view.ts";
import { type Cavity, cavityDepth, domeLevel, hilumOf } from "./cavity.ts";
import { growTree, type LungPoint, type TreeNode } from "./grow-tree.ts";
import { SIDES, type Side, type SidePoint, signOf } from "./side.ts";
import type { Thorax } from "./thorax.ts";

/** Moves a point of a fully expanded lung to where it is; the identity unless the lung has collapsed. */
export type LungShift = (u: number, y: number) => SidePoint;

/** What the trees are drawn from and on. */
export interface LungTreeOptions {
  readonly thorax: Thorax;
  readonly view: View;
  readonly stream: RandomStream;
  /** Where each lung's points have moved to. */
  readonly shifts: Readonly<Record<Side, LungShift>>;
  /** Receives the vessels' chords. */
  readonly vessels: Plane;
  /** Receives the airways' chords. */
  readonly airways: Plane;
}

/** Points spread over the lung, fewer towards the apex, none at the pleura. */
function scatterTips(cavity: Cavity, count: number, stream: RandomStream): LungPoint[] {
  const tips: LungPoint[] = [];
  const bottom = cavity.angleY;
  for (let tries = 0; tips.length < count && tries < 40 * count; tries++) {
    const y = cavity.apexY + 8 + (bottom - cavity.apexY - 8) * stream.uniform() ** 0.8;
    const inner = cavity.medial.at(y) + 10;
    const outer = cavity.lateral.at(y) - 5;
    const u = stream.between(inner, outer);
    const depth = cavityDepth(cavity, u, y);
    const z = stream.between(-0.45, 0.45) * depth;
    const behind = z < -0.3 * depth ? 26 : 0;
    if (y > domeLevel(cavity, u, y) - 4 + behind) continue;
    tips.push({ x: u, y, z });
  }
  return tips;
}

function arterialTrunk(cavity: Cavity): LungPoint[] {
  const { u, y } = hilumOf(cavity);
  if (cavity.side === "right") {
    return [
      { x: u - 22, y: y - 2, z: 0 },
      { x: u, y: y - 1, z: 2 },
      { x: u + 8, y: y + 10, z: 0 },
      { x: u + 13, y: y + 24, z: -4 },
      { x: u + 16, y: y + 40, z: -8 },
    ];
  }
  return [
    { x: u - 20, y: y + 2, z: 0 },
    { x: u - 4, y: y - 5, z: -4 },
    { x: u + 6, y: y, z: -10 },
    { x: u + 11, y: y + 16, z: -14 },
    { x: u + 15, y: y + 34, z: -18 },
  ];
}

function venousTrunk(cavity: Cavity): LungPoint[] {
  const { u, y } = hilumOf(cavity);
  return [
    { x: u - 24, y: y + 26, z: 8 },
    { x: u - 4, y: y + 25, z: 8 },
    { x: u + 8, y: y + 22, z: 10 },
  ];
}

/** Level of the windpipe's fork. */
function carinaLevel(cavity: Cavity): number {
  return hilumOf(cavity).y - 22;
}

function bronchialTrunk(cavity: Cavity): LungPoint[] {
  const { u, y } = hilumOf(cavity);
  return [
    { x: 2, y: y - 22, z: -10 },
    { x: 0.5 * u, y: y - 9, z: -10 },
    { x: u + 2, y: y + 6, z: -10 },
    { x: u + 12, y: y + 26, z: -12 },
  ];
}

/** Where and how a tree is drawn. */
interface TreeDrawing {
  readonly view: View;
  readonly target: Plane;
  readonly shift: LungShift;
  readonly sign: number;
}

/** A branch that runs along the ray is seen longer than it is wide, up to this factor of its calibre. */
const LARGEST_FORESHORTENING = 2.2;

function drawTree(nodes: readonly TreeNode[], drawing: TreeDrawing): void {
  const { view, target, shift, sign } = drawing;
  const places = nodes.map(({ x, y }) => {
    const moved = shift(x, y);
    return view.toPixel(sign * moved.u, moved.y);
  });
  for (const [i, node] of nodes.entries()) {
    const parent = nodes[node.parent];
    const from = places[node.parent];
    const to = places[i];
    if (i === 0 || parent === undefined || from === undefined || to === undefined) continue;
    // A branch starts with its own calibre, not its parent's.
    const startRadius = Math.min(parent.radius, 1.25 * node.radius);
    const flat = (node.x - parent.x) ** 2 + (node.y - parent.y) ** 2;
    const slant = Math.sqrt((flat + (node.z - parent.z) ** 2) / (flat || 1));
    const stretch = 2 * Math.min(LARGEST_FORESHORTENING, slant);
    joinPiece(
      target,
      { x: from.x, y: from.y, radius: startRadius * view.scale, gain: stretch * startRadius },
      { x: to.x, y: to.y, radius: node.radius * view.scale, gain: stretch * node.radius },
    );
  }
}

/** How the three kinds of tree differ. */
const TREES = {
  arteries: { trunk: arterialTrunk, tips: 230, tipRadius: 0.48, taper: 0.46 },
  veins: { trunk: venousTrunk, tips: 130, tipRadius: 0.48, taper: 0.46 },
  bronchi: { trunk: bronchialTrunk, tips: 26, tipRadius: 1.1, taper: 0.5 },
} as const;

function drawTrachea({ thorax, view, airways }: LungTreeOptions): void {
  const { spine, patient, mediastinum, cavities } = thorax;
  const carina = carinaLevel(cavities.right);
  // The windpipe follows what pushes the mediastinum, the more the further down.
  const pushed = (mediastinum.left.at(carina) - mediastinum.right.at(carina)) / 2 - 4;
  const points = [-90, -40, 0, 30, 0.8 * carina, carina].map((y, i) => {
    const down = Math.max(0, y / carina);
    const x = spine.at(y) + 0.4 * patient.turn + 0.4 * down * pushed - 1.5 * down;
    return {
      ...view.toPixel(x, y),
      radius: (i === 5 ? 9.5 : 8) * view.scale,
      gain: i === 5 ? 14 : 17,
    };
  });
  for (const [i, from] of points.entries()) {
    const to = points[i + 1];
    if (to !== undefined) joinPiece(airways, from, to);
  }
}

/** Grows and draws both lungs' arteries, veins and airways, and the windpipe. */
export function drawLungTrees(options: LungTreeOptions): void {
  const { thorax, view, stream, shifts, vessels, airways } = options;
  for (const side of SIDES) {
    const cavity = thorax.cavities[side];
    for (const [name, { trunk, tips, tipRadius, taper }] of Object.entries(TREES)) {
      const nodes = growTree({
        trunk: trunk(cavity),
        tips: scatterTips(cavity, tips, stream),
        tipRadius,
        taper,
        stream,
      });
      const target = name === "bronchi" ? airways : vessels;
      drawTree(nodes, { view, target, shift: shifts[side], sign: signOf(side) });
    }
  }
  drawTrachea(options);
}
