import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { recordOf, TinyRuns } from "../../test/tiny-runs.ts";
import { ConfigError, ExecutionError, WeightsError } from "../util/errors.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { replayBadStep } from "./bad-step-files.ts";
import type { RunEvent } from "./pretrain.ts";

let runs: TinyRuns;
before(async () => {
  runs = await TinyRuns.open();
});
after(() => runs[Symbol.asyncDispose]());

/** Parameters are finite and enormous after the first update, so that the second computes what is not finite. */
const EXPLODING = { train: { accumulate: 1, lr: 1e30 } };

/** Runs until a step is bad; gives the folder and the error's message. */
async function explode(
  data = runs.data,
): Promise<{ readonly out: string; readonly message: string }> {
  const out = join(await runs.newFolder(), "run");
  let message = "";
  await assert.rejects(runs.run(out, { ...EXPLODING, run: { data } }), (error) => {
    assert.ok(error instanceof ExecutionError);
    message = error.message;
    return true;
  });
  return { out, message };
}

/** A copy of the dataset that is private. */
async function privateData(): Promise<string> {
  const data = await runs.copyData();
  const manifest = join(data, "dataset.json");
  const text = await readFile(manifest, "utf8");
  await writeFile(manifest, text.replace('"privacy": "public"', '"privacy": "private"'));
  return data;
}

