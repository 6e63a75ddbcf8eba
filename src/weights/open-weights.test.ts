import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { legacyCheckpoint, savedTensor, zipCheckpoint } from "../../test/pth-file.ts";
import { WeightsError } from "../util/errors.ts";
import { ndArray } from "../util/nd-array.ts";
import { openWeights } from "./open-weights.ts";
import { writeSafetensors } from "./safetensors.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/pth/${name}`, import.meta.url));

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "open-weights-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function saved(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

async function assertRefused(file: string, expected: RegExp): Promise<void> {
  await assert.rejects(openWeights(file), (error: unknown) => {
    assert.ok(error instanceof WeightsError, String(error));
    assert.ok(error.message.includes(`"${file}"`), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

const one = (value: number) => ndArray("f32", [1], [value]);

describe("openWeights()", () => {
  test("recognises each format by its content, whatever the name", async () => {
    const model = { weight: savedTensor([2], [1, 2]) };
    const safetensors = join(folder, "weights.pth");
    await writeSafetensors(safetensors, [["weight", ndArray("f32", [2], [1, 2])]]);
    const files = {
      "pytorch-zip": await saved("a.safetensors", zipCheckpoint(model)),
      "pytorch-legacy": await saved("b.safetensors", legacyCheckpoint(model)),
      safetensors,
    };
    for (const [format, file] of Object.entries(files)) {
      await using weights = await openWeights(file);
      assert.equal(weights.format, format);
      assert.deepEqual((await weights.read("weight")).data, Float32Array.of(1, 2));
    }
  });

  test("takes a header of 640 bytes, which begins as a pickle does, for what it is", async () => {
    const file = join(folder, "header.safetensors");
    for (let length = 0; length < 640; length++) {
      await writeSafetensors(file, [["weight", one(1)]], { metadata: { m: "x".repeat(length) } });
      if ((await readFile(file)).readUInt16LE() === 0x0280) break;
    }
    assert.equal((await readFile(file)).readUInt16LE(), 0x0280);
    await using weights = await openWeights(file);
    assert.equal(weights.format, "safetensors");
  });

  test("says what was downloaded in place of a file", async () => {
    await assertRefused(
      fixture("lfs-pointer.pth"),
      /Git LFS pointer, and the file itself, of \d+ bytes, has not been fetched; run "git lfs pull"/,
    );
    await assertRefused(
      fixture("text.pth"),
      /web page saved in place of the file; download it again/,
    );
    await assertRefused(fixture("empty.pth"), /it is empty/);
  });

  const noPipes = process.platform === "win32" ? "named pipes are not files here" : false;
  test("refuses a named pipe without waiting for a writer", { skip: noPipes }, async () => {
    const pipe = join(folder, "pipe.pth");
    execFileSync("mkfifo", [pipe]);
    await assertRefused(pipe, /it is not a file/);
  });

  test("names formats that are no weights of this kind", async () => {
    await assertRefused(
      await saved("model.h5", Buffer.from("\x89HDF\r\n", "latin1")),
      /an HDF5 file/,
    );
    await assertRefused(await saved("model.gguf", "GGUF\x03"), /it is a GGUF file/);
    await assertRefused(await saved("x.pth.gz", Buffer.from("1f8b0800", "hex")), /unpack it first/);
    await assertRefused(await saved("x.pth", "hello"), /its 5 bytes begin with 0x68656c6c6f/);
    await assertRefused(await saved("x.json", '{"a": 1}'), /no index of shards/);
    await assertRefused(folder, /it is a folder/);

    await assertRefused(join(folder, "absent.pth"), /no such file/);
  });

  test("refuses what is cut, of every format", async () => {
    const file = join(folder, "whole.safetensors");
    await writeSafetensors(file, [["weight", one(1)]]);
    const whole = await readFile(file);
    await assertRefused(await saved("cut.safetensors", whole.subarray(0, 20)), /truncated/);
    await assertRefused(
      await saved("cut.safetensors", whole.subarray(0, -2)),
      /truncated|ends|bytes/,
    );
    await assertRefused(fixture("truncated.pth"), /truncated/);
    await assertRefused(fixture("truncated-legacy.pth"), /truncated/);
  });

  describe("with an index of shards", () => {
    const index = (map: Record<string, string>) =>
      saved("m.safetensors.index.json", JSON.stringify({ metadata: {}, weight_map: map }));

    before(async () => {
      await writeSafetensors(join(folder, "m-1.safetensors"), [["a", one(1)]]);
      await writeSafetensors(join(folder, "m-2.safetensors"), [
        ["b", one(2)],
        ["c", one(3)],
      ]);
    });

    test("reads each tensor from its shard", async () => {
      await using weights = await openWeights(
        await index({ b: "m-2.safetensors", a: "m-1.safetensors" }),
      );
      assert.equal(weights.format, "safetensors-shards");
      assert.deepEqual(weights.names, ["b", "a"]);
      assert.deepEqual((await weights.read("a")).data, Float32Array.of(1));
      assert.deepEqual((await weights.read("b")).data, Float32Array.of(2));
      assert.deepEqual(weights.info("b").shape, [1]);
      assert.deepEqual(
        weights.beside.map(({ name }) => name),
        ["c"],
      );
      await assert.rejects(weights.read("c"), /there is none of that name among its 2/);
    });

    test("refuses shards that are missing, elsewhere or hold something else", async () => {
      await assert.rejects(
        openWeights(await index({ a: "m-3.safetensors" })),
        /Cannot open weights ".*m-3\.safetensors"/,
      );
      await assertRefused(
        await index({ a: "../m-1.safetensors" }),
        /expected a .safetensors file beside/,
      );
      await assertRefused(
        await index({ a: "m-2.safetensors" }),
        /"a" should be in "m-2.safetensors"/,
      );
      await assertRefused(await index({}), /it names 0 shards/);
    });
  });
});
