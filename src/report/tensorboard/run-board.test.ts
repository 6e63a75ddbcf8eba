import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { NANO } from "../../../test/nano-model.ts";
import { readEvents } from "../../../test/read-events.ts";
import { DEVICE } from "../../../test/toy-training.ts";
import { decodeImage } from "../../image/decode.ts";
import { declareEcampParameters } from "../../model/declare-parameters.ts";
import { initialValues } from "../../nn/initializers.ts";
import type { RunView, WatchedRun } from "../../tasks/pretrain.ts";
import type { UpdateReport } from "../../train/loop.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { openRunBoard, type RunBoardOptions } from "./run-board.ts";

const root = await mkdtemp(join(tmpdir(), "run-board-"));
after(() => rm(root, { recursive: true, force: true }));

const SIDE = NANO.bigImageSize;
const LOOK: RunView = {
  config: NANO,
  parameters: new Map<string, NdArray>(
    [...declareEcampParameters(NANO).values()].map((parameter) => [
      parameter.name,
      initialValues({ ...parameter, seed: 4 }),
    ]),
  ),
  image: ndArray(
    "u8",
    [5, SIDE, SIDE],
    Array.from({ length: 5 * SIDE * SIDE }, (_, i) => (i * 7) % 256),
  ),
};

const updateOf = (step: number, changes: Partial<UpdateReport> = {}): UpdateReport => ({
  ...{ step, epoch: 0.5, lr: 0.25, gradientNorm: 3, samples: 8, lastStep: 10 },
  losses: { mim: 1, res: 2, mlm: 8 },
  gradientNorms: { "image encoder": 2, "word head": 0.5 },
  timing: { time: "2024-01-01T00:00:00Z", stepMs: 500, waitMs: 125, memory: 3e9 },
  ...changes,
});

async function open(changes: Partial<RunBoardOptions & WatchedRun> = {}) {
  const folder = changes.out ?? (await mkdtemp(join(root, "run-")));
  const notes: string[] = [];
  const settings: WatchedRun & RunBoardOptions = {
    ...{ out: folder, doneSteps: 0, includeCases: false, picturesEvery: 0 },
    privacy: "public",
    ...{ device: DEVICE, maskRatio: 0.5, seed: 1, normalizedPatches: false, lossWeights: {} },
    now: () => new Date(1_700_000_000_000),
    note: (text: string) => notes.push(text),
    ...changes,
  };
  const board = await openRunBoard(settings, settings);
  const events = async () => {
    const names = (await readdir(folder)).filter((name) => name.startsWith("events."));
    const all = await Promise.all(names.toSorted().map((name) => readEvents(join(folder, name))));
    return all.flat();
  };
  return { board, folder, notes, events };
}

/** Step and tag of every picture. */
const picturesOf = (events: Awaited<ReturnType<typeof readEvents>>) =>
  events.flatMap(({ step, values }) =>
    values.flatMap(({ tag, image }) => (image === undefined ? [] : [{ step, tag, ...image }])),
  );

