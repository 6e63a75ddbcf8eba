import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildInto } from "../../test/built-project.ts";
import { type ChildOptions, killAt, type Moment, runChild } from "../../test/child-run.ts";
import { writeDenseSet } from "../../test/dense-set.ts";
import { recordOfRun } from "../../test/finetune-runs.ts";

const root = await mkdtemp(join(tmpdir(), "killed-finetune-"));
after(() => rm(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);

before(async () => {
  await buildInto(root, ["cli/main.ts", "data/loader-worker.ts"]);
  await writeDenseSet({
    ...{ folder: at("set"), count: 16, width: 64, height: 64 },
    describe: ({ mask }) => ({ masks: { Block: mask } }),
  });
});

const STEPS = 4;
/** Two updates an epoch, a validation after each epoch, a checkpoint after each update, the encoder drawn. */
const SETTINGS = [
  ...["train.batch=2", "train.accumulate=2", `train.steps=${STEPS}`, "train.warmupSteps=0"],
  ...["train.validateUpdates=1", "train.checkpointMinutes=0.000001"],
  ...["model.size=demo", "model.imageSize=64", "model.decoderWidths=[16,8,8,8]"],
];

/** A new run, or the one that stands in the folder. */
async function fit(out: string, options: ChildOptions = {}) {
  const begun = (await readdir(out).catch((): string[] => [])).includes("config.json");
  const set = SETTINGS.flatMap((value) => ["--set", value]);
  const how = begun ? ["--resume"] : ["--data", at("set"), ...set];
  const words = ["finetune", "segment", "--out", out, ...how, "--workers", "0", "--threads", "1"];
  return runChild([at("dist/cli/main.js"), ...words], options);
}

/** Everything that equal runs have in common, bit for bit. */
async function leftBy(out: string) {
  const entries = await readdir(out, { recursive: true });
  return {
    entries: entries.toSorted(),
    best: await readFile(join(out, "best", "model.safetensors")),
    trainedOn: await readFile(join(out, "trained-on.json"), "utf8"),
    ...(await recordOfRun(out, STEPS)),
  };
}

const skip = process.platform === "win32" && "Windows has no such signals";

describe("ecamp finetune segment", { skip }, () => {
  test("ends as if it had not been killed, before a checkpoint or after the best model", async () => {
    const [out, whole] = [at("killed"), at("whole")];
    const kill = async (moment: Moment) => {
      const { signal, stderr } = await fit(out, { preload: killAt(moment) });
      assert.equal(signal, "SIGKILL", stderr);
    };
    await kill({ call: "open", path: /log\.jsonl$/ });
    // The best model is there, and the checkpoint that says so is not: the update and its validation are done again.
    await kill({ call: "rename", path: /checkpoints\/step-\d+$/, times: 2 });
    for (const folder of [out, whole]) {
      const { status, stderr } = await fit(folder);
      assert.equal(status, 0, stderr);
    }
    assert.deepEqual(await leftBy(out), await leftBy(whole));
  });
});
