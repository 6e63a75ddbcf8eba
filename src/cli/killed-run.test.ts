import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ChildOptions, hangAt, killAt } from "../../test/child-run.ts";
import { KilledRuns, killAfter } from "../../test/killed-runs.ts";
import { RandomStream } from "../util/random.ts";

let runs: KilledRuns;
before(async () => {
  // Words at every place make one shape of batch, which is compiled sooner than several; the slow test has those.
  // The kills leave it at step 14 of 16 at the most.
  runs = await KilledRuns.open(8, { "mlm.positions": "all" });
});
after(() => runs[Symbol.asyncDispose]());

/** What stands among the checkpoints after each kill. */
const standing = (out: string): Promise<readonly string[]> =>
  readdir(join(out, "checkpoints")).catch((): string[] => []);

const killed = (call: "open" | "rename" | "rm", path: RegExp, times = 1): ChildOptions => ({
  preload: killAt({ call, path, times }),
});

const skip = process.platform === "win32" && "Windows has no such signals";

describe("ecamp pretrain", { skip }, () => {
  test("ends as if it had not been killed, wherever it was, with and without workers", async () => {
    const out = await runs.newFolder();
    const random = new RandomStream({ seed: 11, name: "kill-points" });
    const places: readonly (readonly [ChildOptions, left?: RegExp])[] = [
      // Half-written, whole but not in its place, and half-deleted: what stood before goes on standing.
      [
        killed("open", /checkpoints\/\.step-\d+\..*\/\.optimizer/, 2),
        /^\.step-000002\.\S* step-000001$/,
      ],
      [
        killed("rename", /checkpoints\/step-\d+$/, 3),
        /^\.step-000004\.\S* step-000001 step-000002 step-000003$/,
      ],
      [
        killed("rm", /\.old\.tmp$/),
        /^\.step-000001\.old\.tmp step-000002 step-000003 step-000004$/,
      ],
      [killed("rename", /best\/model\.safetensors$/)],
      [killed("open", /log\.jsonl$/)],
      ...Array.from(
        { length: 6 },
        (_, i) => [killAfter(1 + (i % 2), 30 * random.uniform())] as const,
      ),
    ];
    assert.ok(places.length >= 10);
    for (const [i, [place, left]] of places.entries()) {
      const { signal, stderr } = await runs.goOn(out, { ...place, workers: i % 2 === 0 ? 0 : 2 });
      assert.equal(signal, "SIGKILL", stderr);
      if (left !== undefined) assert.match((await standing(out)).join(" "), left);
    }
    await runs.finish(out, { workers: 2 });
  });

  test("refuses a folder in use; a second SIGTERM stops at once, and the run goes on from there", async () => {
    const out = await runs.newFolder();
    // The second checkpoint never gets into its place, so the first SIGTERM waits for ever.
    const preload = hangAt({ call: "rename", path: /checkpoints\/step-\d+$/, times: 2 });
    let refused: Promise<void> | undefined;
    let insists = false;
    const { status, signal, stderr } = await runs.goOn(out, {
      workers: 1,
      preload,
      onStderr: (text, child) => {
        if (text.includes("saved "))
          refused ??= refuses(out, child.pid).finally(() => child.kill());
        if (insists || !text.includes("Stopping in good order")) return;
        insists = true;
        child.kill();
      },
    });
    await refused;
    assert.deepEqual([status, signal], [143, null], stderr);
    const whole = (await standing(out)).filter((name) => !name.startsWith("."));
    assert.deepEqual(whole, ["step-000001"]);
    const end = await runs.finish(out, { workers: 0 });
    assert.match(end.stderr, /took over the lock of process \d+, which has ended/);
  });

  async function refuses(out: string, pid: number | undefined): Promise<void> {
    const { status, stderr } = await runs.goOn(out, { workers: 0 });
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`Cannot use ".*": a run of process ${pid} has been using it since 20`),
    );
  }
});
