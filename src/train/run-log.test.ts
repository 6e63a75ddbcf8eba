import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
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
  timing: { time: "2025-01-01T00:00:00.000Z", stepMs: 5, waitMs: 1, memory: 1e9 },
});

/** Appends lines as a run that has done `done` updates. */
async function append(file: string, done: number, steps: readonly number[]): Promise<void> {
  await using log = await RunLog.open(file, done);
  for (const step of steps) await log.append(line(step));
  await log.flush();
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

  test("says which file cannot be opened", async () => {
    const file = join(root, "absent", "log.jsonl");
    await assert.rejects(RunLog.open(file, 0), (error) => {
      assert.ok(error instanceof EcampError);
      assert.ok(error.message.startsWith(`Cannot open the log "${file}": ENOENT`));
      return true;
    });
  });
});
