import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { isDiskFull } from "../util/atomic-file.ts";
import { EcampError } from "../util/errors.ts";
import { type LogLine, RunLog } from "./run-log.ts";

const root = await mkdtemp(join(tmpdir(), "run-log-"));
after(() => rm(root, { recursive: true, force: true }));

const newFile = async (): Promise<string> => join(await mkdtemp(join(root, "run-")), "log.jsonl");

const line = (step: number): LogLine => ({
  step,
  epoch: step / 10,
  losses: { mim: 1 / step },
  lr: 1e-4,
  gradientNorm: 2,
  gradientNorms: {},
  timing: { time: "2025-01-01T00:00:00.000Z", stepMs: 5, waitMs: 1, memory: 1e9 },
});

/** Appends lines as a run that has done `done` updates. */
async function append(file: string, done: number, steps: readonly number[]): Promise<void> {
  await using log = await RunLog.open(file, done);
  for (const step of steps) await log.append(line(step));
  await log.flush();
}

/** Makes a file as large as the disk lets it be. */
async function fill(file: string): Promise<void> {
  await assert.rejects(async () => {
    for (;;) await appendFile(file, new Uint8Array(512));
  }, isDiskFull);
}

const read = async (file: string): Promise<readonly LogLine[]> =>
  (await readFile(file, "utf8"))
    .split("\n")
    .slice(0, -1)
    .map((text) => JSON.parse(text));

describe("RunLog", () => {
  test("holds one line of JSON an update", async () => {
    const file = await newFile();
    await append(file, 0, [1, 2]);
    assert.equal((await readFile(file, "utf8")).at(-1), "\n");
    assert.deepEqual(await read(file), [line(1), line(2)]);
  });

  test("is cut back to the checkpoint from which a run goes on", async () => {
    const file = await newFile();
    await append(file, 0, [1, 2, 3, 12]);
    await append(file, 2, [3]);
    assert.deepEqual(await read(file), [line(1), line(2), line(3)]);
    await append(file, 0, [1]);
    assert.deepEqual(await read(file), [line(1)]);
  });

  test("keeps what belongs to the updates that are kept, whatever the order of its keys", async () => {
    const file = await newFile();
    const lines = [
      { epoch: 0, step: 1 },
      { step: 1, validation: { mim: 2 } },
      { note: "of no update" },
      { epoch: 0, step: 2 },
      { step: 2, validation: { mim: 1 } },
      { step: 3, losses: {} },
      { step: 3, validation: { mim: 1 } },
    ];
    await writeFile(file, lines.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    await append(file, 2, []);
    assert.deepEqual(await read(file), lines.slice(0, 5));
    await (await RunLog.open(file, 2, { validationDue: true }))[Symbol.asyncDispose]();
    assert.deepEqual(await read(file), lines.slice(0, 4), "a validation that is done again");
    await append(file, 1, []);
    assert.deepEqual(await read(file), lines.slice(0, 3));
    await writeFile(file, `${JSON.stringify(line(1))}\n${JSON.stringify(line(2))}`);
    await append(file, 2, []);
    assert.deepEqual(await read(file), [line(1)], "a line without its end may lack more");
  });

  test("loses a torn last line, and what follows a line that is none", async () => {
    const file = await newFile();
    await append(file, 0, [1, 2]);
    await appendFile(file, '{"step":3,"epoch":0.');
    await append(file, 5, [6]);
    assert.deepEqual(await read(file), [line(1), line(2), line(6)]);
    await writeFile(file, `${JSON.stringify(line(1))}\nnonsense\n${JSON.stringify(line(2))}\n`);
    await append(file, 2, []);
    assert.deepEqual(await read(file), [line(1)]);
  });

  test("has no gap and no torn line after a disk was full for a while", async (context) => {
    await onSmallDisk(context, "size=64k", async (disk) => {
      const file = join(disk, "log.jsonl");
      const filler = join(disk, "filler");
      await using log = await RunLog.open(file, 0);
      await log.append(line(1));
      await fill(filler);
      const refused: number[] = [];
      for (let step = 2; step <= 60; step++) {
        await log.append(line(step)).catch((error: unknown) => {
          assert.ok(isDiskFull(error));
          assert.match(`${error}`, /^EcampError: Cannot append to the log ".*": ENOSPC/);
          refused.push(step);
        });
        if (step === 50) await rm(filler);
      }
      assert.equal(refused.at(-1), 50);
      await log.flush();
      assert.deepEqual(
        (await read(file)).map(({ step }) => step),
        Array.from({ length: 60 }, (_, i) => i + 1),
      );
    });
  });

  test("ends in a whole line where the disk stays full", async (context) => {
    await onSmallDisk(context, "size=16k", async (disk) => {
      const file = join(disk, "log.jsonl");
      const log = await RunLog.open(file, 0);
      let step = 0;
      await assert.rejects(async () => {
        for (;;) await log.append(line(++step));
      }, isDiskFull);
      await assert.rejects(log.flush(), isDiskFull);
      await log[Symbol.asyncDispose]();
      assert.deepEqual((await read(file)).at(-1), line(step - 1));
      assert.equal((await readFile(file, "utf8")).at(-1), "\n");
    });
  });

  test("says which file cannot be opened", async () => {
    const file = join(root, "absent", "log.jsonl");
    await assert.rejects(RunLog.open(file, 0), (error) => {
      assert.ok(error instanceof EcampError);
      assert.ok(error.message.startsWith(`Cannot open the log "${file}": ENOENT`));
      return true;
    });
  });
});
