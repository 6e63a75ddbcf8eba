import assert from "node:assert/strict";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { toyObjective, toyState } from "../../test/toy-training.ts";
import { isDiskFull } from "../util/atomic-file.ts";
import { EcampError, WeightsError } from "../util/errors.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import { type CheckpointContent, Checkpoints } from "./checkpoint.ts";
import { decayByRank } from "./parameter-groups.ts";
import { ParameterStore } from "./parameter-store.ts";

const root = await mkdtemp(join(tmpdir(), "checkpoint-"));
after(() => rm(root, { recursive: true, force: true }));

const newRun = (): Promise<string> => mkdtemp(join(root, "run-"));

/** A store in which every number is another; `seed` makes them others again. */
function numbered(seed: number, width = 2): ParameterStore {
  const store = new ParameterStore({
    ...toyObjective(4, width),
    rules: decayByRank(0.1),
    slots: ["exp_avg", "exp_avg_sq"],
  });
  let next = seed;
  for (const { data } of [...store.values.values(), ...store.moments.values()]) {
    for (let i = 0; i < data.length; i++) data[i] = Math.sin(next++);
  }
  return store;
}

const contents = (store: ParameterStore): readonly (readonly [string, readonly number[]])[] =>
  [...store.values, ...store.moments].map(([name, { data }]) => [name, [...data]]);

const content = (step: number, store = numbered(step)): CheckpointContent => ({
  store,
  state: { ...toyState(step), inputs: { dataset: "ab12" } },
  metadata: { format: "toy", config: "{}" },
});

/** A run with one checkpoint. */
async function saved(
  step: number,
): Promise<{ readonly checkpoints: Checkpoints; readonly path: string }> {
  const checkpoints = new Checkpoints(await newRun(), { keep: 3 });
  return { checkpoints, path: await checkpoints.save(content(step)) };
}

describe("Checkpoints.save() and load()", () => {
  test("give every parameter and moment back bit for bit, and the state", async () => {
    const store = numbered(1);
    // Bits that a conversion would lose: −0, a subnormal, infinity.
    store.values.get("map.weight")?.data.set([-0, 1e-42, Number.POSITIVE_INFINITY]);
    const run = await newRun();
    const checkpoints = new Checkpoints(run, { keep: 3 });
    const path = await checkpoints.save(content(12, store));
    assert.equal(path, join(run, "checkpoints", "step-000012"));
    assert.deepEqual((await readdir(path)).toSorted(), [
      "model.safetensors",
      "optimizer.safetensors",
      "state.json",
    ]);
    const other = numbered(77);
    await checkpoints.load(12, other);
    assert.deepEqual(contents(other), contents(store));
    assert.deepEqual(await checkpoints.latest(), content(12).state);
  });

  test("store names, shapes and what the model is in the model's file", async () => {
    const { path } = await saved(1);
    await using model = await openSafetensors(join(path, "model.safetensors"));
    assert.deepEqual(model.metadata, { format: "toy", config: "{}" });
    assert.deepEqual(model.names.toSorted(), [
      "map.bias",
      "map.weight",
      "seen.running_mean",
      "unused.bias",
      "unused.weight",
    ]);
    assert.deepEqual(model.info("map.weight").shape, [2, 3]);
    await using optimizer = await openSafetensors(join(path, "optimizer.safetensors"));
    assert.ok(optimizer.names.includes("exp_avg_sq/map.bias"));
    assert.ok(!optimizer.names.includes("exp_avg/unused.bias"));
    assert.ok(!optimizer.names.includes("exp_avg/seen.running_mean"));
  });

  test("leave a checkpoint that stands as it is", async () => {
    const { checkpoints, path } = await saved(5);
    const before = await readFile(join(path, "model.safetensors"));
    assert.equal(await checkpoints.save(content(5, numbered(99))), path);
    assert.deepEqual(await readFile(join(path, "model.safetensors")), before);
  });
});

