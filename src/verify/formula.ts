/**
 * @file Parameters and inputs by formula: numbers that any program can compute from a name, so that a fixture of a model with
 * hundreds of millions of parameters need not hold them.
 */
import { type NdArray, type Shape, sizeOf } from "../util/nd-array.ts";

/** The value of an element is `shift + scale · u`, where u in [−1, 1) depends on the name and the element's index. */
export interface FormulaScale {
  readonly shift: number;
  readonly scale: number;
}

const GOLDEN = 0x9e3779b1;
const MIX_1 = 0x85ebca6b;
const MIX_2 = 0xc2b2ae35;

/** The 32-bit FNV-1a hash of a name's UTF-8 bytes. */
function fnv1a(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash | 0;
}

/** Scale and shift of a parameter, by the last part of its name and its shape. */
function parameterScale(name: string, shape: Shape): FormulaScale {
  switch (name.slice(name.lastIndexOf(".") + 1)) {
    case "running_var":
      return { shift: 1, scale: 0.25 };
    case "bias":
    case "running_mean":
      return { shift: 0, scale: 0.05 };
    case "weight":
      return shape.length === 1
        ? { shift: 1, scale: 0.1 }
        : { shift: 0, scale: 1 / Math.sqrt(sizeOf(shape.slice(1))) };
    default:
      return { shift: 0, scale: 0.02 };
  }
}

/**
 * A tensor of the formula under any name, with any scale: the values of element i are those of its place in row-major order.
 * Fixtures give the names of inputs whole, such as `in/images`.
 */
export function formulaTensor({
  name,
  shape,
  shift,
  scale,
}: FormulaScale & { name: string; shape: Shape }): NdArray<"f32"> {
  const data = new Float32Array(sizeOf(shape));
  const hash = fnv1a(name);
  let counter = hash;
  for (let i = 0; i < data.length; i++) {
    counter = (counter + GOLDEN) | 0; // (i + 1) · GOLDEN + hash mod 2^32
    let x = counter ^ (counter >>> 16);
    x = Math.imul(x, MIX_1);
    x = Math.imul(x ^ (x >>> 13), MIX_2);
    x ^= x >>> 16;
    data[i] = shift + scale * ((x >>> 8) / 8_388_608 - 1);
  }
  return { dtype: "f32", shape, data };
}

/**
 * A parameter (or buffer) of a fixture whose `parameters` are `formula`.
 *
 * @param options.name the checkpoint name, on which the scale depends
 * @param options.salt the fixture's `config.salt`, which goes before the name
 */
export function formulaParameter({
  name,
  shape,
  salt = "",
}: {
  name: string;
  shape: Shape;
  salt?: string;
}): NdArray<"f32"> {
  return formulaTensor({ name: salt + name, shape, ...parameterScale(name, shape) });
}
