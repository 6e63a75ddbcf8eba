/** @file TensorFlow's framing of records in a file: each carries its length and two checksums, so that a torn end is seen. */
import crc32c from "crc-32/crc32c.js";

/** Bytes of the length and of each checksum. */
const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** Bytes that a frame adds to its record. */
export const FRAME_BYTES: number = LENGTH_BYTES + 2 * CHECKSUM_BYTES;

/** What is added to a rotated checksum, so that checksums of bytes that hold checksums stay sound. */
const MASK_DELTA = 0xa282ead8;

/** CRC-32C, rotated right by 15 bits and shifted by a constant: the checksum as frames store it, unsigned. */
export function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** Length (u64), its checksum (u32), the record, its checksum (u32); little-endian. */
export function frameRecord(record: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES + record.byteLength);
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(record.byteLength), true);
  view.setUint32(LENGTH_BYTES, maskedChecksum(frame.subarray(0, LENGTH_BYTES)), true);
  frame.set(record, LENGTH_BYTES + CHECKSUM_BYTES);
  view.setUint32(frame.byteLength - CHECKSUM_BYTES, maskedChecksum(record), true);
  return frame;
}
