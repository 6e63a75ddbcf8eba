import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { openToy, toyBatches, toyState } from "../../test/toy-training.ts";
import { isDiskFull } from "../util/atomic-file.ts";
import { DecodeError, ExecutionError } from "../util/errors.ts";
import { Checkpoints } from "./checkpoint.ts";
import { gradientNorm } from "./gradient-norm.ts";
import { type LoopOptions, type MicroBatch, train, type UpdateReport } from "./loop.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { RunLog } from "./run-log.ts";

const root = await mkdtemp(join(tmpdir(), "loop-"));
after(() => rm(root, { recursive: true, force: true }));

const newRun = (): Promise<string> => mkdtemp(join(root, "run-"));

const SIZES = { samples: 4, accumulate: 2 };

type Choices =
  | "clip"
  | "checkpointEveryMs"
  | "signal"
  | "clock"
  | "validation"
  | "examine"
  | "onFullDisk";

/** Sees every micro-batch before the program does. */
type Change = (batch: MicroBatch, ordinal: number, store: ParameterStore) => MicroBatch;

interface ToyRun extends Partial<Pick<LoopOptions, Choices>> {
  readonly lastStep: number;
  readonly onUpdate?: (report: UpdateReport) => Promise<void> | void;
  readonly change?: Change;
}

/** Runs or resumes the toy in a folder, and says what happened. */
async function run(folder: string, { lastStep, change = (batch) => batch, ...options }: ToyRun) {
  await using toy = await openToy(SIZES);
  const checkpoints = new Checkpoints(folder, { keep: 100 });
  const state = (await checkpoints.latest()) ?? toyState(0);
  if (state.step > 0) await checkpoints.load(state.step, toy.store);
  await using log = await RunLog.open(join(folder, "log.jsonl"), state.step, state);
  const reports: UpdateReport[] = [];
  const saved: number[] = [];
  const notes: string[] = [];
  const batchesAfter = async function* (step: number): AsyncGenerator<MicroBatch> {
    let ordinal = SIZES.accumulate * step;
    for await (const batch of toyBatches(SIZES, step)) {
      yield change(batch, ordinal++, toy.store);
    }
  };
  const result = await train(
    { ...toy, batchesAfter, checkpoints, log },
    {
      state,
      lastStep,
      accumulate: SIZES.accumulate,
      epochOf: (step) => (step - 1) / 4,
      rateOf: (epoch) => 0.1 / (1 + epoch),
      clip: null,
      partOf: (name) => name,
      onValidation: () => undefined,
      checkpointEveryMs: Number.POSITIVE_INFINITY,
      metadata: { format: "toy" },
      signal: new AbortController().signal,
      clock: () => 0,
      now: () => new Date(0),
      onCheckpoint: (path) => saved.push(Number(path.slice(-6))),
      onFullDisk: "stop",
      onNote: (text) => notes.push(text),
      ...options,
      onUpdate: (report) => {
        reports.push(report);
        return options.onUpdate?.(report);
      },
    },
  );
  return { ...result, reports, saved, notes };
}

/** The files of a checkpoint, and the log without what may differ between equal runs. */
async function record(folder: string, step: number) {
  const path = new Checkpoints(folder, { keep: 1 }).path(step);
  const bytes = (name: string) => readFile(join(path, name));
  const lines = (await readFile(join(folder, "log.jsonl"), "utf8")).trimEnd().split("\n");
  return {
    model: await bytes("model.safetensors"),
    optimizer: await bytes("optimizer.safetensors"),
    state: await bytes("state.json"),
    log: lines.map((line) => ({ ...JSON.parse(line), timing: undefined })),
  };
}

