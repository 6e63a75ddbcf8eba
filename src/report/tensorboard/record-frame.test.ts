import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FRAME_BYTES, frameRecord, maskedChecksum } from "./record-frame.ts";

describe("maskedChecksum()", () => {
  test("is CRC-32C, as RFC 3720 has it for these bytes, rotated and shifted", () => {
    const masked = (crc: number): number =>
      Number((((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) + 0xa282ead8n) & 0xffffffffn);
    const cases: readonly [Uint8Array, number][] = [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(255), 0x62a8ab43],
      [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
      [new TextEncoder().encode("123456789"), 0xe3069283],
    ];
    for (const [bytes, crc] of cases) assert.equal(maskedChecksum(bytes), masked(crc));
  });
});

describe("frameRecord()", () => {
  test("puts length and checksums around the record, little-endian", () => {
    const record = Uint8Array.of(1, 2, 3);
    const frame = frameRecord(record);
    assert.equal(frame.byteLength, 3 + FRAME_BYTES);
    assert.deepEqual([...frame.subarray(0, 8)], [3, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...frame.subarray(12, 15)], [1, 2, 3]);
    const view = new DataView(frame.buffer);
    assert.equal(view.getUint32(8, true), maskedChecksum(frame.subarray(0, 8)));
    assert.equal(view.getUint32(15, true), maskedChecksum(record));
  });

  test("frames an empty record", () => {
    assert.equal(frameRecord(new Uint8Array()).byteLength, FRAME_BYTES);
  });
});
