/** @file The gradient norm, as a whole and by parts of the model, and the factor that clips it. */
import type { ParameterStore } from "./parameter-store.ts";

/** √Σ g² of a store's gradients, summed in double precision. */
export interface GradientNorms {
  readonly all: number;
  /** By the part of the model that a parameter belongs to. */
  readonly parts: Readonly<Record<string, number>>;
}

/** The norm of every gradient together, and of each part; `partOf` names a parameter's part. */
export function gradientNorms(
  { gradients }: Pick<ParameterStore, "gradients">,
  partOf: (parameter: string) => string,
): GradientNorms {
  const squares = new Map<string, number>();
  for (const [name, { data }] of gradients) {
    const part = partOf(name);
    squares.set(part, (squares.get(part) ?? 0) + sumOfSquares(data));
  }
  const total = [...squares.values()].reduce((sum, square) => sum + square, 0);
  const roots = [...squares].map(([part, square]) => [part, Math.sqrt(square)] as const);
  return { all: Math.sqrt(total), parts: Object.fromEntries(roots) };
}

/** The norm of every gradient together. */
export function gradientNorm(store: Pick<ParameterStore, "gradients">): number {
  return gradientNorms(store, () => "all").all;
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    sum += value * value;
  }
  return sum;
}

/** min(1, largest / (norm + 1e-6)), as PyTorch clips; 1 when there is no limit. */
export function clippingFactor(norm: number, largest: number | null): number {
  return largest === null ? 1 : Math.min(1, largest / (norm + 1e-6));
}