describe("train()", () => {
  test("does every update, logs it, and ends with a checkpoint", async () => {
    const folder = await newRun();
    const { step, finished, reports, saved } = await run(folder, { lastStep: 3 });
    assert.deepEqual({ step, finished, saved }, { step: 3, finished: true, saved: [3] });
    assert.deepEqual(
      reports.map((report) => report.step),
      [1, 2, 3],
    );
    assert.deepEqual(
      reports.map(({ epoch }) => epoch),
      [0, 0.25, 0.5],
    );
    assert.deepEqual(
      reports.map(({ lr }) => lr),
      [0.1, 0.08, 0.1 / 1.5],
    );
    assert.ok(reports.every(({ samples, lastStep }) => samples === 8 && lastStep === 3));
    const { log } = await record(folder, 3);
    assert.deepEqual(
      log.map(({ step, losses, gradientNorm }) => ({ step, losses, gradientNorm })),
      reports.map(({ step, losses, gradientNorm }) => ({ step, losses, gradientNorm })),
    );
    assert.ok((log[2]?.losses.error ?? Number.NaN) < (log[0]?.losses.error ?? 0));
  });

  test("reports the mean loss of the micro-batches and the norm of their mean gradient", async () => {
    const { reports } = await run(await newRun(), { lastStep: 1 });
    await using toy = await openToy(SIZES);
    const losses: number[] = [];
    for await (const { feeds } of toyBatches(SIZES, 0)) {
      const { error = Number.NaN } = await toy.program.run(feeds, { micro: losses.length });
      if (losses.push(error) === SIZES.accumulate) break;
    }
    const [first = 0, second = 0] = losses;
    assert.notEqual(first, second);
    assert.deepEqual(reports[0]?.losses, { error: (first + second) / 2 });
    assert.equal(reports[0]?.gradientNorm, gradientNorm(toy.store));
  });

  test("clips by the largest norm", async () => {
    const [report] = (await run(await newRun(), { lastStep: 1 })).reports;
    assert.ok(report !== undefined && report.gradientNorm > 0.01);
    // AdamW's first step hardly depends on the scale of the gradients, its first moment does.
    const momentsAt = async (clip: number) => {
      const folder = await newRun();
      await run(folder, { lastStep: 1, clip });
      await using toy = await openToy(SIZES);
      await new Checkpoints(folder, { keep: 1 }).load(1, toy.store);
      return toy.store.moments.get("exp_avg/map.weight")?.data ?? new Float32Array();
    };
    const half = await momentsAt(report.gradientNorm / 2);
    const whole = await momentsAt(report.gradientNorm * 2);
    for (const [i, value] of whole.entries()) {
      assert.ok(Math.abs((half[i] ?? Number.NaN) - value / 2) <= 1e-5 * Math.abs(value));
    }
  });

  test("resumes at every step as if it had not stopped, bit for bit", async () => {
    const uninterrupted = await newRun();
    await run(uninterrupted, { lastStep: 4 });
    const expected = await record(uninterrupted, 4);
    for (let stop = 1; stop < 4; stop++) {
      const folder = await newRun();
      await run(folder, { lastStep: stop });
      const { reports } = await run(folder, { lastStep: 4 });
      assert.equal(reports[0]?.step, stop + 1);
      assert.deepEqual(await record(folder, 4), expected);
    }
  });

  test("forgets the updates after the newest checkpoint, and does them again", async () => {
    const folder = await newRun();
    await run(folder, { lastStep: 1 });
    const crash = new TypeError("a crash");
    const onUpdate = ({ step }: UpdateReport): void => {
      if (step === 3) throw crash;
    };
    await assert.rejects(run(folder, { lastStep: 4, onUpdate }), crash);
    await run(folder, { lastStep: 4 });
    const uninterrupted = await newRun();
    await run(uninterrupted, { lastStep: 4 });
    assert.deepEqual(await record(folder, 4), await record(uninterrupted, 4));
  });

  test("stops on the signal after the update that runs, with a checkpoint", async () => {
    const folder = await newRun();
    const controller = new AbortController();
    const onUpdate = ({ step }: UpdateReport): void => {
      if (step === 2) controller.abort();
    };
    const stopped = await run(folder, { lastStep: 5, signal: controller.signal, onUpdate });
    assert.deepEqual([stopped.step, stopped.finished, stopped.saved], [2, false, [2]]);
    const { step, finished } = await run(folder, { lastStep: 5 });
    assert.deepEqual([step, finished], [5, true]);
  });

  test("leaves a checkpoint even where it was stopped before its first update", async () => {
    const folder = await newRun();
    const { step, saved } = await run(folder, { lastStep: 5, signal: AbortSignal.abort() });
    assert.deepEqual([step, saved], [0, [0]]);
    assert.equal((await new Checkpoints(folder, { keep: 1 }).latest())?.step, 0);
  });

  test("does nothing where nothing is left to do", async () => {
    const folder = await newRun();
    await run(folder, { lastStep: 2 });
    const { step, finished, reports, saved } = await run(folder, { lastStep: 2 });
    assert.deepEqual(
      { step, finished, reports, saved },
      { step: 2, finished: true, reports: [], saved: [] },
    );
  });

  test("saves by the clock", async () => {
    let now = 0;
    const minutes = [4, 5, 1, 1, 8, 1]; // how long each update takes
    const { saved } = await run(await newRun(), {
      lastStep: 6,
      checkpointEveryMs: 9 * 60_000,
      clock: () => now,
      change: (batch, ordinal) => {
        if (ordinal % 2 === 0) now += (minutes[ordinal / 2] ?? 0) * 60_000;
        return batch;
      },
    });
    assert.deepEqual(saved, [2, 5, 6]);
  });

  test("tells the time of an update, and how much of it went into waiting", async () => {
    let now = 0;
    const { reports } = await run(await newRun(), {
      lastStep: 1,
      clock: () => now,
      change: (batch) => {
        now += 7;
        return batch;
      },
    });
    const { time, stepMs, waitMs, memory } = reports[0]?.timing ?? {};
    assert.deepEqual(
      { time, stepMs, waitMs },
      { time: "1970-01-01T00:00:00.000Z", stepMs: 14, waitMs: 14 },
    );
    assert.ok(Number(memory) > 1e6);
  });

  /** Makes one number of a micro-batch's input something else. */
  const spoil =
    (spoilt: number): Change =>
    (batch, ordinal) => {
      const { data } = batch.feeds.get("x") ?? {};
      if (ordinal === spoilt && data instanceof Float32Array) data[0] = Number.NaN;
      return batch;
    };

  test("stops at a loss that is no number, names step and records, and saves what was done before", async () => {
    const folder = await newRun();
    await run(folder, { lastStep: 1 });
    const examined: object[] = [];
    const examine: NonNullable<LoopOptions["examine"]> = async ({
      step,
      micro,
      found,
      records,
    }) => {
      examined.push({ step, micro, found, records });
      return "the input has a hole";
    };
    await assert.rejects(
      run(folder, { lastStep: 4, change: spoil(5), examine }),
      new ExecutionError(
        "Cannot go on at step 3: error is NaN on the records record 5; " +
          "the input has a hole; lower the learning rate or look at the records",
      ),
    );
    assert.deepEqual(examined, [
      { step: 3, micro: 1, found: "error is NaN", records: ["record 5"] },
    ]);
    assert.deepEqual(await new Checkpoints(folder, { keep: 9 }).steps(), [1, 2]);
    const { reports } = await run(folder, { lastStep: 4 });
    assert.equal(reports[0]?.step, 3);
    const uninterrupted = await newRun();
    await run(uninterrupted, { lastStep: 4 });
    assert.deepEqual(await record(folder, 4), await record(uninterrupted, 4));
  });

  test("names eight records at most, and says when it could not look closer", async () => {
    const change: Change = (batch, ordinal, store) => {
      const names = Array.from({ length: 11 }, (_, i) => `r${i + 1}`);
      return { ...spoil(2)(batch, ordinal, store), ids: async () => names };
    };
    const examine = async () => {
      throw new TypeError("no light");
    };
    await assert.rejects(
      run(await newRun(), { lastStep: 4, change, examine }),
      /^ExecutionError: Cannot go on at step 2: error is NaN on the records r1, r2, r3, r4, r5, r6, r7, r8 and 3 more; looking into it failed: no light; /,
    );
  });

  test("finds the micro-batch whose gradient is not finite though its loss is", async () => {
    // The error is 1e15 and the gradient that times 3e38, where a weight of 0 keeps the large input out of the error.
    const change: Change = (batch, ordinal, store) => {
      const weight = store.values.get("map.weight")?.data;
      const [x, y] = ["x", "y"].map((name) => batch.feeds.get(name)?.data);
      if (weight !== undefined && ordinal >= 2) weight[0] = weight[3] = 0;
      if (x !== undefined && ordinal === 2) x[0] = 3e38;
      if (y !== undefined && ordinal === 2) y[0] = 1e15;
      return batch;
    };
    const examined: object[] = [];
    const examine: NonNullable<LoopOptions["examine"]> = async ({ micro, records }) => {
      examined.push({ micro, records });
      return "it is steep";
    };
    await assert.rejects(
      run(await newRun(), { lastStep: 4, change, examine }),
      /^ExecutionError: Cannot go on at step 2: the gradient norm is Infinity on the records record 2; it is steep; /,
    );
    assert.deepEqual(examined, [{ micro: 0, records: ["record 2"] }]);
  });

  test("names all records of an update whose gradients are not finite in their sum alone", async () => {
    const folder = await newRun();
    // The second micro-batch of update 2 adds to what overflowed in the first.
    const change: Change = (batch, ordinal, store) => {
      if (ordinal === 3) store.gradients.get("map.bias")?.data.fill(Number.POSITIVE_INFINITY);
      return batch;
    };
    await assert.rejects(
      run(folder, { lastStep: 2, checkpointEveryMs: 0, change }),
      /^ExecutionError: Cannot go on at step 2: the gradient norm is Infinity on the records record 2, record 3; /,
    );
    assert.deepEqual(await new Checkpoints(folder, { keep: 9 }).steps(), [1]);
  });

  test("saves nothing when it is a parameter that is no number", async () => {
    const folder = await newRun();
    const change: Change = (batch, ordinal, store) => {
      if (ordinal === 4) store.values.get("map.bias")?.data.fill(Number.NaN);
      return batch;
    };
    await assert.rejects(run(folder, { lastStep: 4, change }), ExecutionError);
    assert.deepEqual(await new Checkpoints(folder, { keep: 9 }).steps(), []);
  });

  test("saves what was done before a batch that cannot be had", async () => {
    const folder = await newRun();
    const change: Change = (batch, ordinal) => {
      if (ordinal === 5) throw new DecodeError("Cannot use record 5");
      return batch;
    };
    await assert.rejects(
      run(folder, { lastStep: 4, change }),
      new DecodeError("Cannot use record 5"),
    );
    assert.deepEqual(await new Checkpoints(folder, { keep: 9 }).steps(), [2]);
    await assert.rejects(run(folder, { lastStep: 4, change }), DecodeError);
    assert.deepEqual(await new Checkpoints(folder, { keep: 9 }).steps(), [2]);
  });
});

