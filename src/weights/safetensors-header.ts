/**
 * @file The header of a safetensors file: the name, type, shape and place of every tensor, checked in full before
 * anything is allocated for one.
 *
 * The file is an unsigned 64-bit length, that many bytes of JSON, then the tensors without a gap.
 */
import { z } from "zod";
import { describeError } from "../util/errors.ts";
import { firstFault } from "../util/expectation.ts";
import { type Shape, sizeOf } from "../util/nd-array.ts";
import { refuseFile } from "./refuse-file.ts";
import { FILE_BYTES, type FileType, isFileType } from "./safetensors-types.ts";
import type { StoredTensor } from "./weights-file.ts";

/** A header that claims to be longer than this many bytes is refused. */
export const MAX_HEADER_BYTES: number = 100_000_000;

/** Bytes before the header: its length. */
export const LENGTH_BYTES = 8;

/** Where one tensor lies and what its elements are. */
export interface TensorInfo {
  /** The element type as the file names it. */
  readonly type: FileType;
  readonly shape: Shape;
  /** From the first byte after the header. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** What the header says, tensors in the order in which their bytes lie. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The one name that no tensor may have: the texts of the header lie under it. */
export const METADATA_KEY: string = "__metadata__";
const metadataSchema = z.record(z.string(), z.string());
const wholeNumber = z.int().min(0);
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(wholeNumber),
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});

/**
 * The length of the header from the file's first eight bytes.
 * @throws {WeightsError} when a header of that length is not allowed or would not fit into the file
 */
export function headerLength(
  prefix: Uint8Array,
  { file, fileBytes }: { file: string; fileBytes: number },
): number {
  if (prefix.length < LENGTH_BYTES) {
    refuseFile(
      file,
      `the file holds ${fileBytes} bytes, a safetensors file at least ${LENGTH_BYTES}`,
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  const room = fileBytes - LENGTH_BYTES;
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, room))) {
    refuseFile(
      file,
      `its first ${LENGTH_BYTES} bytes announce a header of ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed ` +
        `and ${room} follow; the file is truncated or not a safetensors file`,
    );
  }
  return Number(length);
}

/** The index after the JSON string that starts at `start`. */
function endOfString(json: string, start: number): number {
  let index = start + 1;
  while (json[index] !== '"') index += json[index] === "\\" ? 2 : 1;
  return index + 1;
}

