/** @file Reads a parameter from the tensor or tensors of a file that it consists of. */
import { WeightsError } from "../util/errors.ts";
import { escapeLine } from "../util/escape-controls.ts";
import { type NdArray, type Shape, sizeOf } from "../util/nd-array.ts";
import type { NamedTensor } from "./name-tensors.ts";
import { isInteger } from "./safetensors-types.ts";
import type { WeightsFile } from "./weights-file.ts";

function asFloats({ data }: NdArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
}

/** What counts in a PyTorch file, and is whole there: the batches that a normalisation has seen. */
const isCount = (source: string): boolean => source.endsWith(".num_batches_tracked");

/** A parameter is no whole numbers: those are codes, which a scale somewhere else in the file would turn into weights. */
function requireFloats(weights: WeightsFile, source: string): void {
  const { type } = weights.info(source);
  if (!isInteger(type) || isCount(source)) return;
  throw new WeightsError(
    `Cannot load "${escapeLine(source)}" of "${weights.file}": its elements are integers (${type}), expected floating-point numbers: a quantised file? Take the one that it was made from`,
  );
}

/** Refuses what a diverged training or a damaged file leaves behind. */
function requireFinite(file: string, source: string, values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  const count = values.reduce((sum, value) => sum + Number(!Number.isFinite(value)), 0);
  throw new WeightsError(
    `Cannot load "${escapeLine(source)}" of "${file}": it holds a value that is not finite (${count} of ${values.length}); the training that wrote it diverged, or the file is damaged`,
  );
}

/**
 * A parameter's values as f32, of whatever precision the file stores; query, key and value one after another.
 * @throws {WeightsError} when a value is NaN or infinite or the elements are integers, naming the tensor, and as `WeightsFile.read`
 */
export async function readFloats(
  weights: WeightsFile,
  { sources }: Pick<NamedTensor, "sources">,
): Promise<NdArray<"f32">> {
  const parts: Float32Array[] = [];
  const shapes: Shape[] = [];
  for (const source of sources) {
    requireFloats(weights, source);
    const values = asFloats(await weights.read(source));
    requireFinite(weights.file, source, values);
    parts.push(values);
    shapes.push(weights.info(source).shape);
  }
  const [first = new Float32Array()] = parts;
  const [shape = []] = shapes;
  if (parts.length === 1) return { dtype: "f32", shape, data: first };
  const joined: Shape = [parts.length * (shape[0] ?? 0), ...shape.slice(1)];
  const data = new Float32Array(sizeOf(joined));
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return { dtype: "f32", shape: joined, data };
}
