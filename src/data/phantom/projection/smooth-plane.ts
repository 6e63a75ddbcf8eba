/** @file Smooth copies of a square plane: averaged over blocks, blurred there, and read back by interpolation. */

/** A coarse, smooth copy of a plane. */
export interface SmoothPlane {
  /** Writes the smooth values of a row of pixels to `out`. */
  readRow(row: number, out: Float32Array): void;
}

/** One pass of [1 2 1] / 4 along an axis of a square, borders held. */
function binomial(data: Float32Array, side: number, axis: "rows" | "columns"): Float32Array {
  const out = new Float32Array(data.length);
  const stride = axis === "rows" ? 1 : side;
  for (let i = 0; i < data.length; i++) {
    const position = axis === "rows" ? i % side : Math.floor(i / side);
    const before = data[position > 0 ? i - stride : i] ?? 0;
    const after = data[position < side - 1 ? i + stride : i] ?? 0;
    out[i] = 0.25 * (before + after) + 0.5 * (data[i] ?? 0);
  }
  return out;
}

function blockMeans(data: Float32Array, size: number, block: number): Float32Array {
  const side = Math.ceil(size / block);
  const sums = new Float32Array(side * side);
  for (let row = 0, i = 0; row < size; row++) {
    const base = Math.floor(row / block) * side;
    for (let column = 0; column < size; i++) {
      const cell = base + Math.floor(column / block);
      const end = Math.min(size, column + block - (column % block));
      let sum = data[i] ?? 0;
      for (column++; column < end; column++) sum += data[++i] ?? 0;
      sums[cell] = (sums[cell] ?? 0) + sum;
    }
  }
  const extent = (cell: number): number => Math.min(block, size - cell * block);
  return sums.map((sum, i) => sum / (extent(i % side) * extent(Math.floor(i / side))));
}

/**
 * Smooths a plane of `size`² values.
 * @param block pixels of a side of the averaged blocks
 * @param passes binomial passes over the block averages
 */
export function smoothPlane(
  data: Float32Array,
  { size, block, passes }: { size: number; block: number; passes: number },
): SmoothPlane {
  const side = Math.ceil(size / block);
  let coarse = blockMeans(data, size, block);
  for (let pass = 0; pass < passes; pass++) {
    coarse = binomial(binomial(coarse, side, "rows"), side, "columns");
  }
  const blended = new Float32Array(side);
  const cellOf = (pixel: number): number =>
    Math.min(side - 1, Math.max(0, (pixel + 0.5) / block - 0.5));
  const readRow = (row: number, out: Float32Array): void => {
    const v = cellOf(row);
    const top = Math.floor(v);
    const high = top * side;
    const low = Math.min(side - 1, top + 1) * side;
    for (let i = 0; i < side; i++) {
      blended[i] = (coarse[high + i] ?? 0) * (1 - (v - top)) + (coarse[low + i] ?? 0) * (v - top);
    }
    for (let column = 0; column < size; column++) {
      const u = cellOf(column);
      const left = u | 0;
      const from = blended[left] ?? 0;
      out[column] = from + (u - left) * ((blended[Math.min(side - 1, left + 1)] ?? 0) - from);
    }
  };
  return { readRow };
}
