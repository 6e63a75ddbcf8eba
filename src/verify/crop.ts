/** @file Which part of a tensor a fixture kept: read from its description, such as `[0, :4, ::2] of [B,T,H]`. */
import { ManifestError } from "../util/errors.ts";
import {
  describeShape,
  type NdArray,
  ndArray,
  type Shape,
  sameShape,
  sizeOf,
} from "../util/nd-array.ts";

/** The indices of one axis that are kept; `drop` when a single index removes the axis. */
interface AxisCut {
  readonly indices: readonly number[];
  readonly drop: boolean;
}

function range(length: number, text: string): readonly number[] {
  const [start, end, step] = text
    .split(":")
    .map((part) => (part.trim() === "" ? undefined : Number(part)));
  const from = start === undefined ? 0 : start < 0 ? length + start : start;
  const to = end === undefined ? length : end < 0 ? length + end : Math.min(end, length);
  const stride = step ?? 1;
  return Array.from(
    { length: Math.max(0, Math.ceil((to - from) / stride)) },
    (_, i) => from + i * stride,
  );
}

function cutAxis(length: number, part: string | undefined): AxisCut {
  if (part?.includes(":")) return { indices: range(length, part), drop: false };
  const index = part?.match(/^(?:channel )?(\d+)$/)?.[1];
  if (index !== undefined) return { indices: [Number(index)], drop: true };
  return { indices: range(length, ":"), drop: false };
}

/** The parts of a crop between brackets; `of sample 0` is a crop of the first axis; anything else keeps the whole tensor. */
function cropParts(description: string): readonly string[] {
  const bracket = description.match(/^\[([^\]]*:[^\]]*)\]/)?.[1];
  if (bracket !== undefined) return bracket.split(",").map((part) => part.trim());
  const sample = description.match(/\bof sample (\d+)\b/)?.[1];
  return sample === undefined ? [] : [sample];
}

function gather(array: NdArray, cuts: readonly AxisCut[]): Float64Array {
  const strides = array.shape.map((_, axis) => sizeOf(array.shape.slice(axis + 1)));
  let offsets = [0];
  for (const [axis, { indices }] of cuts.entries()) {
    const stride = strides[axis] ?? 0;
    offsets = offsets.flatMap((offset) => indices.map((index) => offset + index * stride));
  }
  return Float64Array.from(offsets, (offset) => Number(array.data[offset]));
}

/**
 * The part of `array` that a fixture describes, as doubles.
 * @param options.shape the recorded tensor's shape, which the crop must have
 * @throws {ManifestError} when it does not
 */
export function cropAs(
  array: NdArray,
  {
    name,
    description,
    shape,
  }: { readonly name: string; readonly description: string; readonly shape: Shape },
): NdArray<"f64"> {
  const parts = cropParts(description);
  const cuts = array.shape.map((length, axis) => cutAxis(length, parts[axis]));
  const cropped = cuts.flatMap(({ indices, drop }) => (drop ? [] : [indices.length]));
  if (!sameShape(cropped, shape)) {
    throw new ManifestError(
      `Cannot compare "${name}": its description "${description}" cuts [${cropped.join(",")}] out of ` +
        `${describeShape(array)}, but the fixture holds [${shape.join(",")}]`,
    );
  }
  return ndArray("f64", shape, gather(array, cuts));
}
