import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { WeightsError } from "../util/errors.ts";
import { allocate, type DType, type NdArray, ndArray, sizeOf } from "../util/nd-array.ts";
import { openSafetensors, writeSafetensors } from "./safetensors.ts";

/** Written by Python's library: a tensor of every type, named for it. */
const FIXTURE = fileURLToPath(
  new URL("../../test/fixtures/safetensors/every-type.safetensors", import.meta.url),
);

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "safetensors-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** The bytes of a file from a header given as an object or a text, and its data. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array()): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header), "utf8");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

async function assertRefused(bytes: Uint8Array, expected: RegExp): Promise<void> {
  const file = join(folder, "refused.safetensors");
  await writeFile(file, bytes);
  await assert.rejects(openSafetensors(file), (error: unknown) => {
    assert.ok(error instanceof WeightsError);
    assert.ok(error.message.startsWith(`Cannot read weights "${file}": `), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

async function roundTrip(
  arrays: readonly (readonly [string, NdArray])[],
  metadata: Record<string, string> = {},
) {
  const file = join(folder, "round-trip.safetensors");
  await writeSafetensors(file, arrays, { metadata });
  await using weights = await openSafetensors(file);
  const read = new Map<string, NdArray>();
  for (const name of weights.names) read.set(name, await weights.read(name));
  return { read, metadata: weights.metadata, names: weights.names };
}

const f32 = (values: readonly number[]): NdArray<"f32"> => ndArray("f32", [values.length], values);

describe("openSafetensors()", () => {
  test("reads every element type as Python's library wrote it", async () => {
    await using weights = await openSafetensors(FIXTURE);
    const expected: Record<string, NdArray> = {
      F64: ndArray("f64", [2], [Math.PI, -0]),
      F32: ndArray("f32", [1, 3], [1.5, Number.NEGATIVE_INFINITY, 2 ** -149]),
      // The largest half, the smallest subnormal, a third, minus infinity.
      F16: ndArray("f32", [2, 2], [65504, 2 ** -24, 0.333251953125, Number.NEGATIVE_INFINITY]),
      BF16: ndArray("f32", [3], [1, -3.140625, 2 ** -133]),
      I64: {
        dtype: "i64",
        shape: [2],
        data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n),
      },
      I32: ndArray("i32", [2], [-(2 ** 31), 7]),
      I16: ndArray("i32", [2], [-32768, 32767]),
      I8: ndArray("i32", [2], [-128, 127]),
      U16: ndArray("i32", [1], [65535]),
      U8: ndArray("u8", [3], [0, 128, 255]),
      BOOL: ndArray("bool", [2], [1, 0]),
      empty: ndArray("f32", [0, 4], []),
      scalar: ndArray("f32", [], [-0.5]),
    };
    for (const [name, array] of Object.entries(expected)) {
      assert.deepEqual(await weights.read(name), array, name);
    }
    assert.deepEqual([...weights.names].sort(), Object.keys(expected).sort());
    assert.deepEqual(weights.metadata, { format: "pt", note: "é" });
    assert.deepEqual(weights.info("F16").shape, [2, 2]);
    assert.equal(weights.info("F16").type, "F16");
  });

  test("names the tensor that is not there", async () => {
    await using weights = await openSafetensors(FIXTURE);
    await assert.rejects(
      weights.read("norm.weight"),
      new WeightsError(
        `Cannot read tensor "norm.weight" of weights "${FIXTURE}": there is none of that name among its 13`,
      ),
    );
  });

  test("refuses element types that no host array holds, one tensor at a time", async () => {
    const file = join(folder, "u64.safetensors");
    const header = {
      a: { dtype: "U64", shape: [1], data_offsets: [0, 8] },
      b: { dtype: "U8", shape: [1], data_offsets: [8, 9] },
    };
    await writeFile(file, fileOf(header, new Uint8Array(9).fill(3)));
    await using weights = await openSafetensors(file);
    await assert.rejects(weights.read("a"), /elements of type U64 are not supported$/);
    assert.deepEqual(await weights.read("b"), ndArray("u8", [1], [3]));
  });

  test("refuses a BOOL that is neither 0 nor 1", async () => {
    const file = join(folder, "bool.safetensors");
    const header = { a: { dtype: "BOOL", shape: [1], data_offsets: [0, 1] } };
    await writeFile(file, fileOf(header, Uint8Array.of(2)));
    await using weights = await openSafetensors(file);
    await assert.rejects(weights.read("a"), /BOOL element is neither 0 nor 1$/);
  });

  test("notices that the file was cut after it was opened", async () => {
    const file = join(folder, "cut.safetensors");
    await writeSafetensors(file, [["a", f32([1, 2, 3])]]);
    await using weights = await openSafetensors(file);
    await truncate(file, (await readFile(file)).length - 5);
    await assert.rejects(weights.read("a"), /the file ended after 7 of its 12 bytes$/);
  });

  test("refuses what is missing or no file", async () => {
    await assert.rejects(openSafetensors(join(folder, "absent")), (error: unknown) => {
      assert.ok(error instanceof WeightsError);
      assert.match(error.message, /^Cannot open weights ".*absent": no such file$/);
      assert.ok(error.cause instanceof Error);
      return true;
    });
    await assert.rejects(openSafetensors(folder), /it is a folder, expected a safetensors file$/);
  });

  test("refuses a header longer than the file or the limit before reading it", async () => {
    await assertRefused(Buffer.alloc(0), /the file holds 0 bytes, a safetensors file at least 8$/);
    await assertRefused(Buffer.alloc(5), /the file holds 5 bytes/);
    await assertRefused(
      Buffer.from("PK\u0003\u0004 not safetensors at all"),
      /announce a header of \d+ bytes, at most 100000000 are allowed and \d+ follow; the file is truncated or not/,
    );
    await assertRefused(fileOf({}).subarray(0, 9), /announce a header of 2 bytes.* 1 follow/);
    await assertRefused(Buffer.alloc(30, 0xff), /announce a header of 18446744073709551615 bytes/);
  });

  test("refuses a header that is not a JSON object in UTF-8", async () => {
    await assertRefused(fileOf('{"a": '), /its header is not JSON in UTF-8 \(/);
    await assertRefused(fileOf("[1]"), /its header is not a JSON object$/);
    await assertRefused(fileOf("null"), /its header is not a JSON object$/);
    const bytes = fileOf('{"__metadata__":{"a":"?"}}');
    bytes[bytes.indexOf("?")] = 0xff;
    await assertRefused(bytes, /its header is not JSON in UTF-8 \(/);
  });

  test("refuses a name that stands twice, however it is spelled", async () => {
    const entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
    const data = Uint8Array.of(1);
    await assertRefused(fileOf(`{"a":${entry},"\\u0061":${entry}}`, data), /names "a" twice$/);
    await assertRefused(
      fileOf(`{"__metadata__":{},"a":${entry},"__metadata__":{}}`, data),
      /names "__metadata__" twice$/,
    );
    const file = join(folder, "once.safetensors");
    await writeFile(file, fileOf(`{"dtype":${entry},"__metadata__":{"dtype":"\\":{"}}`, data));
    await using weights = await openSafetensors(file);
    assert.deepEqual(weights.names, ["dtype"]);
  });

  test("refuses entries that are malformed or disagree with themselves", async () => {
    const one = (entry: unknown) => fileOf({ a: entry }, new Uint8Array(8));
    await assertRefused(one(3), /describes tensor "a" wrongly \(/);
    await assertRefused(one({ dtype: "F32", shape: [2] }), /wrongly \(data_offsets: /);
    await assertRefused(
      one({ dtype: "F32", shape: [-2], data_offsets: [0, 8] }),
      /wrongly \(shape\.0: /,
    );
    await assertRefused(
      one({ dtype: "F32", shape: [2.5], data_offsets: [0, 8] }),
      /wrongly \(shape\.0: /,
    );
    await assertRefused(
      one({ dtype: "C64", shape: [1], data_offsets: [0, 8] }),
      /has the element type "C64", expected one of F64, F32, /,
    );
    await assertRefused(
      one({ dtype: "toString", shape: [1], data_offsets: [0, 8] }),
      /has the element type "toString"/,
    );
    await assertRefused(
      one({ dtype: "F32", shape: [3], data_offsets: [0, 8] }),
      /tensor "a" lies at bytes 0 to 8, but F32\[3\] takes 12 bytes$/,
    );
    await assertRefused(
      one({ dtype: "F32", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] }),
      /takes \d/,
    );
    await assertRefused(
      fileOf({ __metadata__: { a: 1 } }),
      /__metadata__ is not a table of texts$/,
    );
  });

  test("refuses tensors that overlap, leave a gap, or do not end where the file ends", async () => {
    const two = (begin: number, bytes: number) =>
      fileOf(
        {
          b: { dtype: "U8", shape: [4], data_offsets: [begin, begin + 4] },
          a: { dtype: "U8", shape: [4], data_offsets: [0, 4] },
        },
        new Uint8Array(bytes),
      );
    await assertRefused(two(3, 8), /"b" starts at byte 3, it and tensor "a" overlap$/);
    await assertRefused(
      two(6, 10),
      /"b" starts at byte 6, it and tensor "a" leave a gap of 2 bytes$/,
    );
    await assertRefused(two(4, 7), /take 8 bytes, 7 follow the header; the file is truncated$/);
    await assertRefused(two(4, 9), /1 bytes follow the last tensor and belong to none$/);
  });

  test("fails only with WeightsError on damaged files", async () => {
    const original = await readFile(FIXTURE);
    const file = join(folder, "damaged.safetensors");
    const damage = fc.record({
      at: fc.nat(original.length - 1),
      byte: fc.nat(255),
      end: fc.option(fc.nat(original.length), { nil: original.length }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, byte, end }) => {
        const bytes = Buffer.from(original);
        bytes[at] = byte;
        await writeFile(file, bytes.subarray(0, end));
        try {
          await using weights = await openSafetensors(file);
          for (const name of weights.names) await weights.read(name);
        } catch (error) {
          assert.ok(error instanceof WeightsError, String(error));
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("writeSafetensors()", () => {
  test("writes what openSafetensors() reads back, bit for bit", async () => {
    const dtypes: readonly DType[] = ["f32", "f64", "i64", "i32", "u8", "bool"];
    const arbitraryArray = fc
      .record({
        dtype: fc.constantFrom(...dtypes),
        shape: fc.array(fc.nat(4), { maxLength: 3 }),
        bytes: fc.infiniteStream(fc.nat(255)),
      })
      .map(({ dtype, shape, bytes }): NdArray => {
        const data = allocate(dtype, sizeOf(shape));
        const view = new Uint8Array(data.buffer);
        for (let i = 0; i < view.length; i++) {
          const byte = Number(bytes.next().value);
          view[i] = dtype === "bool" ? byte & 1 : byte;
        }
        return { dtype, shape, data };
      });
    const bitsOf = ({ data }: NdArray) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
    const name = fc.string({ unit: "binary" }).filter((text) => text !== "__metadata__");
    const arrays = fc.uniqueArray(fc.tuple(name, arbitraryArray), { selector: ([key]) => key });
    const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(arrays, metadata, async (given, texts) => {
        const { read, metadata: found } = await roundTrip(given, texts);
        assert.equal(read.size, given.length);
        for (const [key, array] of given) {
          const back = read.get(key);
          assert.ok(back);
          assert.deepEqual([back.dtype, back.shape], [array.dtype, array.shape]);
          assert.equal(bitsOf(back), bitsOf(array));
        }
        assert.deepEqual(found, texts);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("places larger elements first and starts the data at a multiple of eight", async () => {
    const file = join(folder, "order.safetensors");
    await writeSafetensors(file, [
      ["bytes", ndArray("u8", [3], [1, 2, 3])],
      ["second", f32([1])],
      ["double", ndArray("f64", [1], [4])],
      ["first", f32([2])],
    ]);
    await using weights = await openSafetensors(file);
    assert.deepEqual(weights.names, ["double", "second", "first", "bytes"]);
    assert.equal((await readFile(file)).readBigUInt64LE() % 8n, 0n);
  });

  test("writes a view of a larger buffer, not the buffer", async () => {
    const view = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const { read } = await roundTrip([["a", { dtype: "f32", shape: [2], data: view }]]);
    assert.deepEqual(read.get("a"), f32([1, 2]));
  });

  test("writes the same bytes for the same tensors", async () => {
    const files = ["one", "two"].map((name) => join(folder, name));
    for (const file of files) {
      await writeSafetensors(file, [["a", f32([1, 2])]], { metadata: { step: "3" } });
    }
    const [one, two] = await Promise.all(files.map((file) => readFile(file)));
    assert.deepEqual(one, two);
  });

  test("refuses a name given twice, the reserved name and a wrong length, and leaves nothing behind", async () => {
    const place = await mkdtemp(join(folder, "empty-"));
    const file = join(place, "a.safetensors");
    await assert.rejects(
      writeSafetensors(file, [
        ["a", f32([1])],
        ["a", f32([2])],
      ]),
      new RangeError(`Cannot write tensor "a" to weights "${file}": it is given twice`),
    );
    await assert.rejects(
      writeSafetensors(file, [["__metadata__", f32([1])]]),
      /named "__metadata__": the name is reserved$/,
    );
    await assert.rejects(
      writeSafetensors(file, [["a", { dtype: "f32", shape: [3], data: new Float32Array(2) }]]),
      /it has 2 elements, f32\[3\] expected$/,
    );
    assert.deepEqual(await readdir(place), []);
  });
});