describe("Checkpoints.save()", () => {
  test("keeps the newest, by number", async () => {
    const checkpoints = new Checkpoints(await newRun(), { keep: 3 });
    const standing: (readonly number[])[] = [];
    for (const step of [8, 9, 10, 11, 1_000_000]) {
      await checkpoints.save(content(step));
      standing.push(await checkpoints.steps());
    }
    assert.deepEqual(standing, [[8], [8, 9], [8, 9, 10], [9, 10, 11], [10, 11, 1_000_000]]);
  });

  test("keeps the newest alone when asked for one", async () => {
    const checkpoints = new Checkpoints(await newRun(), { keep: 1 });
    for (const step of [1, 2]) await checkpoints.save(content(step));
    assert.deepEqual(await checkpoints.steps(), [2]);
  });

  test("deletes what a crash left half-written, and nothing else", async () => {
    const { checkpoints, path } = await saved(1);
    const folder = join(path, "..");
    await mkdir(join(folder, ".step-000002.6f1d.tmp"));
    await writeFile(join(folder, ".step-000002.6f1d.tmp", "model.safetensors"), "half");
    await mkdir(join(folder, "mine"));
    await checkpoints.save(content(3));
    assert.deepEqual((await readdir(folder)).toSorted(), ["mine", "step-000001", "step-000003"]);
  });
});

describe("Checkpoints.save() on a disk that is full", () => {
  const wide = (step: number): CheckpointContent => content(step, numbered(step, 20_000)); // 1.28 MB

  test("says so, keeps what stands and leaves nothing of the new one", async (context) => {
    await onSmallDisk(context, "size=3m", async (disk) => {
      const checkpoints = new Checkpoints(disk, { keep: 3 });
      await checkpoints.save(wide(1));
      await checkpoints.save(wide(2));
      await assert.rejects(checkpoints.save(wide(3)), (error) => {
        assert.ok(error instanceof EcampError);
        assert.equal(
          error.message,
          `Cannot save the checkpoint of step 3 in "${join(disk, "checkpoints")}": the disk is full, 1.28 MB expected; that of step 2 stands`,
        );
        assert.ok(isDiskFull(error));
        return true;
      });
      assert.deepEqual(await readdir(join(disk, "checkpoints")), ["step-000001", "step-000002"]);
      const store = numbered(9, 20_000);
      await checkpoints.load(2, store);
      assert.deepEqual(contents(store), contents(wide(2).store));
      await rm(checkpoints.path(1), { recursive: true });
      await checkpoints.save(wide(3));
      assert.deepEqual(await checkpoints.steps(), [2, 3]);
    });
  });

  test("makes room of what a kill left half-written", async (context) => {
    await onSmallDisk(context, "size=3m", async (disk) => {
      const checkpoints = new Checkpoints(disk, { keep: 3 });
      const left = join(disk, "checkpoints", ".step-000001.6f1d.tmp");
      await mkdir(left, { recursive: true });
      await writeFile(join(left, "model.safetensors"), new Uint8Array(2e6));
      await checkpoints.save(wide(2));
      assert.deepEqual(await readdir(join(disk, "checkpoints")), ["step-000002"]);
    });
  });

  test("says that there is none when the first does not fit", async (context) => {
    await onSmallDisk(context, "size=1m", async (disk) => {
      const checkpoints = new Checkpoints(disk, { keep: 3 });
      await assert.rejects(
        checkpoints.save(wide(1)),
        /: the disk is full, 1\.28 MB expected; there is none before it$/,
      );
      assert.deepEqual(await readdir(join(disk, "checkpoints")), []);
    });
  });
});

describe("Checkpoints.saveBest()", () => {
  test("keeps one model beside the checkpoints, with its step and loss, and nothing half-written", async () => {
    const run = await newRun();
    const checkpoints = new Checkpoints(run, { keep: 3 });
    const metadata = { format: "toy" };
    await checkpoints.saveBest({ store: numbered(1), step: 4, loss: 0.5, metadata });
    await writeFile(join(run, "best", ".model.safetensors.6f1d.tmp"), "half");
    await checkpoints.saveBest({ store: numbered(2), step: 8, loss: 0.25, metadata });
    assert.deepEqual(await readdir(join(run, "best")), ["model.safetensors"]);
    await using best = await openSafetensors(join(run, "best", "model.safetensors"));
    assert.deepEqual(best.metadata, { format: "toy", step: "8", validationLoss: "0.25" });
    assert.deepEqual(await best.read("map.weight"), numbered(2).values.get("map.weight"));
    assert.deepEqual(await checkpoints.steps(), []);
  });
});

