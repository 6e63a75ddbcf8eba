import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fidelityColumn } from "../recipes/fidelity.ts";
import { RECIPES, type RecipeName } from "../recipes/index.ts";
import { ndArray } from "../util/nd-array.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { PRETRAIN, resolvePretrain } from "./resolve-pretrain.ts";
import { type RunChoices, resolveResumed } from "./resolve-run.ts";

const folder = await mkdtemp(join(tmpdir(), "ecamp-resolve-"));
after(() => rm(folder, { recursive: true }));

const none: RunChoices = {
  recipe: undefined,
  fidelity: undefined,
  config: undefined,
  set: [],
  flags: {},
};

async function file(name: string, value: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

test("resolvePretrain() accepts every recipe as it is", async () => {
  for (const recipe of Object.keys(RECIPES)) {
    const { config } = await resolvePretrain({ ...none, recipe });
    assert.equal(config.model.bigImageSize, 2 * config.model.imageSize);
    const { switches, fidelity } = RECIPES[recipe as RecipeName];
    assert.deepEqual(config.fidelity, { ...fidelityColumn(fidelity), ...switches });
    assert.equal(fidelity, recipe === "published" ? "published" : "corrected");
  }
});

test("resolvePretrain() lets flags win over --set, --set over the file, the file over the recipe", async () => {
  const config = await file("a.json", { train: { lr: 1, epochs: 3, seed: 1 }, "model.depth": 2 });
  const { config: resolved, origins } = await resolvePretrain({
    ...none,
    recipe: "tiny",
    config,
    set: ["train.lr=2", "train.seed=2"],
    flags: {
      "train.seed": { flag: "--seed", value: 3 },
      "run.data": { flag: "--data", value: undefined },
    },
  });
  assert.equal(resolved.train.seed, 3);
  assert.equal(resolved.train.lr, 2);
  assert.equal(resolved.train.epochs, 3);
  assert.equal(resolved.model.depth, 2);
  assert.equal(origins.get("train.seed")?.from, "--seed");
  assert.equal(origins.get("train.lr")?.from, "--set");
  assert.equal(origins.get("train.epochs")?.from, `--config ${config}`);
  assert.equal(origins.get("train.batch")?.from, "recipe tiny");
  assert.equal(origins.get("run.data")?.from, "default");
});

test("resolvePretrain() lays single switches over the column, whoever names it", async () => {
  const { config, origins } = await resolvePretrain({
    ...none,
    fidelity: "corrected",
    set: ["fidelity.flip=swap"],
  });
  assert.deepEqual(config.fidelity, { ...fidelityColumn("corrected"), flip: "swap" });
  assert.equal(origins.get("fidelity.flip")?.from, "--set");
  assert.match(origins.get("fidelity.positionTable")?.from ?? "", /^--fidelity corrected/);
  const named = await resolvePretrain({ ...none, set: ["fidelity=corrected"] });
  assert.equal(named.config.fidelity["mlm.positions"], "masked");
  await assert.rejects(resolvePretrain({ ...none, set: ["fidelity=correctd"] }), {
    message: 'Cannot set "fidelity" to "correctd" (from --set), did you mean corrected?',
  });
});

test("resolvePretrain() refuses what does not exist and sizes that do not fit", async () => {
  await assert.rejects(resolvePretrain({ ...none, recipe: "tny" }), {
    name: "ConfigError",
    message: 'Cannot find recipe "tny", did you mean tiny?',
  });
  await assert.rejects(resolvePretrain({ ...none, set: ["lr=1"] }), {
    message: 'Cannot set "lr" (from --set): unknown key, did you mean train.lr?',
  });
  await assert.rejects(resolvePretrain({ ...none, set: ["model.heads=5"] }), {
    message:
      "Cannot use this configuration: model.heads is 5 (from --set): expected a divisor of dim, 768",
  });
  await assert.rejects(resolvePretrain({ ...none, set: ["fidelity.flip=maybe"] }), {
    message:
      'Cannot use this configuration: fidelity.flip is "maybe" (from --set): expected image or none or swap',
  });
  await assert.rejects(resolvePretrain({ ...none, config: await file("bad.json", "{") }), {
    message: `Cannot read the configuration "${join(folder, "bad.json")}": it is not valid JSON`,
  });
  await assert.rejects(resolvePretrain({ ...none, config: await file("list.json", []) }), {
    message: `Cannot read the configuration "${join(folder, "list.json")}": expected a JSON object`,
  });
});

test("resolvePretrain() takes from the model to start from what no shape tells, and its grey levels unless others are set", async () => {
  const model = join(folder, "start.safetensors");
  const header = {
    ...{ positionExponent: "k/(d/2)", finalRelu: false, tiedDecoder: true },
    ...{ heads: 6, decoderHeads: 2, layerNormEps: 1e-5, mean: 0.1, std: 0.9, dim: 192 },
  };
  const metadata = { config: JSON.stringify(header) };
  await writeSafetensors(model, [["norm.bias", ndArray("f32", [1], [0])]], { metadata });
  const flags = { "run.init": { flag: "--init", value: model } };
  const resolve = (...set: string[]) => resolvePretrain({ ...none, recipe: "tiny", set, flags });
  const { config, origins } = await resolve();
  const { heads, decoderHeads, layerNormEps } = config.model;
  assert.deepEqual([heads, decoderHeads, layerNormEps], [6, 2, 1e-5]);
  assert.deepEqual([config.data.mean, config.data.std], [0.1, 0.9]);
  assert.equal(origins.get("model.heads")?.from, `--init ${model}`);
  const other = await resolve("data.mean=0.5");
  assert.deepEqual([other.config.data.mean, other.config.data.std], [0.5, 0.9]);
  await assert.rejects(resolve("model.heads=3"), {
    name: "ConfigError",
    message:
      'Cannot set "model.heads" to 3 (from --set): the model to start from has 6 ' +
      `(--init ${model}); leave the key out, or start from another model`,
  });
  const broken = { metadata: { config: "not json" } };
  await writeSafetensors(model, [["norm.bias", ndArray("f32", [1], [0])]], broken);
  await assert.rejects(resolve(), /"config" of its header is not valid JSON/);
});

test("resolveResumed() takes the run's own values and lets only free ones change", async () => {
  const started = await resolvePretrain({ ...none, recipe: "demo", set: ["train.lr=0.5"] });
  await file("config.json", Object.fromEntries(started.origins));
  const unchanged = await resolveResumed(PRETRAIN, folder, none);
  assert.deepEqual(unchanged.config, started.config);
  assert.deepEqual([...unchanged.origins], [...started.origins]);

  const threads = { "run.threads": { flag: "--threads", value: 77 } };
  const moved = await resolveResumed(PRETRAIN, folder, {
    ...none,
    set: ["train.lr=0.5"],
    flags: threads,
  });
  assert.equal(moved.config.run.threads, 77);
  assert.deepEqual(moved.origins.get("run.threads"), { value: 77, from: "--threads" });
  assert.equal(moved.origins.get("train.lr")?.from, "--set");
  const lenient = await resolveResumed(PRETRAIN, folder, {
    ...none,
    set: ["data.onBadRecord=skip"],
  });
  assert.equal(lenient.config.data.onBadRecord, "skip", "a run that met a bad record can go on");

  await assert.rejects(resolveResumed(PRETRAIN, folder, { ...none, set: ["train.lr=0.4"] }), {
    name: "ConfigError",
    message: `Cannot resume "${folder}" with train.lr = 0.4 (from --set): the run has 0.5; start a new run instead`,
  });
  const init = { "run.init": { flag: "--init", value: "/mae.safetensors" } };
  const seed = { "train.seed": { flag: "--seed", value: 9 } };
  await assert.rejects(
    resolveResumed(PRETRAIN, folder, {
      ...none,
      set: ["fidelity.flip=image"],
      flags: { ...init, ...seed },
    }),
    {
      name: "ConfigError",
      message:
        `Cannot resume "${folder}" with run.init = "/mae.safetensors" (from --init): the run has null; ` +
        `nor with train.seed = 9 (from --seed): the run has ${started.config.train.seed}; ` +
        `nor with fidelity.flip = "image" (from --set): the run has "${started.config.fidelity.flip}"; start a new run instead`,
    },
  );
  const other = await file("other.json", { fidelity: "published" });
  await assert.rejects(
    resolveResumed(PRETRAIN, folder, {
      ...none,
      recipe: "tiny",
      fidelity: "published",
      config: other,
    }),
    {
      name: "ConfigError",
      message:
        `Cannot resume "${folder}" with --recipe tiny and --fidelity published and "fidelity" (from --config ${other}): ` +
        "a run that is resumed keeps its own; leave it out, or start a new run instead",
    },
  );
});

test("resolveResumed() says when there is no run in the folder", async () => {
  const absent = join(folder, "absent");
  await assert.rejects(resolveResumed(PRETRAIN, absent, none), {
    name: "ConfigError",
    message: `Cannot resume "${absent}": there is no such folder`,
  });
  const empty = await mkdtemp(join(folder, "empty-"));
  await assert.rejects(resolveResumed(PRETRAIN, empty, none), {
    message: `Cannot resume "${empty}": it holds no config.json, so it is no run's folder`,
  });
});

test("resolveResumed() says when the file is not a run's", async () => {
  await file("config.json", { train: { lr: 1 } });
  await assert.rejects(resolveResumed(PRETRAIN, folder, none), /expected a run's config\.json/);
});
