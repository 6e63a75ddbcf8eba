import assert from "node:assert/strict";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TinyRuns } from "../../test/tiny-runs.ts";
import { ConfigError, ExecutionError } from "../util/errors.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import { replayBadStep } from "./bad-step-files.ts";

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
