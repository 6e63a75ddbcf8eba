import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeLabelledSet } from "../../../test/labelled-set.ts";
import { input } from "../../engine/tensor.ts";
import { type ClassifierConfig, classifier } from "../../model/heads/classifier.ts";
import { initialValues, normal } from "../../nn/initializers.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS } from "../../recipes/classify-recipes.ts";
import { classifyColumn } from "../../recipes/fidelity.ts";
import { writeSafetensors } from "../../weights/safetensors.ts";
import { compareEvaluations } from "../evaluation/compare-evaluations.ts";
import { EVALUATION, readEvaluation } from "../evaluation/evaluation-file.ts";
import { describeClassifier } from "./classifier-description.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";

const CLASSES = ["Upper", "Coin"];
const CONFIG: ClassifierConfig = {
  ...{ imageSize: 8, patch: 4, dim: 16, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", classes: 2 },
};
const root = await mkdtemp(join(tmpdir(), "evaluate-"));
after(() => rm(root, { recursive: true, force: true }));

async function writeModel(name: string, seed: number): Promise<string> {
  const trace = new Trace();
  classifier(new Scope(trace), input("image", "f32", [1, 3, 8, 8]), { ...CONFIG, dropPath: 0 });
  const drawn = [...trace.parameters.values()].map((parameter) => {
    const initializer =
      parameter.name === "head.weight" ? normal({ std: 1 }) : parameter.initializer;
    return [parameter.name, initialValues({ ...parameter, initializer, seed })] as const;
  });
  const metadata = describeClassifier({
    ...{ config: CONFIG, task: "multi-label", classes: CLASSES, shorterSide: 8, leaks: false },
    ...{ normalization: { mean: 0.5, std: 0.25 }, sixteenBit: "range" },
  });
  const file = join(root, `${name}.safetensors`);
  await writeSafetensors(file, drawn, { metadata });
  return file;
}

const makeSet = (
  name: string,
  options: Partial<Parameters<typeof writeLabelledSet>[0]> = {},
): Promise<string> =>
  writeLabelledSet({
    ...{ folder: join(root, name), count: 48, side: 8 },
    describe: ({ i, upper, coin }) => ({
      patient: `p${i % 4}-${i >> 3}`,
      labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 },
    }),
    ...options,
  });

let data = "";
let model = "";
before(async () => {
  data = await makeSet("set");
  model = await writeModel("model", 2);
});

const notes: string[] = [];
async function run(
  folder: string,
  changes: { model?: string; data?: string; allowLeak?: boolean } = {},
): Promise<Evaluation> {
  notes.length = 0;
  const { allowLeak = false } = changes;
  const config: ClassifyConfig = {
    ...CLASSIFY_DEFAULTS,
    run: { ...CLASSIFY_DEFAULTS.run, data: changes.data ?? data, allowLeak },
    data: { ...CLASSIFY_DEFAULTS.data, workers: 0 },
    fidelity: classifyColumn("corrected"),
  };
  return evaluate({
    ...{ run: changes.model ?? model, config, folder: join(root, folder), split: "test" },
    ...{ rule: { kind: "youden" }, seed: 3, resamples: 50 },
    onNote: (text) => notes.push(text),
    onProgress: () => undefined,
  });
}