/** The first name that stands twice in the outer object of a valid JSON text; `JSON.parse` would keep the last. */
function repeatedKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let lastString = "";
  for (let index = 0; index < json.length; index++) {
    const character = json[index];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') {
      const end = endOfString(json, index);
      if (depth === 1) lastString = json.slice(index, end);
      index = end - 1;
    } else if (character === ":" && depth === 1) {
      const key = String(JSON.parse(lastString));
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

function parseObject(bytes: Uint8Array, file: string): [string, unknown][] {
  let json: string;
  let parsed: unknown;
  try {
    json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    parsed = JSON.parse(json);
  } catch (error) {
    refuseFile(file, `its header is not JSON in UTF-8 (${describeError(error)})`, error);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    refuseFile(file, "its header is not a JSON object");
  }
  const repeated = repeatedKey(json);
  if (repeated !== undefined) refuseFile(file, `its header names "${repeated}" twice`);
  return Object.entries(parsed);
}

function parseEntry(file: string, name: string, entry: unknown): TensorInfo {
  const result = entrySchema.safeParse(entry);
  if (!result.success) {
    const { where, expected } = firstFault(result.error);
    const fault = `${where || "it"}: ${expected}`;
    refuseFile(file, `its header describes tensor "${name}" wrongly (${fault})`, result.error);
  }
  const { dtype, shape } = result.data;
  const [begin, end] = result.data.data_offsets;
  if (!isFileType(dtype)) {
    const known = Object.keys(FILE_BYTES).join(", ");
    refuseFile(file, `tensor "${name}" has the element type "${dtype}", expected one of ${known}`);
  }
  const expected = sizeOf(shape) * FILE_BYTES[dtype];
  if (end - begin !== expected) {
    refuseFile(
      file,
      `tensor "${name}" lies at bytes ${begin} to ${end}, but ${dtype}[${shape.join(",")}] takes ${expected} bytes`,
    );
  }
  return { type: dtype, shape, byteOffset: begin, byteLength: expected };
}

/** The tensors must cover the bytes after the header once each, without gap, overlap or rest. */
function requireTiling(file: string, tensors: SafetensorsHeader["tensors"], dataBytes: number) {
  let end = 0;
  let before = "the header";
  for (const [name, { byteOffset, byteLength }] of tensors) {
    if (byteOffset !== end) {
      const fault = byteOffset < end ? "overlap" : `leave a gap of ${byteOffset - end} bytes`;
      refuseFile(file, `tensor "${name}" starts at byte ${byteOffset}, it and ${before} ${fault}`);
    }
    end += byteLength;
    before = `tensor "${name}"`;
  }
  if (end > dataBytes) {
    refuseFile(
      file,
      `its tensors take ${end} bytes, ${dataBytes} follow the header; the file is truncated`,
    );
  }
  if (end < dataBytes) {
    refuseFile(file, `${dataBytes - end} bytes follow the last tensor and belong to none`);
  }
}

/**
 * Parses and checks the JSON of a header.
 * @param dataBytes bytes of the file after the header
 * @throws {WeightsError} when it is damaged, names a tensor twice, or disagrees with itself or with the file's length
 */
export function parseHeader(
  bytes: Uint8Array,
  { file, dataBytes }: { file: string; dataBytes: number },
): SafetensorsHeader {
  let metadata: Readonly<Record<string, string>> = {};
  const found: [string, TensorInfo][] = [];
  for (const [name, entry] of parseObject(bytes, file)) {
    if (name !== METADATA_KEY) {
      found.push([name, parseEntry(file, name, entry)]);
      continue;
    }
    const parsed = metadataSchema.safeParse(entry);
    if (!parsed.success)
      refuseFile(file, `its ${METADATA_KEY} is not a table of texts`, parsed.error);
    metadata = parsed.data;
  }
  // Of tensors that start at one byte, all but the last must be empty.
  found.sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  const tensors = new Map(found);
  requireTiling(file, tensors, dataBytes);
  return { tensors, metadata };
}

/**
 * Places tensors one after another, larger elements first, so that each starts at a multiple of its element's size; otherwise in the
 * given order, which the result's is where they are written.
 */
export function layOut(
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
): ReadonlyMap<string, TensorInfo> {
  const sorted = [...tensors].sort(([, a], [, b]) => FILE_BYTES[b.type] - FILE_BYTES[a.type]);
  const placed = new Map<string, TensorInfo>();
  let byteOffset = 0;
  for (const [name, { type, shape, byteLength }] of sorted) {
    placed.set(name, { type, shape, byteOffset, byteLength });
    byteOffset += byteLength;
  }
  return placed;
}

/**
 * The bytes before the tensors, length included, padded with blanks so that the tensors start at a multiple of eight.
 * @throws {RangeError} when a tensor has the reserved name or the header would be too long to be read again
 */
export function encodeHeader({ tensors, metadata }: SafetensorsHeader): Uint8Array {
  if (tensors.has(METADATA_KEY)) {
    throw new RangeError(`Cannot write a tensor named "${METADATA_KEY}": the name is reserved`);
  }
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set(METADATA_KEY, metadata);
  for (const [name, { type, shape, byteOffset, byteLength }] of tensors) {
    entries.set(name, {
      dtype: type,
      shape,
      data_offsets: [byteOffset, byteOffset + byteLength],
    });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (length > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write a safetensors header of ${length} bytes: at most ${MAX_HEADER_BYTES} are allowed`,
    );
  }
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}