describe("train() on a disk that is full", () => {
  /** Fills the disk while updates 3 to 5 are done. */
  const filling = (disk: string) => ({
    onUpdate: async ({ step }: UpdateReport) => {
      const filler = join(disk, "filler");
      if (step === 2) {
        await assert.rejects(async () => {
          for (;;) await appendFile(filler, new Uint8Array(512));
        }, isDiskFull);
      }
      if (step === 5) await rm(filler);
    },
  });

  test("stops where it shall, with the last checkpoint as it was", async (context) => {
    await onSmallDisk(context, "size=256k", async (disk) => {
      await assert.rejects(
        run(disk, { lastStep: 8, checkpointEveryMs: 0, ...filling(disk) }),
        (error) => {
          assert.match(
            `${error}`,
            /^EcampError: Cannot save the checkpoint of step 2 .*: the disk is full, .* expected; that of step 1 stands$/,
          );
          assert.ok(isDiskFull(error));
          return true;
        },
      );
      assert.deepEqual(await new Checkpoints(disk, { keep: 9 }).steps(), [1]);
    });
  });

  test("goes on where it shall, saves when there is room again, and computes the same", async (context) => {
    const undisturbed = await newRun();
    await run(undisturbed, { lastStep: 8 });
    await onSmallDisk(context, "size=256k", async (disk) => {
      const { saved, notes } = await run(disk, {
        lastStep: 8,
        checkpointEveryMs: 0,
        onFullDisk: "continue",
        ...filling(disk),
      });
      assert.deepEqual(saved, [1, 5, 6, 7, 8]);
      assert.match(
        notes[0] ?? "",
        /^warning: Cannot save the checkpoint of step 2 .*: the disk is full, .*; training goes on$/,
      );
      assert.equal(notes.filter((note) => note.includes("checkpoint")).length, 1);
      assert.deepEqual(await record(disk, 8), await record(undisturbed, 8));
    });
  });

  describe("with patience", () => {
    /** A validation after every update, whose losses are given. */
    const validating = (losses: readonly number[]) => {
      let asked = 0;
      return {
        isDue: () => true,
        run: async () => ({ error: losses[asked++] ?? Number.NaN }),
        criterion: ({ error = Number.NaN }: Readonly<Record<string, number>>) => error,
        patience: 2,
      };
    };

    test("stops when validation has not gained so often in succession, and does not go on", async () => {
      const folder = await newRun();
      const validation = validating([5, 4, 4, 3, 4, 3]);
      const { step, finished, exhausted, saved } = await run(folder, { lastStep: 20, validation });
      assert.deepEqual([step, finished, exhausted, saved], [6, true, true, [6]]);
      const state = await new Checkpoints(folder, { keep: 1 }).latest();
      assert.deepEqual([state?.best, state?.validationsSinceBest], [{ step: 4, loss: 3 }, 2]);
      const again = await run(folder, { lastStep: 20, validation: validating([0]) });
      assert.deepEqual([again.step, again.exhausted, again.reports], [6, true, []]);
    });

    test("makes up for a validation that was stopped, and keeps what it found with the checkpoint", async () => {
      const undisturbed = await newRun();
      await run(undisturbed, { lastStep: 3, validation: validating([5, 4, 3]) });
      const folder = await newRun();
      const given = validating([5, 4]);
      /** Nothing, as when the signal comes first, when the losses are used up. */
      const losses = async () => {
        const found = await given.run();
        return Number.isNaN(found.error) ? undefined : found;
      };
      await run(folder, { lastStep: 3, validation: { ...given, run: losses } });
      const checkpoints = new Checkpoints(folder, { keep: 1 });
      assert.equal((await checkpoints.latest())?.validationDue, true);
      await run(folder, { lastStep: 3, validation: validating([3]) });
      const state = await checkpoints.latest();
      assert.deepEqual([state?.best, state?.validationDue], [{ step: 3, loss: 3 }, undefined]);
      assert.deepEqual(await record(folder, 3), await record(undisturbed, 3));
      const again = await run(folder, { lastStep: 3, validation: validating([]) });
      assert.equal(again.step, 3);
    });

    test("counts a tie as a gain where that is wanted", async () => {
      const folder = await newRun();
      const validation = { ...validating([5, 4, 4, 6, 4, 7, 7]), tiesReplace: true };
      const { step } = await run(folder, { lastStep: 20, validation });
      const state = await new Checkpoints(folder, { keep: 1 }).latest();
      assert.deepEqual([step, state?.best], [7, { step: 5, loss: 4 }]);
    });
  });
});