describe("evaluate()", () => {
  test("writes predictions and figures that read back as they were, and repeat", async () => {
    const evaluation = await run("a");
    assert.equal(evaluation.report.records, 12);
    assert.ok(evaluation.report.classes[0]?.threshold != null);
    const stored = await readEvaluation(join(root, "a"));
    assert.equal(stored.provenance.modelSha256, evaluation.modelSha256);
    assert.deepEqual(stored.predictions.classes, CLASSES);
    assert.equal(stored.predictions.ids.length, 12);
    assert.equal(stored.thresholds.get("Upper"), evaluation.report.classes[0]?.threshold);
    const { folder: _, ...again } = await run("again");
    assert.deepEqual({ folder: evaluation.folder, ...again }, evaluation);
    for (const name of ["predictions.jsonl", EVALUATION]) {
      const [first, second] = [join(root, "a", name), join(root, "again", name)];
      assert.equal(await readFile(first, "utf8"), await readFile(second, "utf8"));
    }
  });

  test("goes on without a split val, without thresholds, and says so", async () => {
    const withoutVal = await makeSet("no-val", {
      describe: ({ i, upper }) => ({
        patient: `p${i}`,
        labels: { Upper: upper ? 1 : 0, Coin: 0 },
        split: i % 4 === 0 ? "test" : "train",
      }),
    });
    const { report, thresholdRule } = await run("no-val-figures", { data: withoutVal });
    assert.equal(thresholdRule, null);
    assert.equal(report.classes[0]?.figures.f1.value, null);
    assert.deepEqual(
      report.unscored.map(({ name }) => name),
      ["Coin"],
    );
    assert.match(notes.join(), /no records of the split val: no threshold can be chosen/);
  });

  test("stops at a patient in two splits, and goes on with the leak in its result", async () => {
    const leaking = await makeSet("leak", {
      describe: ({ upper }) => ({ patient: "one", labels: { Upper: upper ? 1 : 0, Coin: 0 } }),
    });
    await assert.rejects(run("leak-figures", { data: leaking }), /patient/);
    await assert.rejects(stat(join(root, "leak-figures")));
    const evaluation = await run("leak-figures", { data: leaking, allowLeak: true });
    assert.equal(evaluation.leaks, true);
    assert.equal((await readEvaluation(join(root, "leak-figures"))).provenance.leaks, true);
  });

  test("of a private set the files are their owner's alone", async () => {
    const hidden = await makeSet("private", { manifest: { privacy: "private" } });
    await run("private-figures", { data: hidden });
    for (const name of ["predictions.jsonl", EVALUATION]) {
      const { mode } = await stat(join(root, "private-figures", name));
      assert.equal(mode & 0o077, 0, name);
    }
  });

  test("refuses a set without the split", async () => {
    const onlyTrain = await makeSet("only-train", {
      describe: ({ i }) => ({ patient: `p${i}`, labels: { Upper: 1, Coin: 0 }, split: "train" }),
    });
    await assert.rejects(
      run("nothing", { data: onlyTrain }),
      /it has no records of the split test with an image; make splits with "ecamp data split"/,
    );
  });
});

describe("compareEvaluations()", () => {
  test("compares two models on the same records", async () => {
    await run("first");
    await run("second", { model: await writeModel("other", 9) });
    const folders = [join(root, "first"), join(root, "second")] as const;
    const { comparison } = await compareEvaluations(folders, { seed: 1, resamples: 50 });
    const { first, second, difference } = comparison.mean.auroc;
    assert.ok(first !== null && second !== null && first !== second);
    assert.equal(difference, first - second);
    const same = await compareEvaluations([folders[0], folders[0]], { seed: 1, resamples: 50 });
    assert.equal(same.comparison.mean.auroc.difference, 0);
  });

  test("refuses figures that are missing, damaged, changed or of other records", async () => {
    const good = join(root, "good");
    await run("good");
    const options = { seed: 1, resamples: 10 };
    await assert.rejects(
      compareEvaluations([good, join(root, "nowhere")], options),
      /Cannot read the figures ".*evaluation.json": there is none/,
    );
    const other = await makeSet("other-set", { count: 40 });
    await run("other-figures", { data: other });
    await assert.rejects(
      compareEvaluations([good, join(root, "other-figures")], options),
      /the first has 12 records, the second 10, and 10 are common; evaluate both on the same split/,
    );
    await run("changed");
    const predictions = join(root, "changed", "predictions.jsonl");
    await writeFile(predictions, (await readFile(predictions, "utf8")).replace('"r0"', '"r1000"'));
    await assert.rejects(readEvaluation(join(root, "changed")), /evaluate again/);
    await writeFile(join(root, "changed", EVALUATION), "{");
    await assert.rejects(readEvaluation(join(root, "changed")), /Cannot read the figures/);
  });
});
