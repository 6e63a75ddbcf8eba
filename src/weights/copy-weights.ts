/** @file Writes a weight file of any format as safetensors, tensor by tensor, with the names and the element types that it has. */
import { writeFileAtomically } from "../util/atomic-file.ts";
import { WeightsError } from "../util/errors.ts";
import { encodeHeader, layOut, METADATA_KEY, type TensorInfo } from "./safetensors-header.ts";
import type { WeightsFile } from "./weights-file.ts";

/** What may be said while a file is written. */
export interface CopyEvents {
  /** How many bytes of tensors have been read so far. */
  readonly onBytes?: (bytes: number) => void;
  /** Aborted, nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface CopiedWeights {
  readonly tensors: number;
  /** Of all tensors. */
  readonly bytes: number;
}

/** By this key readers of safetensors tell which program's conventions the tensors follow. */
const FORMAT = { format: "pt" } as const;

/** Where each tensor goes. */
function placesOf(weights: WeightsFile): ReadonlyMap<string, TensorInfo> {
  if (weights.names.includes(METADATA_KEY)) {
    throw new WeightsError(
      `Cannot convert "${weights.file}": a tensor is named "${METADATA_KEY}", which safetensors reserves`,
    );
  }
  return layOut(weights.names.map((name) => [name, weights.info(name)]));
}

async function* piecesOf(
  weights: WeightsFile,
  tensors: ReadonlyMap<string, TensorInfo>,
  { onBytes, signal }: CopyEvents,
): AsyncGenerator<Uint8Array> {
  yield encodeHeader({ tensors, metadata: { ...FORMAT, ...weights.metadata } });
  for (const [name, { byteOffset, byteLength }] of tensors) {
    signal?.throwIfAborted();
    yield await weights.readBytes(name);
    onBytes?.(byteOffset + byteLength);
  }
}

/**
 * Copies every tensor, its bits unchanged, and the texts of a safetensors header; what else lies in a checkpoint stays behind. One
 * tensor is in memory at a time. The file appears whole or not at all, and nobody may read it who may not read the original.
 * @param out the file to write; what stands there is replaced
 * @throws {WeightsError} when the file has been cut since it was opened, or a name is reserved
 * @throws {EcampError} when the disk refuses
 */
export async function copyToSafetensors(
  weights: WeightsFile,
  out: string,
  events: CopyEvents = {},
): Promise<CopiedWeights> {
  const tensors = placesOf(weights);
  await writeFileAtomically(out, piecesOf(weights, tensors, events), { mode: weights.mode });
  const bytes = [...tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { tensors: tensors.size, bytes };
}