describe("a run whose numbers are not finite", () => {
  test("says where and of what, saves what was done, and leaves the step to be done again", async () => {
    const { out, message } = await explode();
    const pattern =
      /^Cannot go on at step 2: (?<found>.* is (?:NaN|Infinity).*) on the records (?<ids>.*); the first that is not finite is the tensor "(?<name>.*)" f32\[.*; --replay failures\/step-000002 does that step again; lower the learning rate or look at the records$/;
    const { found, ids, name } = pattern.exec(message)?.groups ?? {};
    assert.ok(found !== undefined && ids !== undefined && name !== undefined, message);
    const checkpoints = await readdir(join(out, "checkpoints"));
    assert.deepEqual(checkpoints, ["step-000001"]);
    assert.ok(!(await readdir(out)).includes("run.lock"));

    const record = JSON.parse(await readFile(join(out, "failures", "step-000002.json"), "utf8"));
    assert.deepEqual(record.records, ids.split(", "));
    assert.deepEqual([record.step, record.micro, record.found], [2, 0, found]);
    // The parameters of the file are those before the step, so those of the checkpoint.
    await using kept = await openSafetensors(join(out, "failures", "step-000002.safetensors"));
    await using model = await openSafetensors(
      join(out, "checkpoints", "step-000001", "model.safetensors"),
    );
    for (const parameter of model.names) {
      assert.deepEqual(await kept.read(`value/${parameter}`), await model.read(parameter));
    }
    const config = runs.configOf({ ...EXPLODING, run: { data: null, tokenizer: null } });
    for (const file of ["failures/step-000002", join(out, "failures", "step-000002.json")]) {
      const { first, isSame, ...replayed } = await replayBadStep(file, { out, config });
      assert.ok(isSame);
      assert.deepEqual([first?.role, first?.name], ["tensor", name]);
      assert.deepEqual([replayed.step, replayed.records], [2, ids.split(", ")]);
    }
  });

  const skip = process.platform === "win32" && "Windows has no permission bits";
  test("lets only the owner read what a private dataset left", { skip }, async () => {
    const { out } = await explode(await privateData());
    const modes = ["", "step-000002.json", "step-000002.safetensors"].map(
      async (name) => (await stat(join(out, "failures", name))).mode & 0o777,
    );
    assert.deepEqual(await Promise.all(modes), [0o700, 0o600, 0o600]);
  });
});

describe("replayBadStep()", () => {
  test("refuses files that are not there, damaged or of another run", async () => {
    const { out } = await explode();
    const json = join(out, "failures", "step-000002.json");
    const config = runs.configOf(EXPLODING);
    const replay = (changes = config) =>
      replayBadStep("failures/step-000002", { out, config: changes });
    await assert.rejects(
      replayBadStep("failures/step-000009", { out, config }),
      new ConfigError(
        `Cannot replay "${join(out, "failures", "step-000009.json")}": there is no such file`,
      ),
    );
    await assert.rejects(
      replay(runs.configOf({ ...EXPLODING, model: { bertDepth: 2 } })),
      /^EcampError: Cannot replay ".*": \d+ parameters are missing \(such as .*\); it is of another run$/,
    );
    const text = await readFile(json, "utf8");
    await writeFile(json, text.slice(0, text.length / 2));
    await assert.rejects(
      replay(),
      new ConfigError(`Cannot replay "${json}": it is not what a run leaves of a step that failed`),
    );
    await writeFile(json, text);
    await truncate(join(out, "failures", "step-000002.safetensors"), 1000);
    await assert.rejects(replay(), /^WeightsError: /);
    await rm(join(out, "failures", "step-000002.safetensors"));
    await assert.rejects(replay(), /^WeightsError: /);
  });
});

describe("a run on a disk of 20 MB", () => {
  /** A million parameters: a checkpoint takes 14 MB. */
  const LARGE = {
    model: { dim: 128, depth: 6, mlpRatio: 4, bertMlpDim: 16 },
    train: { accumulate: 1, checkpointMinutes: 1e-6, validateEpochs: 0 },
  };

  test("refuses to start where no checkpoint fits", async (context) => {
    await onSmallDisk(context, "size=20m", async (disk) => {
      const out = join(disk, "run");
      await writeFile(join(disk, "filler"), new Uint8Array(12e6));
      await assert.rejects(
        runs.run(out, LARGE),
        /^ConfigError: Cannot start a run in ".*": its disk has 9\.0 MB left, \d+ MB expected for a checkpoint; make room or choose another --out$/,
      );
      assert.deepEqual(await readdir(disk), ["filler"]);
    });
  });

  test("stops at a checkpoint that does not fit, with the last one as it was", async (context) => {
    await onSmallDisk(context, "size=20m", async (disk) => {
      const out = join(disk, "run");
      await assert.rejects(runs.run(out, LARGE, { clock: tickingClock() }), (error) => {
        assert.match(
          `${error}`,
          /^EcampError: Cannot save the checkpoint of step 2 in ".*": the disk is full, [\d.]+ MB expected; that of step 1 stands$/,
        );
        return true;
      });
      assert.deepEqual(await readdir(join(out, "checkpoints")), ["step-000001"]);
      assert.ok(!(await readdir(out)).includes("run.lock"));
      const { step } = await runs.run(
        out,
        { ...LARGE, train: { ...LARGE.train, checkpointMinutes: 1 } },
        { resume: true, stopAfter: 1 },
      );
      assert.equal(step, 1);
    });
  });

  test("goes on where it shall, and says so once a checkpoint", async (context) => {
    await onSmallDisk(context, "size=20m", async (disk) => {
      const out = join(disk, "run");
      let last = "";
      const notes: string[] = [];
      const onEvent = (event: RunEvent): void => {
        if (event.kind === "note") notes.push(event.text);
        if (event.kind === "update") last = `${event.report.step}`;
      };
      const train = {
        ...LARGE.train,
        onFullDisk: "continue",
        epochs: 1,
        validateEpochs: 0,
      } as const;
      // The last checkpoint has to be written: there is nothing to go on with.
      await assert.rejects(
        runs.run(out, { ...LARGE, train }, { onEvent, clock: tickingClock() }),
        /Cannot save the checkpoint of step 4 /,
      );
      assert.equal(last, "4");
      const told = notes.filter((note) => note.includes("training goes on"));
      assert.equal(told.length, 1);
      assert.match(
        told[0] ?? "",
        /^warning: Cannot save the checkpoint of step 2 .* that of step 1 stands; /,
      );
      assert.deepEqual(await readdir(join(out, "checkpoints")), ["step-000001"]);
      const log = (await readFile(join(out, "log.jsonl"), "utf8")).trimEnd().split("\n");
      assert.equal(log.length, 4);
    });
  });
});

/** A clock of which every look takes a second. */
function tickingClock(): () => number {
  let now = 0;
  return () => (now += 1000);
}

describe("a run that is resumed", () => {
  const SINGLE = { train: { accumulate: 1 } };

  test("refuses a folder on a read-only disk, before it computes anything", async (context) => {
    await onSmallDisk(context, "size=20m", async (disk) => {
      const out = join(disk, "run");
      await runs.run(out, SINGLE, { stopAfter: 1 });
      execFileSync("mount", ["-o", "remount,ro", disk]);
      const events: RunEvent[] = [];
      const onEvent = (event: RunEvent) => void events.push(event);
      await assert.rejects(
        runs.run(out, SINGLE, { resume: true, onEvent }),
        /^ConfigError: Cannot write the lock ".*run\.lock": EROFS: read-only file system/,
      );
      await assert.rejects(
        runs.run(join(disk, "other"), SINGLE, { onEvent }),
        /^ConfigError: Cannot start a run in ".*other": EROFS: read-only file system/,
      );
      assert.deepEqual(events, []);
    });
  });

  test("says what to do about a state.json that is cut in half, and goes on when that was done", async () => {
    const out = await runs.newFolder();
    const saving = { ...SINGLE, train: { ...SINGLE.train, checkpointMinutes: 1e-6 } };
    await runs.run(out, saving, { stopAfter: 2, clock: tickingClock() });
    const checkpoint = join(out, "checkpoints", "step-000002");
    const state = join(checkpoint, "state.json");
    await truncate(state, Math.floor((await stat(state)).size / 2));
    await assert.rejects(
      runs.run(out, saving, { resume: true }),
      new WeightsError(
        `Cannot read "${state}": it is not valid JSON; delete its folder to resume from the checkpoint before it`,
      ),
    );
    await rm(checkpoint, { recursive: true });
    const { events } = await runs.run(out, saving, { resume: true, stopAfter: 2 });
    const [started] = events;
    assert.ok(started?.kind === "started" && started.doneSteps === 1);
  });

  test("is not troubled by a calendar that jumps back", async () => {
    const straight = await runs.newFolder();
    await runs.run(straight, SINGLE);
    const out = await runs.newFolder();
    let days = 20_000;
    const now = () => new Date(86_400_000 * days--);
    await runs.run(out, SINGLE, { stopAfter: 3, now });
    await runs.run(out, SINGLE, { resume: true, now });
    assert.deepEqual(await recordOf(out, 8), await recordOf(straight, 8));
  });
});
