import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readEvents, readFrames } from "../../../test/read-events.ts";
import { onSmallDisk } from "../../../test/small-disk.ts";
import { EcampError } from "../../util/errors.ts";
import { EventFile } from "./event-file.ts";

const root = await mkdtemp(join(tmpdir(), "event-file-"));
after(() => rm(root, { recursive: true, force: true }));

const newFolder = (): Promise<string> => mkdtemp(join(root, "run-"));
/** 1,700,000,000.25 s after 1970. */
const now = () => new Date(1_700_000_000_250);

describe("EventFile", () => {
  test("writes a version, a session start and values that read back", async () => {
    const folder = await newFolder();
    const png = Uint8Array.of(137, 80, 78, 71);
    const file = await EventFile.open({ folder, firstStep: 1, mode: 0o666, now });
    await file.append(1, [
      { tag: "loss/mim", value: 0.75, description: "what it is" },
      { tag: "loss/zero", value: 0 },
    ]);
    await file.append(5_000_000_000, [
      { tag: "films", value: { width: 300, height: 2, png } },
      { tag: "loss/mim", value: -1, description: "what it is" },
    ]);
    await file[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), ["events.out.tfevents.1700000000.ecamp"]);
    const wallTime = 1_700_000_000.25;
    assert.deepEqual(await readEvents(file.path), [
      { wallTime, step: 0, version: "brain.Event:2", values: [] },
      { wallTime, step: 1, session: 1, values: [] },
      {
        ...{ wallTime, step: 1 },
        values: [
          { tag: "loss/mim", scalar: 0.75, description: "what it is" },
          { tag: "loss/zero", scalar: 0 },
        ],
      },
      {
        ...{ wallTime, step: 5_000_000_000 },
        values: [
          { tag: "films", image: { width: 300, height: 2, png: Buffer.from(png) } },
          { tag: "loss/mim", scalar: -1 },
        ],
      },
    ]);
  });

  test("is whole after every append", async () => {
    const folder = await newFolder();
    await using file = await EventFile.open({ folder, firstStep: 1, mode: 0o666, now });
    for (let step = 1; step <= 3; step++) {
      await file.append(step, [{ tag: "lr", value: step }]);
      assert.equal((await readEvents(file.path)).length, 2 + step);
    }
  });

  test("writes numbers that no float holds as what they are", async () => {
    const folder = await newFolder();
    const file = await EventFile.open({ folder, firstStep: 1, mode: 0o666, now });
    const values = [1e300, Number.NaN, Number.NEGATIVE_INFINITY, 1e-320];
    await file.append(
      1,
      [...values.entries()].map(([i, value]) => ({ tag: `${i}`, value })),
    );
    await file[Symbol.asyncDispose]();
    const read = (await readEvents(file.path)).at(-1)?.values.map(({ scalar }) => scalar);
    assert.deepEqual(read, [Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY, 0]);
  });

  test("names later files later, in the same second and after the clock jumped back", async () => {
    const folder = await newFolder();
    const names: string[] = [];
    for (const ms of [1_700_000_000_000, 1_700_000_000_900, 1_600_000_000_000, 1_700_000_100_000]) {
      const file = await EventFile.open({
        ...{ folder, firstStep: 1, mode: 0o666 },
        now: () => new Date(ms),
      });
      await file.close();
      names.push(file.path);
    }
    const seconds = names.map((name) => Number(/\.(\d+)\.ecamp$/.exec(name)?.[1]));
    assert.deepEqual(seconds, [1_700_000_000, 1_700_000_001, 1_700_000_002, 1_700_000_100]);
    assert.deepEqual(names.toSorted(), names);
  });

  test("is its owner's alone where the mode says so", {
    skip: process.platform === "win32" && "no modes",
  }, async () => {
    await using file = await EventFile.open({
      ...{ folder: await newFolder(), firstStep: 1, now },
      mode: 0o600,
    });
    assert.equal((await stat(file.path)).mode & 0o777, 0o600);
  });

  test("says which file it cannot make", async () => {
    const folder = join(await newFolder(), "absent");
    await assert.rejects(EventFile.open({ folder, firstStep: 1, mode: 0o666, now }), (error) => {
      assert.ok(error instanceof EcampError);
      assert.ok(error.message.startsWith(`Cannot write the event file "${folder}": ENOENT`));
      return true;
    });
  });

  test("is whole after the disk was full, and goes on when there is room again", async (context) => {
    await onSmallDisk(context, "size=64k", async (folder) => {
      await using file = await EventFile.open({ folder, firstStep: 1, mode: 0o666, now });
      await file.append(1, [{ tag: "lr", value: 1 }]);
      const png = new Uint8Array(100_000);
      const tooLarge = [{ tag: "films", value: { width: 1, height: 1, png } }];
      await assert.rejects(
        file.append(2, tooLarge),
        /^EcampError: Cannot write the event file ".*": ENOSPC/,
      );
      await file.append(3, [{ tag: "lr", value: 3 }]);
      assert.deepEqual(
        (await readEvents(file.path)).map(({ step }) => step),
        [0, 1, 1, 3],
      );
    });
  });

  test("leaves a torn end to no reader: checksums do not match", async () => {
    const folder = await newFolder();
    const file = await EventFile.open({ folder, firstStep: 1, mode: 0o666, now });
    await file.append(1, [{ tag: "lr", value: 1 }]);
    await file.close();
    const bytes = await readFile(file.path);
    bytes[bytes.length - 6] = (bytes.at(-6) ?? 0) ^ 1;
    await writeFile(file.path, bytes);
    assert.throws(() => readFrames(bytes), /frame 2 at byte \d+ has a wrong checksum/);
  });
});
