import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { describeOrigins, parseSettings, resolveConfig } from "./resolve-config.ts";

const schema = z.strictObject({
  train: z.strictObject({ lr: z.number().positive(), clip: z.number().nullable() }),
  data: z.strictObject({ scale: z.tuple([z.number(), z.number()]) }),
  fidelity: z.strictObject({ "entities.match": z.enum(["exact", "lemma"]) }),
});
const defaults = {
  from: "default",
  values: {
    train: { lr: 0.1, clip: null },
    data: { scale: [0.2, 1] },
    fidelity: { "entities.match": "exact" },
  },
};

test("resolveConfig() lets later layers win and keeps where each value came from", () => {
  const { config, origins } = resolveConfig({
    schema,
    layers: [
      defaults,
      { from: "recipe tiny", values: { train: { lr: 0.2, clip: 1 } } },
      { from: "--config a.json", values: { train: { lr: 0.3 }, data: { scale: [0.5, 0.6] } } },
      { from: "--set", values: parseSettings(["train.lr=4e-1", "fidelity.entities.match=lemma"]) },
    ],
  });
  assert.deepEqual(config, {
    train: { lr: 0.4, clip: 1 },
    data: { scale: [0.5, 0.6] },
    fidelity: { "entities.match": "lemma" },
  });
  assert.deepEqual(
    [...origins],
    [
      ["train.lr", { value: 0.4, from: "--set" }],
      ["train.clip", { value: 1, from: "recipe tiny" }],
      ["data.scale", { value: [0.5, 0.6], from: "--config a.json" }],
      ["fidelity.entities.match", { value: "lemma", from: "--set" }],
    ],
  );
});

test("resolveConfig() refuses unknown keys and says which was meant", () => {
  const layers = [defaults, { from: "--config a.json", values: { train: { rl: 0.3 } } }];
  assert.throws(() => resolveConfig({ schema, layers }), {
    name: "ConfigError",
    message: 'Cannot set "train.rl" (from --config a.json): unknown key, did you mean train.lr?',
  });
});

test("resolveConfig() says which value is refused, where it came from and why", () => {
  const layers = [defaults, { from: "--set", values: parseSettings(["train.lr=fast"]) }];
  assert.throws(() => resolveConfig({ schema, layers }), {
    name: "ConfigError",
    message: 'Cannot use this configuration: train.lr is "fast" (from --set): expected a number',
  });
});

test("resolveConfig() says when a key is a group of keys", () => {
  const layers = [
    { from: "default", values: { train: { lr: 1, seed: 2 } } },
    { from: "--set", values: { train: 3 } },
  ];
  assert.throws(() => resolveConfig({ schema: z.looseObject({}), layers }), {
    name: "ConfigError",
    message: 'Cannot set "train" (from --set): it is a group of keys, such as train.lr',
  });
});

test("parseSettings() reads JSON values, text otherwise, and refuses what has no key", () => {
  assert.deepEqual(parseSettings(["a.b=1e-3", "c=null", "d=[1,2]", "e=x=y", "f="]), {
    "a.b": 0.001,
    c: null,
    d: [1, 2],
    e: "x=y",
    f: "",
  });
  assert.throws(() => parseSettings(["train.lr"]), {
    message: 'Cannot use --set "train.lr": expected KEY=VALUE, such as train.lr=1e-4',
  });
});

test("describeOrigins() lines up keys, values and origins", () => {
  const origins = new Map([
    ["train.lr", { value: 0.1, from: "default" }],
    ["run.data", { value: "a b", from: "--data" }],
  ]);
  assert.equal(describeOrigins(origins), 'train.lr  0.1    default\nrun.data  "a b"  --data');
});
