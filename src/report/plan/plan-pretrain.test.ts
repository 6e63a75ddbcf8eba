import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TINY_SIZES } from "../../../test/tiny-runs.ts";
import { synthesizeDataset } from "../../data/phantom/synthesize-dataset.ts";
import { DEFAULT_FIDELITY, DEFAULTS } from "../../recipes/defaults.ts";
import { fidelityColumn } from "../../recipes/fidelity.ts";
import type { PretrainConfig } from "../../recipes/pretrain-config.ts";
import { ManifestError, WeightsError } from "../../util/errors.ts";
import { type CoursePlan, type PlanOptions, planPretrain, timePlan } from "./plan-pretrain.ts";

let root = "";
let data = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "plan-"));
  data = join(root, "data");
  await synthesizeDataset({ out: data, count: 12, size: 96, seed: 1, format: "png" }); // 8 to train on
});
after(() => rm(root, { recursive: true, force: true }));

const configOf = (
  run: Partial<PretrainConfig["run"]>,
  train: Partial<PretrainConfig["train"]> = {},
): PretrainConfig => ({
  ...DEFAULTS,
  run: { ...DEFAULTS.run, ...run },
  model: TINY_SIZES,
  train: {
    ...DEFAULTS.train,
    ...{ batch: 2, accumulate: 2, epochs: 3, warmupEpochs: 0 },
    ...train,
  },
  data: { ...DEFAULTS.data, workers: 0 },
  fidelity: fidelityColumn(DEFAULT_FIDELITY),
});

/** Every look at the clock is 100 ms after the one before. */
function watched(): { readonly options: PlanOptions; readonly said: readonly string[] } {
  const time = { ms: 0 };
  const said: string[] = [];
  return {
    said,
    options: {
      clock: () => {
        time.ms += 100;
        return time.ms;
      },
      signal: new AbortController().signal,
      onProgress: (text) => said.push(text),
    },
  };
}

describe("planPretrain()", () => {
  test("computes two steps and tells the run's course, size and time, and writes nothing", async () => {
    const { options, said } = watched();
    const before = await readdir(root, { recursive: true });
    const config = configOf({ data, tokenizer: join(data, "tokenizer.json") });
    const { model, course, time, missing } = await planPretrain(config, options);
    assert.deepEqual(missing, []);
    assert.deepEqual(course, {
      ...{ records: 8, privacy: "public", batch: 2, accumulate: 2, epochs: 3 },
      ...{ stepsPerEpoch: 2, steps: 6 },
    });
    assert.ok(model !== undefined && time !== undefined);
    assert.ok(model.modules.every(({ trained }) => trained > 0));
    assert.equal(model.modules.find(({ module }) => module === "super-resolution")?.trained, 168);
    assert.deepEqual([time.firstMs, time.furtherMs, time.updateMs], [100, 100, 100]);
    assert.deepEqual(Object.keys(time.losses).toSorted(), ["mim", "mlm", "res"]);
    assert.ok(Object.values(time.losses).every((loss) => loss > 0));
    assert.equal(time.stepMs, 300 + 2 * time.prepareMs, "nobody prepares pairs meanwhile");
    assert.ok(time.peakBytes > 1e7);
    assert.ok(said.includes("trial step 2 of 2"));
    assert.deepEqual(await readdir(root, { recursive: true }), before);
  });

  test("says what is missing, and the size of the model where the vocabulary is there", async () => {
    const { options, said } = watched();
    const nothing = await planPretrain(configOf({}), options);
    assert.deepEqual(nothing, {
      ...{ model: undefined, course: undefined, time: undefined },
      missing: ["--data", "--tokenizer"],
    });
    const sized = await planPretrain(
      configOf({ tokenizer: join(data, "tokenizer.json") }),
      options,
    );
    assert.deepEqual(sized.missing, ["--data"]);
    assert.equal(sized.model?.modules.length, 5);
    const { trained, fixed } = sized.model.modules.reduce((sum, part) => ({
      ...{
        module: part.module,
        trained: sum.trained + part.trained,
        fixed: sum.fixed + part.fixed,
      },
    }));
    assert.deepEqual(sized.model.bytes, {
      memory: 16 * trained + 4 * fixed,
      checkpoint: 12 * trained + 4 * fixed,
    });
    assert.deepEqual(said, []);
  });

  test("refuses what the run would refuse", async () => {
    const tokenizer = join(data, "tokenizer.json");
    const { options } = watched();
    await assert.rejects(planPretrain(configOf({ data: root, tokenizer }), options), ManifestError);
    const init = join(root, "init");
    await writeFile(init, "no weights");
    await assert.rejects(planPretrain(configOf({ data, tokenizer, init }), options), WeightsError);
    await rm(init);
  });

  test("stops when it is asked to", async () => {
    const { options } = watched();
    const signal = AbortSignal.abort(new Error("stop"));
    const config = configOf({ data, tokenizer: join(data, "tokenizer.json") }, { accumulate: 1 });
    await assert.rejects(planPretrain(config, { ...options, signal }), signal.reason);
  });
});

describe("timePlan()", () => {
  const course: CoursePlan = {
    ...{ records: 70, privacy: "public", batch: 4, accumulate: 3, epochs: 5 },
    ...{ stepsPerEpoch: 5, steps: 25 },
  };
  const times = { compileMs: 9000, firstMs: 100, furtherMs: 110, updateMs: 80, losses: {} };

  test("adds micro-batches and the update where pairs are ready in time", () => {
    const plan = timePlan({ ...times, prepareMs: 130 }, course, 1);
    assert.deepEqual(
      [plan.stepMs, plan.waitPart, plan.pairsPerSecond, plan.epochMs, plan.runMs],
      [400, 0, 30, 2000, 10_000],
    );
  });

  test("waits for what takes longer to prepare than to compute, or for everything without workers", () => {
    const slow = timePlan({ ...times, prepareMs: 200 }, course, 2);
    assert.deepEqual([slow.stepMs, slow.waitPart], [600, 1 / 3]);
    const alone = timePlan({ ...times, prepareMs: 200 }, course, 0);
    assert.deepEqual([alone.stepMs, alone.waitPart], [1000, 0.6]);
  });
});
