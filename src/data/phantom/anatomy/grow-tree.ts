/**
 * @file Trees that grow into a lung: arteries, veins and airways.
 *
 * Each tip of a set scattered over the lung is joined, in random order, to the branch from which it can be reached at
 * the least length and bend; the calibre of a branch follows from the number of tips that it feeds (Murray's law).
 */
import type { RandomStream } from "../../../util/random.ts";

/** A point of the lung, in patient mm. */
export interface LungPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A node of a grown tree. */
export interface TreeNode extends LungPoint {
  /** Index of the node it hangs on; the root hangs on itself. */
  readonly parent: number;
  /** Calibre: half the width of the branch that ends here, in mm. */
  readonly radius: number;
}

/** What a tree grows from. */
export interface TreeOptions {
  /** The trunk, from its origin outwards; branches may leave it anywhere. */
  readonly trunk: readonly LungPoint[];
  /** Where the branches end. */
  readonly tips: readonly LungPoint[];
  /** Calibre of a tip's branch in mm. */
  readonly tipRadius: number;
  /** Calibre grows with (tips fed) to this power: 1/3 is Murray's law, more tapers faster. */
  readonly taper: number;
  readonly stream: RandomStream;
}

/** Branches are drawn in pieces of about this length, in mm. */
const PIECE = 7;

function length3(x: number, y: number, z: number): number {
  return Math.sqrt(x * x + y * y + z * z);
}

class Tree {
  readonly x: number[] = [];
  readonly y: number[] = [];
  readonly z: number[] = [];
  readonly parent: number[] = [];
  /** Length from the root, in mm. */
  readonly run: number[] = [];

  add({ x, y, z }: LungPoint, parent: number): number {
    const index = this.x.length;
    const dx = x - (this.x[parent] ?? x);
    const dy = y - (this.y[parent] ?? y);
    const dz = z - (this.z[parent] ?? z);
    this.run.push((this.run[parent] ?? 0) + length3(dx, dy, dz));
    this.x.push(x);
    this.y.push(y);
    this.z.push(z);
    this.parent.push(parent);
    return index;
  }

  /** The node from which `tip` is reached at the least cost: distance, way from the root, and bend. */
  nearest(tip: LungPoint): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.x.length; i++) {
      const x = this.x[i] ?? 0;
      const y = this.y[i] ?? 0;
      const z = this.z[i] ?? 0;
      const dx = tip.x - x;
      const dy = tip.y - y;
      const dz = tip.z - z;
      const distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
      const known = distance + 0.45 * (this.run[i] ?? 0);
      if (known >= least) continue;
      const parent = this.parent[i] ?? 0;
      const px = x - (this.x[parent] ?? 0);
      const py = y - (this.y[parent] ?? 0);
      const pz = z - (this.z[parent] ?? 0);
      const length = Math.sqrt(px * px + py * py + pz * pz) || 1;
      const cosine = (dx * px + dy * py + dz * pz) / (length * distance || 1);
      const cost = known + 0.85 * distance * (1 - cosine);
      if (cost < least) {
        least = cost;
        best = i;
      }
    }
    return best;
  }

  /** Joins `tip` to node `from` by a bent branch that leaves in the direction of its parent branch. */
  branch(tip: LungPoint, from: number, stream: RandomStream): void {
    const start = { x: this.x[from] ?? 0, y: this.y[from] ?? 0, z: this.z[from] ?? 0 };
    const parent = this.parent[from] ?? 0;
    const distance = length3(tip.x - start.x, tip.y - start.y, tip.z - start.z);
    const dx = start.x - (this.x[parent] ?? 0);
    const dy = start.y - (this.y[parent] ?? 0);
    const dz = start.z - (this.z[parent] ?? 0);
    const lead = (0.3 * distance) / (length3(dx, dy, dz) || 1);
    const bend = 0.06 * distance;
    const control = {
      x: start.x + dx * lead + bend * stream.normal(),
      y: start.y + dy * lead + bend * stream.normal(),
      z: start.z + dz * lead,
    };
    const pieces = Math.max(1, Math.round(distance / PIECE));
    let last = from;
    for (let i = 1; i <= pieces; i++) {
      const t = i / pieces;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
      const point = {
        x: a * start.x + b * control.x + c * tip.x,
        y: a * start.y + b * control.y + c * tip.y,
        z: a * start.z + b * control.z + c * tip.z,
      };
      last = this.add(point, last);
    }
  }
}

/** Grows a tree. The first node is the root. */
export function growTree({ trunk, tips, tipRadius, taper, stream }: TreeOptions): TreeNode[] {
  const tree = new Tree();
  let last = 0;
  for (const point of trunk) last = tree.add(point, last);
  for (const index of stream.permutation(tips.length)) {
    const tip = tips[index];
    if (tip !== undefined) tree.branch(tip, tree.nearest(tip), stream);
  }
  const count = tree.x.length;
  const fed = new Float64Array(count);
  const hasChild = new Uint8Array(count);
  for (let i = 1; i < count; i++) hasChild[tree.parent[i] ?? 0] = 1;
  // Children come after their parents, so one pass from the end sums every subtree.
  for (let i = count - 1; i > 0; i--) {
    if (hasChild[i] === 0) fed[i] = 1;
    const parent = tree.parent[i] ?? 0;
    fed[parent] = (fed[parent] ?? 0) + (fed[i] ?? 0);
  }
  return tree.x.map((x, i) => ({
    x,
    y: tree.y[i] ?? 0,
    z: tree.z[i] ?? 0,
    parent: tree.parent[i] ?? 0,
    radius: tipRadius * Math.max(1, fed[i] ?? 1) ** taper,
  }));
}
