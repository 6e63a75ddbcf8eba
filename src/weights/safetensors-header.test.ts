import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WeightsError } from "../util/errors.ts";
import { encodeHeader, headerLength, parseHeader, type TensorInfo } from "./safetensors-header.ts";

function prefixOf(length: bigint): Uint8Array {
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, length, true);
  return prefix;
}

describe("headerLength()", () => {
  test("allows 100 MB and not a byte more, however large the file", () => {
    const place = { file: "x", fileBytes: 10 ** 12 };
    assert.equal(headerLength(prefixOf(100_000_000n), place), 100_000_000);
    assert.throws(() => headerLength(prefixOf(100_000_001n), place), WeightsError);
  });

  test("allows a header that ends where the file ends", () => {
    assert.equal(headerLength(prefixOf(12n), { file: "x", fileBytes: 20 }), 12);
    assert.throws(() => headerLength(prefixOf(13n), { file: "x", fileBytes: 20 }), WeightsError);
  });
});

describe("parseHeader()", () => {
  test("accepts empty tensors that share a place with others", () => {
    const info = (byteOffset: number, length: number): TensorInfo => ({
      type: "U8",
      shape: [length],
      byteOffset,
      byteLength: length,
    });
    const tensors = new Map([
      ["full", info(0, 3)],
      ["none", info(0, 0)],
      ["last", info(3, 0)],
    ]);
    const bytes = encodeHeader({ tensors, metadata: {} }).subarray(8);
    const parsed = parseHeader(bytes, { file: "x", dataBytes: 3 });
    assert.deepEqual([...parsed.tensors.keys()], ["none", "full", "last"]);
  });

  test("ignores fields that a later version of the format may add", () => {
    const json = '{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"layout":"dense"}}';
    const parsed = parseHeader(new TextEncoder().encode(json), { file: "x", dataBytes: 1 });
    assert.deepEqual(parsed.tensors.get("a"), {
      type: "U8",
      shape: [],
      byteOffset: 0,
      byteLength: 1,
    });
  });

  test("reads a text of many escapes without recursion", () => {
    const texts = { a: '\\"{}:'.repeat(400_000) };
    const bytes = encodeHeader({ tensors: new Map(), metadata: texts }).subarray(8);
    assert.deepEqual(parseHeader(bytes, { file: "x", dataBytes: 0 }).metadata, texts);
  });
});