describe("Checkpoints.latest()", () => {
  test("is undefined where there is none", async () => {
    const checkpoints = new Checkpoints(await newRun(), { keep: 3 });
    assert.equal(await checkpoints.latest(), undefined);
    assert.deepEqual(await checkpoints.steps(), []);
  });

  test("passes over what was not finished", async () => {
    const { checkpoints, path } = await saved(4);
    await mkdir(join(path, "..", ".step-000005.0c1a.tmp"));
    assert.equal((await checkpoints.latest())?.step, 4);
  });

  test("says that a state is missing, and what to do", async () => {
    const { checkpoints, path } = await saved(4);
    await rm(join(path, "state.json"));
    await assert.rejects(
      checkpoints.latest(),
      new WeightsError(
        `Cannot read "${join(path, "state.json")}": it is missing; delete its folder to resume from the checkpoint before it`,
      ),
    );
  });

  test("says which state is damaged, and what to do", async () => {
    const state = { format: 1, step: 3, seed: 0, threads: 1, device: "cpu", inputs: {} };
    for (const [text, found] of [
      ['{"format": 1, "step": 4', "it is not valid JSON"],
      ["", "it is not valid JSON"],
      ['{"format": 2}', "format: expected 1"],
      [JSON.stringify(state), "it is of step 3, not 4"],
    ] as const) {
      const { checkpoints, path } = await saved(4);
      const file = join(path, "state.json");
      await writeFile(file, text);
      await assert.rejects(checkpoints.latest(), (error) => {
        assert.ok(error instanceof WeightsError);
        assert.equal(
          error.message,
          `Cannot read "${file}": ${found}; delete its folder to resume from the checkpoint before it`,
        );
        return true;
      });
    }
  });
});

describe("Checkpoints.load()", () => {
  test("says which file is missing, and what to do", async () => {
    for (const name of ["model.safetensors", "optimizer.safetensors"]) {
      const { checkpoints, path } = await saved(4);
      await rm(join(path, name));
      await assert.rejects(checkpoints.load(4, numbered(1)), (error) => {
        assert.ok(error instanceof WeightsError);
        const [first, last] = error.message.split(/: no such file; /);
        assert.equal(first, `Cannot resume: Cannot open weights "${join(path, name)}"`);
        assert.equal(last, "delete its folder to resume from the checkpoint before it");
        return true;
      });
    }
  });

  test("refuses a file that was cut", async () => {
    for (const name of ["model.safetensors", "optimizer.safetensors"]) {
      const { checkpoints, path } = await saved(4);
      const { length } = await readFile(join(path, name));
      await truncate(join(path, name), length - 4);
      await assert.rejects(checkpoints.load(4, numbered(1)), WeightsError);
    }
  });

  test("refuses a model of another size", async () => {
    const { checkpoints } = await saved(4);
    await assert.rejects(
      checkpoints.load(4, numbered(1, 3)),
      /^WeightsError: Cannot resume from ".*model\.safetensors": "map\.bias" is f32\[2\], expected f32\[3\]; it belongs to a model of another size$/,
    );
  });

  test("refuses a model with other parameters, more or fewer", async () => {
    const { checkpoints, path } = await saved(4);
    const file = join(path, "model.safetensors");
    const { values } = numbered(1);
    const bias = values.get("map.bias");
    assert.ok(bias !== undefined);
    await writeSafetensors(
      file,
      [...values].filter(([name]) => name !== "map.bias"),
    );
    await assert.rejects(
      checkpoints.load(4, numbered(1)),
      new WeightsError(
        `Cannot resume from "${file}": 1 missing (map.bias); it belongs to another model`,
      ),
    );
    await writeSafetensors(file, [...values, ["more.bias", bias]]);
    await assert.rejects(
      checkpoints.load(4, numbered(1)),
      new WeightsError(
        `Cannot resume from "${file}": 1 unexpected (more.bias); it belongs to another model`,
      ),
    );
    await copyFile(join(path, "optimizer.safetensors"), file);
    await assert.rejects(
      checkpoints.load(4, numbered(1)),
      /5 missing \(.*, .*, .* …\), 4 unexpected \(/,
    );
  });
});
