import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type DrawnRecord, writeLabelledSet } from "../../../test/labelled-set.ts";
import { input } from "../../engine/tensor.ts";
import type { Normalization } from "../../model/grey-image.ts";
import { vitEncoder } from "../../model/vit.ts";
import { initialValues } from "../../nn/initializers.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS } from "../../recipes/classify-recipes.ts";
import { classifyColumn } from "../../recipes/fidelity.ts";
import { Checkpoints } from "../../train/checkpoint.ts";
import { ndArray } from "../../util/nd-array.ts";
import { digestFile } from "../../util/sha256.ts";
import { openSafetensors, writeSafetensors } from "../../weights/safetensors.ts";
import type { EncoderArchitecture } from "../finetune/encoder-source.ts";
import type { RunEvent } from "../pretrain-run.ts";
import { finetuneClassifier } from "./finetune.ts";
import { openClassifier } from "./open-classifier.ts";

/** An encoder of four patches, small enough to be trained many times. */
const ENCODER: EncoderArchitecture & Normalization = {
  ...{ imageSize: 8, patch: 4, dim: 16, depth: 2, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", mean: 0.5, std: 0.25 },
};
const SIDE = ENCODER.imageSize;
const root = await mkdtemp(join(tmpdir(), "finetune-"));
after(() => rm(root, { recursive: true, force: true }));

const bit = (value: boolean): 1 | 0 => (value ? 1 : 0);
const both = ({ upper, coin }: DrawnRecord) => ({ labels: { Upper: bit(upper), Coin: bit(coin) } });
const set = (name: string, options: Partial<Parameters<typeof writeLabelledSet>[0]> = {}) =>
  writeLabelledSet({ folder: join(root, name), count: 96, side: SIDE, describe: both, ...options });

let plain = "";
const weights = join(root, "encoder.safetensors");
before(async () => {
  plain = await set("plain");
  const trace = new Trace();
  vitEncoder(new Scope(trace), { image: input("image", "f32", [1, 3, SIDE, SIDE]) }, ENCODER);
  const drawn = [...trace.parameters.values()].map(
    (parameter) => [parameter.name, initialValues({ ...parameter, seed: 5 })] as const,
  );
  await writeSafetensors(weights, drawn, { metadata: { config: JSON.stringify(ENCODER) } });
});

type Changes = { readonly [Section in keyof ClassifyConfig]?: Partial<ClassifyConfig[Section]> };

function configOf(data: string, changes: Changes = {}): ClassifyConfig {
  const base: ClassifyConfig = {
    ...CLASSIFY_DEFAULTS,
    run: { ...CLASSIFY_DEFAULTS.run, data, weights },
    model: CLASSIFY_DEFAULTS.model,
    train: {
      ...CLASSIFY_DEFAULTS.train,
      ...{ batch: 8, steps: 12, warmupSteps: 0, lr: 1e-2, layerDecay: 1 },
    },
    data: { ...CLASSIFY_DEFAULTS.data, workers: 0, cropScale: [0.8, 1] },
    fidelity: classifyColumn("corrected"),
  };
  return {
    run: { ...base.run, ...changes.run },
    model: { ...base.model, ...changes.model },
    train: { ...base.train, ...changes.train },
    data: { ...base.data, ...changes.data },
    fidelity: { ...base.fidelity, ...changes.fidelity },
  };
}

let runs = 0;

/** A run in a folder of its own, or in the one given. */
async function run(
  config: ClassifyConfig,
  options: { readonly out?: string; readonly resume?: boolean; readonly stopAfter?: number } = {},
) {
  const { out = join(root, `run-${runs++}`), resume = false, stopAfter } = options;
  const events: RunEvent[] = [];
  const result = await finetuneClassifier({
    ...{ out, config, configText: "{}\n", resume, stopAfter },
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    clock: () => 0,
    now: () => new Date(0),
  });
  const notes = events.flatMap((event) => (event.kind === "note" ? [event.text] : []));
  return { ...result, out, notes, events };
}

/** A run's model, optimiser and log, without what may differ between equal runs. */
async function record(out: string, step: number) {
  const folder = join(out, "checkpoints", `step-${String(step).padStart(6, "0")}`);
  const lines = (await readFile(join(out, "log.jsonl"), "utf8")).trimEnd().split("\n");
  return {
    model: await readFile(join(folder, "model.safetensors")),
    optimizer: await readFile(join(folder, "optimizer.safetensors")),
    log: lines.map((line) => ({ ...JSON.parse(line), timing: undefined })),
  };
}

/** Parameters that differ between two models of one architecture. */
async function differing(first: string, second: string): Promise<readonly string[]> {
  const [a, b] = [await openClassifier(first), await openClassifier(second)];
  return [...a.parameters]
    .filter(([name, { data }]) => {
      const other = b.parameters.get(name)?.data;
      return data.some((value, i) => value !== other?.[i]);
    })
    .map(([name]) => name);
}

describe("finetune()", () => {
  test("learns what is in the pictures, keeps the best model, and says what it is", async () => {
    const { step, finished, best, model, notes } = await run(
      configOf(plain, { train: { steps: 60 } }),
    );
    assert.deepEqual([step, finished], [60, true]);
    assert.match(notes[0] ?? "", /^multi-label, 2 classes; 48 records to learn from, 24 to /);
    assert.ok(
      (best?.value ?? 0) > 0.65,
      `mean AUROC ${best?.value}, with a coin among the classes`,
    );
    const { classes, task, config, normalization, leaks, file } = await openClassifier(model);
    assert.deepEqual([classes, task, leaks], [["Upper", "Coin"], "multi-label", false]);
    assert.deepEqual([config.imageSize, config.classes, normalization.mean], [SIDE, 2, 0.5]);
    assert.equal(file, model);
    const { metadata } = await openSafetensors(model).then(async (stored) => {
      await stored.close();
      return stored;
    });
    assert.equal(metadata["step"], `${best?.step}`);
  });

  test("goes on exactly where it stopped, with stochastic depth and accumulation", async () => {
    const config = configOf(plain, {
      train: { steps: 7, accumulate: 2 },
      model: { dropPath: 0.3 },
    });
    const whole = await run(config);
    for (const workers of [0, 1]) {
      const changed = { ...config, data: { ...config.data, workers } };
      const stopped = await run(changed, { stopAfter: 4 });
      assert.deepEqual([stopped.step, stopped.finished], [4, false]);
      const resumed = await run(changed, { out: stopped.out, resume: true });
      assert.deepEqual([resumed.step, resumed.finished], [7, true]);
      assert.deepEqual(await record(stopped.out, 7), await record(whole.out, 7));
    }
  });

  test("goes on though the file that its encoder came from is gone, and remembers which it was", async () => {
    const config = configOf(plain, { train: { steps: 4 } });
    const whole = await run(config);
    const borrowed = join(root, "borrowed.safetensors");
    await copyFile(weights, borrowed);
    const given = { ...config, run: { ...config.run, weights: borrowed } };
    const stopped = await run(given, { stopAfter: 2 });
    await rm(borrowed);
    await run(given, { out: stopped.out, resume: true });
    assert.deepEqual(await record(stopped.out, 4), await record(whole.out, 4));
    const { startedFrom } = await new Checkpoints(stopped.out, { keep: 1 }).state(4);
    assert.deepEqual(startedFrom, { file: borrowed, sha256: await digestFile(weights) });
  });

  test("takes what there is where an update is to take more records, and says so", async () => {
    const train = { batch: 20, accumulate: 4, steps: 2 };
    const { notes, events } = await run(configOf(plain, { train }));
    assert.ok(
      notes.some((note) => /take 20 × 4 records, and there are 48 .*: it takes 20 × 2$/.test(note)),
    );
    const samples = events.flatMap((event) =>
      event.kind === "update" ? [event.report.samples] : [],
    );
    assert.deepEqual(samples, [40, 40]);
    const { notes: few } = await run(configOf(plain, { train: { batch: 64, steps: 1 } }));
    assert.ok(few.some((note) => /it takes 48 × 1$/.test(note)));
  });

  test("validates no more often than it is to, however short an epoch is", async () => {
    const train = { steps: 17, validateUpdates: 7 };
    const { events } = await run(configOf(plain, { train }));
    const at = events.flatMap((event) => (event.kind === "validation" ? [event.report.step] : []));
    assert.deepEqual(at, [12, 17]); // epochs of 6 updates
  });

  test("learns the one class of each record, by accuracy", async () => {
    const data = await set("single", {
      classes: ["upper", "lower", "neither"],
      describe: ({ upper }) => ({ class: upper ? "upper" : "lower" }),
    });
    const { best, notes, model } = await run(configOf(data, { train: { steps: 60 } }));
    assert.ok((best?.value ?? 0) > 0.8, `accuracy ${best?.value}`);
    assert.ok(notes.includes("warning: no record to learn from has neither"));
    assert.equal((await openClassifier(model)).task, "single-label");
  });

  test("masks what is not known, and says how much that is", async () => {
    const data = await set("unknown", {
      describe: ({ i, upper }) => ({
        labels: i % 3 === 0 ? {} : { Upper: bit(upper), Coin: -1 as const },
      }),
    });
    const { notes } = await run(configOf(data, { train: { steps: 3 } }));
    assert.ok(
      notes.includes(
        "64 of 96 labels to learn from are unknown and count for nothing; 16 records have none at all",
      ),
      notes.join("\n"),
    );
    const asZeros = await run(
      configOf(data, { train: { steps: 3 }, data: { uncertain: "zeros" } }),
    );
    assert.ok(asZeros.notes.some((note) => note.startsWith("32 of 96 labels")));
  });
});

describe("finetune() of a linear probe", () => {
  const probe = { mode: "probe", optimizer: "adamw", lr: 1e-2, steps: 60, patience: null } as const;

  test("computes features once and moves nothing but the head", async () => {
    const encoder = await run(configOf(plain, { train: { steps: 60 } }));
    const config = configOf(plain, { run: { weights: encoder.out }, train: probe });
    const { model, events, best } = await run(config);
    const moved = await differing(encoder.model, model);
    assert.deepEqual(moved.toSorted(), ["head.bias", "head.weight"]);
    const done = events.flatMap((event) => (event.kind === "features" ? [event.done] : []));
    assert.equal(done.at(-1), 24);
    assert.ok((best?.value ?? 0) > 0.6, `mean AUROC ${best?.value}`);
  });

  test("goes on exactly where it stopped", async () => {
    const given = configOf(plain, { train: { ...probe, steps: 9 } });
    const whole = await run(given);
    const stopped = await run(given, { stopAfter: 4 });
    await run(given, { out: stopped.out, resume: true });
    assert.deepEqual(await record(stopped.out, 9), await record(whole.out, 9));
  });

  test("draws crops and stochastic depth at every step where the backbone is as in training", async () => {
    const encoder = await run(configOf(plain, { train: { steps: 2 } }));
    const config = configOf(plain, {
      run: { weights: encoder.out },
      train: { ...probe, steps: 3 },
      model: { dropPath: 0.5 },
      fidelity: { "probe.backbone": "train" },
    });
    const { model, events } = await run(config);
    assert.ok(!events.some(({ kind }) => kind === "features"));
    // The norm before the head is a fresh one, and stays as it was drawn.
    const moved = await differing(encoder.model, model);
    assert.deepEqual(moved.toSorted(), [
      "fc_norm.bias",
      "fc_norm.weight",
      "head.bias",
      "head.weight",
    ]);
    const { parameters } = await openClassifier(model);
    assert.ok(parameters.get("fc_norm.weight")?.data.every((value) => value === 1));
  });
});

describe("finetune() refuses", () => {
  const rejects = async (config: ClassifyConfig, message: RegExp): Promise<void> => {
    const out = join(root, `refused-${runs++}`);
    await assert.rejects(run(config, { out }), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
    await assert.rejects(readFile(join(out, "config.json")), "the run left a folder");
  };

  test("patients on two sides, unless that is allowed and then said in the model", async () => {
    const data = await set("leaking", {
      describe: (drawn) => ({ ...both(drawn), patient: `p${drawn.i % 9}` }),
    });
    await rejects(
      configOf(data),
      /9 patients and 0 images stand in both train and val.*--allow-leak/,
    );
    const { model } = await run(configOf(data, { run: { allowLeak: true }, train: { steps: 2 } }));
    assert.equal((await openClassifier(model)).leaks, true);
  });

  test("labels of the other kind, and a stop before what is done", async () => {
    await rejects(
      configOf(plain, { data: { task: "single-label" } }),
      /none of the 48 records to learn from has a label that is known, and a single-label run reads "class"/,
    );
    const config = configOf(plain, { train: { steps: 4 } });
    const { out } = await run(config, { stopAfter: 2 });
    await assert.rejects(
      run(config, { out, resume: true, stopAfter: 1 }),
      /after step 1: it has done 2/,
    );
  });

  test("a set without classes or labels", async () => {
    await rejects(
      configOf(await set("no classes", { classes: [] })),
      /names no classes; import it with its label columns/,
    );
    await rejects(
      configOf(await set("no labels", { describe: () => ({}) })),
      /none of its 96 records says "labels" or "class"/,
    );
  });

  test("a probe's picture that cannot be read, leaving no folder", async () => {
    const data = await set("one bad picture");
    await writeFile(join(data, "2.png"), "no picture");
    await rejects(configOf(data, { train: { mode: "probe" } }), /record "r2"/);
  });

  test("a class that dataset.json does not name, by its record", async () => {
    const data = await set("other class", {
      classes: ["upper", "lower"],
      describe: ({ i }) => ({ class: i === 2 ? "left" : "upper" }),
    });
    await rejects(configOf(data), /record "r2": its class is "left", expected one of the 2/);
  });

  test("weights that are not whole, not finite, or of other heads", async () => {
    const { model } = await run(configOf(plain, { train: { steps: 1 } }));
    await using stored = await openSafetensors(model);
    const tensors = await Promise.all(
      stored.names.map(async (name) => [name, await stored.read(name)] as const),
    );
    const { metadata } = stored;
    const damaged = join(root, "damaged.safetensors");
    const config = configOf(plain, { run: { weights: damaged } });
    const lacking = tensors.filter(([name]) => name !== "cls_token");
    await writeSafetensors(damaged, lacking, { metadata });
    await rejects(config, /into the encoder: 1 missing \(cls_token\)/);
    const broken = tensors.map(([name, array]) =>
      name === "cls_token"
        ? ([
            name,
            ndArray(
              "f32",
              array.shape,
              Array.from({ length: array.data.length }, () => Number.NaN),
            ),
          ] as const)
        : ([name, array] as const),
    );
    await writeSafetensors(damaged, broken, { metadata });
    await rejects(config, /"cls_token" of .* holds a value that is not finite/);
    await writeSafetensors(damaged, tensors, { metadata });
    await rejects({ ...config, model: { ...config.model, heads: 8 } }, /was trained with 2/);
    const larger = { ...config, model: { ...config.model, imageSize: 12 } };
    const { notes } = await run({ ...larger, train: { ...larger.train, steps: 1 } });
    assert.ok(
      notes.some((note) => note.includes("1 reshaped (pos_embed: [1,5,16] for [1,10,16])")),
    );
  });
});
