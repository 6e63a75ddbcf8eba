import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { ConfigError } from "../util/errors.ts";
import { freeBytes, requireSpace } from "./disk-space.ts";

/** Asks, and gives what was told. */
async function notesOf(folder: string, checkpointBytes: number): Promise<readonly string[]> {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  await requireSpace(folder, { checkpointBytes, checkpoints: 4, note });
  return notes;
}

describe("requireSpace()", () => {
  test("asks the disk of a folder that is not there yet", async () => {
    const here = await freeBytes(tmpdir());
    const there = await freeBytes(join(tmpdir(), "absent", "deeper", "run"));
    assert.ok(here !== undefined && there !== undefined && here > 0 && there > 0);
    await assert.rejects(notesOf(join(tmpdir(), "absent"), 1e18), ConfigError);
  });

  test("refuses where no checkpoint fits, warns where not all do", async (context) => {
    await onSmallDisk(context, "size=2m", async (disk) => {
      const run = join(disk, "run");
      assert.deepEqual(await notesOf(run, 0.5e6), []);
      assert.deepEqual(await notesOf(run, 0.9e6), [
        `warning: "${run}": its disk has 2.1 MB left, and 4 checkpoints of 0.9 MB will stand there at once`,
      ]);
      await assert.rejects(
        notesOf(run, 3e6),
        new ConfigError(
          `Cannot start a run in "${run}": its disk has 2.1 MB left, 3.0 MB expected for a checkpoint; make room or choose another --out`,
        ),
      );
    });
  });
});
