/** @file Anatomical noise: a tile of power-law texture, made once, that every film samples at its own place. */
import { RandomStream } from "../../../util/random.ts";

const SIDE = 256;
const MASK = SIDE - 1;

/** Adds one octave: random values on a lattice of `cells` a side, cubically blended, wrapping around. */
function addOctave(tile: Float32Array, cells: number, gain: number): void {
  const stream = new RandomStream({ seed: 0, name: "phantom/texture", step: cells });
  const lattice = Float32Array.from({ length: cells * cells }, () => stream.normal() * gain);
  const step = SIDE / cells;
  for (let y = 0; y < SIDE; y++) {
    const v = y / step;
    const y0 = Math.floor(v);
    const fy = (v - y0) ** 2 * (3 - 2 * (v - y0));
    const rowLow = (y0 % cells) * cells;
    const rowHigh = ((y0 + 1) % cells) * cells;
    for (let x = 0; x < SIDE; x++) {
      const u = x / step;
      const x0 = Math.floor(u);
      const fx = (u - x0) ** 2 * (3 - 2 * (u - x0));
      const low = x0 % cells;
      const high = (x0 + 1) % cells;
      const top = (lattice[rowLow + low] ?? 0) * (1 - fx) + (lattice[rowLow + high] ?? 0) * fx;
      const bottom = (lattice[rowHigh + low] ?? 0) * (1 - fx) + (lattice[rowHigh + high] ?? 0) * fx;
      const index = y * SIDE + x;
      tile[index] = (tile[index] ?? 0) + top * (1 - fy) + bottom * fy;
    }
  }
}

function makeTile(): Float32Array {
  const tile = new Float32Array(SIDE * SIDE);
  for (let cells = 8, gain = 1; cells <= 128; cells *= 2, gain *= 0.62)
    addOctave(tile, cells, gain);
  const mean = tile.reduce((sum, value) => sum + value, 0) / tile.length;
  const variance = tile.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tile.length;
  const scale = 1 / Math.sqrt(variance);
  return tile.map((value) => (value - mean) * scale);
}

let tile: Float32Array | undefined;

/** A texture of mean 0 and variance 1 over the plane; it repeats every 256 units. */
export function textureAt(x: number, y: number): number {
  tile ??= makeTile();
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = x - x0;
  const fy = y - y0;
  const left = x0 & MASK;
  const right = (x0 + 1) & MASK;
  const top = (y0 & MASK) * SIDE;
  const bottom = ((y0 + 1) & MASK) * SIDE;
  const high = (tile[top + left] ?? 0) * (1 - fx) + (tile[top + right] ?? 0) * fx;
  const low = (tile[bottom + left] ?? 0) * (1 - fx) + (tile[bottom + right] ?? 0) * fx;
  return high * (1 - fy) + low * fy;
}