describe("openRunBoard()", () => {
  test("shows an update as curves", async () => {
    const { board, events } = await open({ lossWeights: { mim: 1, res: 0.5, mlm: 0.25 } });
    await board.onUpdate(updateOf(1), LOOK);
    await board[Symbol.asyncDispose]();
    const last = (await events()).at(-1);
    assert.equal(last?.step, 1);
    const curves = Object.fromEntries(last?.values.map(({ tag, scalar }) => [tag, scalar]) ?? []);
    assert.deepEqual(curves, {
      "loss/mim": 1,
      "loss/res": 2,
      "loss/mlm": 8,
      "loss/total": 4,
      lr: 0.25,
      "gradient-norm/all": 3,
      "gradient-norm/image-encoder": 2,
      "gradient-norm/word-head": 0.5,
      "speed/pairs-per-second": 16,
      "speed/data-wait": 0.25,
      "memory/resident-gigabytes": 3,
    });
  });

  test("shows a validation, and an update too short to have a speed", async () => {
    const { board, events } = await open();
    const timing = { ...updateOf(1).timing, stepMs: 0, waitMs: 0 };
    await board.onUpdate(updateOf(1, { timing }), LOOK);
    await board.onValidation(1, { mim: 0.5, mlm: 4 });
    await board[Symbol.asyncDispose]();
    const [update, validation] = (await events()).slice(-2);
    assert.ok(update?.values.every(({ tag }) => !tag.startsWith("speed/")));
    assert.deepEqual(validation?.values, [
      { tag: "validation/mim", scalar: 0.5 },
      { tag: "validation/mlm", scalar: 4 },
      { tag: "validation/total", scalar: 4.5 },
    ]);
  });

  test("shows four films at the first step and at every so many, and leaves the run as it is", async () => {
    const before = structuredClone([...LOOK.parameters, ["image", LOOK.image]]);
    const { board, events } = await open({ picturesEvery: 3 });
    for (let step = 1; step <= 7; step++) await board.onUpdate(updateOf(step), LOOK);
    await board[Symbol.asyncDispose]();
    const pictures = picturesOf(await events());
    assert.deepEqual(
      pictures.map(({ step, tag, width, height }) => [step, tag, width, height]),
      [1, 3, 6].map((step) => [step, "films/reconstruction", 4 * SIDE + 3 * 8, 4 * SIDE + 3 * 8]),
    );
    assert.deepEqual(pictures[0]?.png, pictures[2]?.png, "the same draw of patches every time");
    const decoded = await decodeImage(pictures[0]?.png ?? new Uint8Array());
    const row = [...decoded.data.subarray(0, SIDE)];
    assert.deepEqual(row, [...LOOK.image.data.subarray(0, SIDE)], "the film stands first");
    assert.deepEqual([...LOOK.parameters, ["image", LOOK.image]], before);
  });

  test("shows no film of a private dataset unless it is asked to, in files of the owner's", async () => {
    for (const includeCases of [false, true]) {
      const { board, events, folder } = await open({
        ...{ privacy: "private", includeCases, picturesEvery: 1 },
      });
      await board.onUpdate(updateOf(1), LOOK);
      await board[Symbol.asyncDispose]();
      assert.equal(picturesOf(await events()).length, includeCases ? 1 : 0);
      const [name = ""] = await readdir(folder);
      if (process.platform !== "win32") {
        assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
      }
    }
  });

  test("starts a new file with the step after the checkpoint when the run goes on", async () => {
    const { board, folder, events } = await open();
    for (let step = 1; step <= 3; step++) await board.onUpdate(updateOf(step), LOOK);
    await board[Symbol.asyncDispose]();
    const resumed = await open({ out: folder, doneSteps: 2 });
    await resumed.board.onUpdate(updateOf(3), LOOK);
    await resumed.board[Symbol.asyncDispose]();
    const story = (await events()).map(({ step, session }) => [step, session ?? 0]);
    assert.deepEqual(story, [
      [0, 0],
      [1, 1],
      [1, 0],
      [2, 0],
      [3, 0],
      [0, 0],
      [3, 1],
      [3, 0],
    ]);
  });

  test("says once that there will be no curves, and lets the run go on", async () => {
    const file = join(root, "a-file");
    await writeFile(file, "");
    const { board, notes } = await open({ out: join(file, "run") });
    await board.onUpdate(updateOf(1), LOOK);
    await board.onUpdate(updateOf(2), LOOK);
    await board[Symbol.asyncDispose]();
    assert.equal(notes.length, 1);
    assert.match(
      notes[0] ?? "",
      /^Cannot write the event file .*; the run goes on without TensorBoard's curves$/,
    );
  });

  test("goes on without pictures when the model cannot be run", async () => {
    const { board, notes, events } = await open({ picturesEvery: 1 });
    const broken = { ...LOOK, parameters: new Map() };
    await board.onUpdate(updateOf(1), broken);
    await board.onUpdate(updateOf(2), LOOK);
    await board[Symbol.asyncDispose]();
    assert.equal(notes.length, 1);
    assert.match(
      notes[0] ?? "",
      /^Cannot draw films at step 1: .*; the run goes on without pictures$/,
    );
    assert.equal(picturesOf(await events()).length, 0);
    assert.equal((await events()).at(-1)?.step, 2);
  });
});
