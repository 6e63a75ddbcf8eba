import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { savedTensor, zipCheckpoint } from "../../test/pth-file.ts";
import { WeightsError } from "../util/errors.ts";
import { copyToSafetensors } from "./copy-weights.ts";
import { openWeights } from "./open-weights.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/fixtures/pth/${name}`, import.meta.url));

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "copy-weights-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function assertSameTensors(copy: string, original: string): Promise<void> {
  await using a = await openWeights(copy);
  await using b = await openWeights(original);
  assert.deepEqual([...a.names].sort(), [...b.names].sort());
  for (const name of b.names) {
    const { type, shape } = b.info(name);
    assert.deepEqual({ type, shape }, { type: a.info(name).type, shape: a.info(name).shape }, name);
    assert.deepEqual(await a.readBytes(name), await b.readBytes(name), name);
  }
}

describe("copyToSafetensors()", () => {
  for (const name of ["dtypes.pth", "dtypes-legacy.pth", "dtypes.safetensors"]) {
    test(`keeps every name, type, shape and bit of ${name}`, async () => {
      const out = join(folder, `${name}.safetensors`);
      await using weights = await openWeights(fixture(name));
      const { tensors, bytes } = await copyToSafetensors(weights, out);
      assert.equal(tensors, weights.names.length);
      assert.ok(bytes > 0);
      await assertSameTensors(out, fixture(name));
    });
  }

  test("writes views of one storage as tensors of their own, each at a multiple of its element's size", async () => {
    const out = join(folder, "aligned.safetensors");
    await using weights = await openWeights(fixture("dtypes.pth"));
    await copyToSafetensors(weights, out);
    await assertSameTensors(out, fixture("dtypes.safetensors"));
  });

  test("says how many bytes it has read, up to all of them", async () => {
    const seen: number[] = [];
    await using weights = await openWeights(fixture("dtypes.pth"));
    const out = join(folder, "progress.safetensors");
    const { bytes } = await copyToSafetensors(weights, out, { onBytes: (n) => seen.push(n) });
    assert.equal(seen.length, weights.names.length);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.equal(seen.at(-1), bytes);
  });

  test("leaves nothing behind when it is aborted or the file is cut meanwhile, and keeps what stood there", async () => {
    const home = await mkdtemp(join(folder, "faults-"));
    const source = join(home, "model.pth");
    const out = join(home, "out.safetensors");
    await writeFile(source, zipCheckpoint({ a: savedTensor([4096], () => 1) }));
    await writeFile(out, "before");
    await using weights = await openWeights(source);
    await assert.rejects(copyToSafetensors(weights, out, { signal: AbortSignal.abort() }));
    await truncate(source, 400);
    await assert.rejects(copyToSafetensors(weights, out), WeightsError);
    assert.deepEqual((await readdir(home)).sort(), ["model.pth", "out.safetensors"]);
  });

  test("keeps a private file private, and so one of which a shard is", async () => {
    const home = await mkdtemp(join(folder, "private-"));
    const bits = async (name: string): Promise<number> =>
      (await stat(join(home, name))).mode & 0o777;
    const write = async (name: string, content: string | Uint8Array, mode: number) => {
      await writeFile(join(home, name), content);
      await chmod(join(home, name), mode);
    };
    await write("model.pth", zipCheckpoint({ a: savedTensor([1], [1]) }), 0o600);
    await write("open.pth", zipCheckpoint({ a: savedTensor([1], [1]) }), 0o755);
    const index = JSON.stringify({ weight_map: { a: "a.safetensors" } });
    await write("m.safetensors.index.json", index, 0o644);
    for (const [source, out, expected] of [
      ["model.pth", "a.safetensors", 0o600],
      ["a.safetensors", "b.safetensors", 0o600],
      ["m.safetensors.index.json", "c.safetensors", 0o600],
      ["open.pth", "d.safetensors", 0o644],
    ] as const) {
      await using weights = await openWeights(join(home, source));
      await copyToSafetensors(weights, join(home, out));
      assert.equal(await bits(out), expected & ~process.umask(), source);
    }
  });

  test("refuses the one name that safetensors reserves", async () => {
    const source = join(folder, "reserved.pth");
    await writeFile(source, zipCheckpoint({ __metadata__: savedTensor([1], [1]) }));
    await using weights = await openWeights(source);
    await assert.rejects(
      copyToSafetensors(weights, join(folder, "reserved.safetensors")),
      /a tensor is named "__metadata__", which safetensors reserves/,
    );
  });
});
