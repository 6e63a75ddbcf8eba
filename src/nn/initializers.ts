/** @file How parameters start: the rules of the paper's program, drawn on the host from one stream per parameter. */
import { type NdArray, type Shape, sizeOf } from "../util/nd-array.ts";
import { RandomStream } from "../util/random.ts";

/** What every element of a parameter obeys; a zero row is left out of it. */
export interface Statistics {
  readonly mean: number;
  readonly std: number;
  /** No element is larger in magnitude; infinite for a normal distribution. */
  readonly bound: number;
}

/** A rule by which a parameter starts. It holds no state: the same stream gives the same values. */
export interface Initializer {
  readonly kind: "xavier-uniform" | "conv-default-uniform" | "normal" | "constant" | "table";
  /** The rule's own statistics, which a large sample approaches; absent for a table. */
  readonly statistics?: Statistics;
  /** The one index of the first axis where every element is 0. */
  readonly zeroRow?: number;
  /** Fills `out`, row-major elements of `shape`. */
  fill(out: Float32Array, shape: Shape, stream: RandomStream): void;
}

/** Words that are taken from a stream at a time. */
const CHUNK = 65_536;

/** Uniform in (−bound, bound), symmetric about 0, from 32 random bits an element. */
function fillSymmetric(out: Float32Array, bound: number, stream: RandomStream): void {
  const scale = bound / 2_147_483_648;
  for (let start = 0; start < out.length; start += CHUNK) {
    const words = stream.words(Math.min(CHUNK, out.length - start));
    for (let i = 0; i < words.length; i++) {
      out[start + i] = ((words[i] ?? 0) - 2_147_483_647.5) * scale;
    }
  }
}

function symmetricUniform(kind: Initializer["kind"], bound: number): Initializer {
  return {
    kind,
    statistics: { mean: 0, std: bound / Math.sqrt(3), bound },
    fill: (out, _shape, stream) => fillSymmetric(out, bound, stream),
  };
}

/**
 * Uniform within ±√(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). A fused qkv projection counts as one [3D, D] matrix, a
 * patch projection as [D, channels · patch²].
 */
export function xavierUniform(fanIn: number, fanOut: number): Initializer {
  return symmetricUniform("xavier-uniform", Math.sqrt(6 / (fanIn + fanOut)));
}

/** Uniform within ±1/√fanIn: what PyTorch gives a convolution's weight (Kaiming, a = √5) and its bias alike. */
export function convDefaultUniform(fanIn: number): Initializer {
  return symmetricUniform("conv-default-uniform", 1 / Math.sqrt(fanIn));
}

/** Normal around 0, not truncated. `zeroRow` is an index of the first axis that stays 0, such as the padding token's. */
export function normal({ std, zeroRow }: { std: number; zeroRow?: number }): Initializer {
  return {
    kind: "normal",
    statistics: { mean: 0, std, bound: Number.POSITIVE_INFINITY },
    ...(zeroRow === undefined ? {} : { zeroRow }),
    fill: (out, shape, stream) => {
      for (let i = 0; i < out.length; i++) out[i] = std * stream.normal();
      if (zeroRow === undefined) return;
      const rowSize = sizeOf(shape.slice(1));
      out.fill(0, zeroRow * rowSize, (zeroRow + 1) * rowSize);
    },
  };
}

/** One value everywhere. */
export function constant(value: number): Initializer {
  return {
    kind: "constant",
    statistics: { mean: value, std: 0, bound: Math.abs(value) },
    fill: (out) => {
      out.fill(value);
    },
  };
}

/**
 * Given values, such as a position table.
 * @throws {RangeError} (when it fills) for a parameter of another size
 */
export function table(values: NdArray<"f32">): Initializer {
  return { kind: "table", fill: (out) => out.set(requireSize(values.data, out.length)) };
}

function requireSize(values: Float32Array, size: number): Float32Array {
  if (values.length === size) return values;
  throw new RangeError(
    `Cannot start a parameter of ${size} elements from a table: it has ${values.length}`,
  );
}

/** The starting values of one parameter: a function of the run's seed and the parameter's name alone. */
export function initialValues({
  name,
  shape,
  initializer,
  seed,
}: {
  /** The parameter's checkpoint name. */
  name: string;
  shape: Shape;
  initializer: Initializer;
  seed: number;
}): NdArray<"f32"> {
  const data = new Float32Array(sizeOf(shape));
  initializer.fill(data, shape, new RandomStream({ seed, name: `init/${name}` }));
  return { dtype: "f32", shape, data };
}
