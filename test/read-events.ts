/** @file Reads TensorBoard's event files, frame by frame and field by field, without the code that writes them. */
import { readFile } from "node:fs/promises";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A message's fields by number; every occurrence of a repeated one. */
type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

/** A value of a summary. */
export interface ReadValue {
  readonly tag: string;
  readonly scalar?: number;
  readonly image?: { readonly width: number; readonly height: number; readonly png: Uint8Array };
  readonly description?: string;
}

/** An event as it stands in a file. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  /** 1 is a start. */
  readonly session?: number;
  readonly values: readonly ReadValue[];
}

/** CRC-32C, a bit at a time: reflected polynomial 0x82f63b78. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** Undoes the mask of a stored checksum: subtract the constant, rotate back. */
function unmask(stored: number): number {
  const rotated = (stored - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

/** The records of a file. Throws when a checksum is wrong or the last frame is torn. */
export function readFrames(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = Number(view.getBigUint64(at, true));
    const record = bytes.subarray(at + 12, at + 12 + length);
    const sound =
      unmask(view.getUint32(at + 8, true)) === crc32c(bytes.subarray(at, at + 8)) &&
      unmask(view.getUint32(at + 12 + length, true)) === crc32c(record);
    if (!sound) throw new Error(`frame ${records.length} at byte ${at} has a wrong checksum`);
    records.push(record);
    at += 16 + length;
  }
  return records;
}

function fieldsOf(message: Uint8Array): Fields {
  const reader = new BinaryReader(message);
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const all = fields.get(number) ?? [];
    fields.set(number, all);
    if (type === WireType.Varint) all.push(BigInt(reader.int64()));
    else if (type === WireType.LengthDelimited) all.push(reader.bytes());
    else all.push(takeFixed(reader, type === WireType.Bit64 ? 8 : 4));
  }
  return fields;
}

/** The bytes of a fixed-width field. */
function takeFixed(reader: BinaryReader, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 8) view.setBigUint64(0, BigInt(reader.fixed64()), true);
  else view.setUint32(0, reader.fixed32(), true);
  return bytes;
}

const one = (fields: Fields, number: number): bigint | Uint8Array | undefined =>
  fields.get(number)?.at(-1);

function bytesOf(fields: Fields, number: number): Uint8Array | undefined {
  const value = one(fields, number);
  return value instanceof Uint8Array ? value : undefined;
}

const numberOf = (fields: Fields, number: number): number => Number(one(fields, number) ?? 0);

function textOf(fields: Fields, number: number): string | undefined {
  const bytes = bytesOf(fields, number);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readValue(message: Uint8Array): ReadValue {
  const fields = fieldsOf(message);
  const scalar = bytesOf(fields, 2);
  const image = bytesOf(fields, 4);
  const metadata = bytesOf(fields, 9);
  const description = metadata && textOf(fieldsOf(metadata), 3);
  return {
    tag: textOf(fields, 1) ?? "",
    ...(scalar !== undefined && { scalar: viewOf(scalar).getFloat32(0, true) }),
    ...(image !== undefined && { image: readImage(fieldsOf(image)) }),
    ...(description !== undefined && { description }),
  };
}

const readImage = (fields: Fields): NonNullable<ReadValue["image"]> => ({
  height: numberOf(fields, 1),
  width: numberOf(fields, 2),
  png: bytesOf(fields, 4) ?? new Uint8Array(),
});

function readEvent(record: Uint8Array): ReadEvent {
  const fields = fieldsOf(record);
  const wallTime = bytesOf(fields, 1);
  const version = textOf(fields, 3);
  const session = bytesOf(fields, 7);
  const summary = bytesOf(fields, 5);
  const values = summary === undefined ? [] : (fieldsOf(summary).get(1) ?? []);
  return {
    wallTime: wallTime === undefined ? 0 : viewOf(wallTime).getFloat64(0, true),
    step: numberOf(fields, 2),
    ...(version !== undefined && { version }),
    ...(session !== undefined && { session: numberOf(fieldsOf(session), 1) }),
    values: values.flatMap((value) => (value instanceof Uint8Array ? [readValue(value)] : [])),
  };
}

/** Every event of a file. */
export async function readEvents(file: string): Promise<ReadEvent[]> {
  return readFrames(await readFile(file)).map(readEvent);
}
