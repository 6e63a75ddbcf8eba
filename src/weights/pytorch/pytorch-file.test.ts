import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  checkpointEntries,
  legacyCheckpoint,
  savedTensor,
  zipCheckpoint,
  zipOf,
} from "../../../test/pth-file.ts";
import { WeightsError } from "../../util/errors.ts";
import { openSafetensors } from "../safetensors.ts";
import { asTensor } from "./pickled.ts";
import { openCheckpoint, openPyTorch } from "./pytorch-file.ts";

/** Written by PyTorch; `dtypes.safetensors` holds the same values. */
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/pth/${name}`, import.meta.url));

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "pytorch-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function saved(bytes: Uint8Array): Promise<string> {
  const file = join(folder, "saved.pth");
  await writeFile(file, bytes);
  return file;
}

/** The end of a zip whose directory is empty, whatever number of entries it announces. */
function emptyZip64(entries: number): Buffer {
  const start = Buffer.from("PK\x03\x04");
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(entries), 24);
  end64.writeBigUInt64LE(BigInt(entries), 32);
  end64.writeBigUInt64LE(BigInt(start.length), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([start, end64, locator, end]);
}

async function assertRefused(file: string, expected: RegExp): Promise<void> {
  await assert.rejects(openPyTorch(file), (error: unknown) => {
    assert.ok(error instanceof WeightsError);
    assert.ok(error.message.startsWith(`Cannot read weights "${file}": `), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

describe("openPyTorch()", () => {
  for (const name of ["dtypes.pth", "dtypes-legacy.pth", "dtypes-protocol4.pth"]) {
    test(`reads every element type and view of ${name}`, async () => {
      await using weights = await openPyTorch(fixture(name));
      await using expected = await openSafetensors(fixture("dtypes.safetensors"));
      assert.deepEqual([...weights.names].sort(), [...expected.names].sort());
      for (const tensor of expected.names) {
        assert.deepEqual(await weights.read(tensor), await expected.read(tensor), tensor);
        assert.deepEqual(await weights.readBytes(tensor), await expected.readBytes(tensor), tensor);
        assert.equal(weights.info(tensor).byteLength, expected.info(tensor).byteLength, tensor);
      }
    });
  }

  test("says what lies beside the tensors", async () => {
    await using weights = await openPyTorch(fixture("numpy-scalar.pth"));
    assert.deepEqual(weights.names, ["head.weight", "head.bias"]);
    assert.deepEqual(weights.beside, [
      { name: "epoch", what: "4" },
      { name: "best_auc", what: "0.8125" },
      { name: "classes", what: "list of 2" },
      { name: "cfg", what: "4 arguments" },
    ]);
  });

  for (const [name, expected] of [
    ["evil.pth", /asks for posix\.system, .* nothing was executed/],
    ["evil-eval.pth", /asks for __builtin__\.eval, .* nothing was executed/],
    ["evil-legacy.pth", /asks for posix\.system, .* nothing was executed/],
    ["evil-raw.pth", /asks for posix\.system, .* nothing was executed/],
    ["truncated.pth", /damaged or truncated/],
    ["truncated-legacy.pth", /reaches beyond its end; it is truncated/],
    ["empty.pth", /it is empty/],
    ["other-zip.pth", /no data\.pkl/],
  ] as const) {
    test(`refuses ${name}`, async () => {
      await assertRefused(fixture(name), expected);
      assert.ok(!existsSync("pwned"));
    });
  }

  test("reads only what a view touches, in both forms", async () => {
    const view = { strides: [1, 4], offset: 2 };
    const model = { transposed: savedTensor([3, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8], view) };
    for (const bytes of [zipCheckpoint({ model }), legacyCheckpoint({ model })]) {
      await using weights = await openPyTorch(await saved(bytes));
      const { shape, data } = await weights.read("transposed");
      assert.deepEqual({ shape, data }, { shape: [3, 2], data: Float32Array.of(2, 6, 3, 7, 4, 8) });
    }
  });

  test("refuses views that leave their storage", async () => {
    const leaving = savedTensor([2, 2], [1, 2, 3, 4], { offset: 1 });
    for (const bytes of [zipCheckpoint({ leaving }), legacyCheckpoint({ leaving })]) {
      await assertRefused(await saved(bytes), /leaves its storage of 4 elements/);
    }
  });

  test("checks a view again before it takes memory for what the view spans", async () => {
    const whole = savedTensor([2, 2], [1, 2, 3, 4]);
    await using checkpoint = await openCheckpoint(await saved(zipCheckpoint({ whole })));
    assert.ok(checkpoint.content instanceof Map);
    const view = asTensor(checkpoint.content.get("whole"));
    assert.ok(view !== undefined);
    for (const strides of [
      [1, 1e12],
      [3, 1],
      [Number.NaN, 1],
    ]) {
      await assert.rejects(
        checkpoint.readTensor({ ...view, strides }, "whole"),
        /Cannot read tensor "whole" of .*: it leaves its storage of 4 elements/,
      );
    }
  });

  test("refuses to repeat elements into far more than the file has", async () => {
    const huge = savedTensor([100_000, 1000], [1], { strides: [0, 0] });
    await using weights = await openPyTorch(await saved(zipCheckpoint({ huge })));
    await assert.rejects(
      weights.read("huge"),
      /takes 400000000 bytes, more than the \d+ of its file/,
    );
  });

  test("names a function that it does not know", async () => {
    const odd = savedTensor([1], [1], { rebuild: ["torch._utils", "_rebuild_sparse_tensor"] });
    await assertRefused(
      await saved(zipCheckpoint({ odd })),
      /asks for torch\._utils\._rebuild_sparse_tensor/,
    );
  });

  test("refuses a zip whose storages are compressed, missing or of another length", async () => {
    const entries = checkpointEntries({ weight: savedTensor([2], [1, 2]) });
    const changed = (change: (name: string) => object | undefined) =>
      zipOf(
        entries.flatMap((entry) => {
          const fields = entry.name === "archive/data/0" ? change(entry.name) : {};
          return fields === undefined ? [] : [{ ...entry, ...fields }];
        }),
      );
    await assertRefused(await saved(changed(() => undefined)), /storage "0" is missing/);
    await assertRefused(
      await saved(changed(() => ({ bytes: Buffer.alloc(4) }))),
      /storage "0" has 4 bytes, expected 8/,
    );
    await using weights = await openPyTorch(await saved(changed(() => ({ method: 8 }))));
    await assert.rejects(weights.read("weight"), /is compressed or encrypted/);
  });

  test("refuses a zip with two entries of a name, of which readers would take different ones", async () => {
    const entries = checkpointEntries({ weight: savedTensor([2], [1, 2]) });
    const again = { name: "archive/data/0", bytes: Buffer.alloc(8) };
    await assertRefused(await saved(zipOf([...entries, again])), /two entries "archive\/data\/0"$/);
  });

  test("refuses a zip that announces more entries than any checkpoint has, before it reads one", async () => {
    await assertRefused(
      await saved(emptyZip64(1_000_000)),
      /: it is a zip of 1000000 entries, at most 200000 allowed$/,
    );
  });

  test("refuses big-endian numbers and TorchScript programs", async () => {
    const entries = checkpointEntries({ weight: savedTensor([1], [1]) });
    const others = entries.filter(({ name }) => !name.endsWith("byteorder"));
    const big = [...others, { name: "archive/byteorder", bytes: Buffer.from("big") }];
    await assertRefused(await saved(zipOf(big)), /big-endian/);
    const script = [...entries, { name: "archive/constants.pkl", bytes: Buffer.from(".") }];
    await assertRefused(await saved(zipOf(script)), /TorchScript/);
  });

  test("refuses every cut of a file, and says which tensor a later cut took", async () => {
    const model = { weight: savedTensor([8], (index) => index) };
    for (const bytes of [zipCheckpoint(model), legacyCheckpoint(model)]) {
      for (let length = 0; length < bytes.length; length += 7) {
        await assertRefused(await saved(bytes.subarray(0, length)), /./);
      }
      const file = await saved(bytes);
      await using weights = await openPyTorch(file);
      await truncate(file, 40);
      await assert.rejects(weights.read("weight"), WeightsError);
    }
  });

  test("refuses what holds no tensors", async () => {
    await assertRefused(
      await saved(zipCheckpoint([1, 2])),
      /holds list of 2, expected a dictionary/,
    );
    await assertRefused(
      await saved(zipCheckpoint({ epoch: 3, model: {} })),
      /no tensors of a model \(found epoch \(3\)\)/,
    );
  });

  test("looks through wrappers around one another", async () => {
    const inner = { model: { cls_token: savedTensor([1], [5]) }, epoch: 1 };
    await using weights = await openPyTorch(await saved(zipCheckpoint({ state_dict: inner })));
    assert.deepEqual(weights.names, ["cls_token"]);
    assert.deepEqual(weights.beside, [{ name: "state_dict.epoch", what: "1" }]);
  });
});
