import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeLabelledSet } from "../../../test/labelled-set.ts";
import { openDataset } from "../../data/dataset.ts";
import type { Uncertain } from "../../data/labels.ts";
import type { Split } from "../../data/record.ts";
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
import { describeModel } from "../finetune/model-description.ts";
import { noteTrainedOn } from "../finetune/trained-on.ts";
import { CLASSIFIER_FORMAT } from "./classifier-description.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { readLabelled } from "./labelled-records.ts";

const CLASSES = ["Upper", "Coin"];
const CONFIG: ClassifierConfig = {
  ...{ imageSize: 8, patch: 4, dim: 16, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", classes: 2 },
};
const root = await mkdtemp(join(tmpdir(), "evaluate-"));
after(() => rm(root, { recursive: true, force: true }));

async function writeModel(name: string, seed: number, leaks = false): Promise<string> {
  const trace = new Trace();
  classifier(new Scope(trace), input("image", "f32", [1, 3, 8, 8]), { ...CONFIG, dropPath: 0 });
  const drawn = [...trace.parameters.values()].map((parameter) => {
    const initializer =
      parameter.name === "head.weight" ? normal({ std: 1 }) : parameter.initializer;
    return [parameter.name, initialValues({ ...parameter, initializer, seed })] as const;
  });
  const metadata = describeModel(CLASSIFIER_FORMAT, {
    ...{ config: CONFIG, task: "multi-label", classes: CLASSES, shorterSide: 8, leaks },
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

/** The folder of a run that was trained on a set as it is now. */
async function makeRun(name: string, folder: string): Promise<string> {
  const dataset = await openDataset(folder);
  const labels = { classes: CLASSES, task: "multi-label", uncertain: "ignore" } as const;
  const read = async (split: Split) => {
    await using index = await dataset.index({ splits: [split] });
    return { records: await readLabelled(index, labels) };
  };
  const out = join(root, name);
  await mkdir(join(out, "best"), { recursive: true });
  await copyFile(model, join(out, "best", "model.safetensors"));
  await noteTrainedOn(out, {
    ...{ train: await read("train"), val: await read("val"), privacy: "public" },
    hashes: { dataset: await dataset.identity() },
  });
  return out;
}

async function run(
  folder: string,
  changes: {
    readonly model?: string;
    readonly data?: string;
    readonly other?: string;
    readonly split?: Split;
    readonly allowLeak?: boolean;
    readonly uncertain?: Uncertain;
    readonly trainedWith?: Uncertain;
  } = {},
): Promise<Evaluation> {
  const { allowLeak = false, split = "test", other, uncertain, trainedWith = "ignore" } = changes;
  const config: ClassifyConfig = {
    ...CLASSIFY_DEFAULTS,
    run: { ...CLASSIFY_DEFAULTS.run, data: changes.data ?? data, allowLeak },
    data: { ...CLASSIFY_DEFAULTS.data, workers: 0, uncertain: trainedWith },
    fidelity: classifyColumn("corrected"),
  };
  return evaluate({
    ...{ run: changes.model ?? model, config, folder: join(root, folder), split },
    ...{ rule: { kind: "youden" }, seed: 3, resamples: 50, data: other, uncertain },
    onNote: () => undefined,
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
    const { report, thresholdRule, warnings } = await run("no-val-figures", { data: withoutVal });
    assert.equal(thresholdRule, null);
    assert.equal(report.classes[0]?.figures.f1.value, null);
    assert.deepEqual(
      report.unscored.map(({ name }) => name),
      ["Coin"],
    );
    assert.match(warnings.join(), /no records of the run's own split val: no threshold can be/);
    assert.match(warnings.join(), /the run does not say which records it was trained on/);
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

describe("evaluate() of a run that knows whom it was trained on", () => {
  /** Test becomes train, and the later half of train becomes test. */
  const describeMoved: Parameters<typeof writeLabelledSet>[0]["describe"] = ({
    i,
    upper,
    coin,
  }) => ({
    patient: `p${i % 4}-${i >> 3}`,
    labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 },
    split: (["train", "val", "train", "test"] as const)[i % 4] ?? "train",
  });

  test("has nothing to say of the splits that it was trained on", async () => {
    const trained = await makeRun("trained", data);
    const { leaks, leakReasons, warnings } = await run("clean", { model: trained });
    assert.deepEqual([leaks, leakReasons, warnings], [false, [], []]);
    const train = await run("train-figures", { model: trained, split: "train" });
    assert.equal(train.leaks, false);
  });

  test("refuses others, in place or in a copy, unless that is allowed and then written", async () => {
    const changing = await makeSet("changing");
    const trained = await makeRun("trained-before", changing);
    await makeSet("changing", { describe: describeMoved });
    const message =
      /12 of the 12 records of the split test \(patients: 6\) are of patients that the model was trained on.*split otherwise then.*--allow-leak/;
    await assert.rejects(run("changed", { model: trained, data: changing }), message);
    const copy = await makeSet("copy", { describe: describeMoved });
    await assert.rejects(run("changed", { model: trained, data, other: copy }), message);
    await assert.rejects(stat(join(root, "changed")));
    const found = await run("changed", { model: trained, data: changing, allowLeak: true });
    assert.equal(found.leaks, true);
    const { provenance } = await readEvaluation(join(root, "changed"));
    assert.match(provenance.leakReasons.join(), /12 of the 12 records of the split test/);
  });

  test("takes patients of the same names in another dataset for others, and says so", async () => {
    const trained = await makeRun("trained-elsewhere", data);
    const other = await makeSet("same-names", {
      describe: (drawn) => ({ ...describeMoved(drawn), id: `other-${drawn.i}` }),
    });
    const { leaks, warnings } = await run("elsewhere", { model: trained, other });
    assert.equal(leaks, false);
    assert.match(warnings.join(), /^12 records of the split test name patients as the run's own/);
  });

  test("knows its own dataset under another path", async () => {
    const trained = await makeRun("trained-then-moved", data);
    const gone = { model: trained, data: join(root, "gone"), other: data };
    const { warnings, report } = await run("moved-figures", gone);
    assert.deepEqual(warnings, []);
    assert.ok(report.classes[0]?.threshold != null);
  });

  test("says that the model's own splits leaked", async () => {
    const { leaks, leakReasons } = await run("leaky", {
      model: await writeModel("leaky", 2, true),
    });
    assert.equal(leaks, true);
    assert.match(leakReasons.join(), /trained on splits that share patients or pictures/);
  });
});

describe("evaluate() of thresholds and labels", () => {
  test("takes thresholds from the run's own split val, whatever is scored", async () => {
    const other = await makeSet("other-labels", {
      describe: ({ i, upper, coin }) => ({
        ...{ id: `else-${i}`, patient: `else-${i}` },
        labels: { Upper: upper ? 0 : 1, Coin: coin ? 0 : 1 },
      }),
    });
    const thresholdsOf = ({ report }: Evaluation) => report.classes.map((each) => each.threshold);
    const own = thresholdsOf(await run("own-thresholds"));
    assert.deepEqual(thresholdsOf(await run("other-thresholds", { other })), own);
    assert.notDeepEqual(thresholdsOf(await run("its-thresholds", { data: other })), own);
    const { warnings } = await run("absent", { data: join(root, "absent"), other });
    assert.match(warnings.join("\n"), /own dataset is not there: Cannot open dataset ".*absent"/);
    assert.match(warnings.join("\n"), /no threshold can be chosen/);
  });

  test("warns of figures of the records that chose thresholds and model", async () => {
    const { warnings } = await run("val-figures", { split: "val" });
    assert.match(warnings.join(), /these records have chosen the thresholds, and the best model/);
  });

  test("scores known labels, whatever an uncertain one was in training", async () => {
    const unsure = await makeSet("unsure", {
      describe: ({ i, upper, coin }) => ({
        patient: `p${i % 4}-${i >> 3}`,
        labels: { Upper: upper ? 1 : 0, Coin: i % 8 < 4 ? -1 : coin ? 1 : 0 },
      }),
    });
    const unknownOf = ({ report }: Evaluation) => report.classes.map(({ unknown }) => unknown);
    const zeros = await run("zeros", { data: unsure, trainedWith: "zeros" });
    const ones = await run("ones", { data: unsure, trainedWith: "ones" });
    assert.deepEqual(
      [unknownOf(zeros), unknownOf(ones)],
      [
        [0, 6],
        [0, 6],
      ],
    );
    assert.equal(zeros.uncertain, "ignore");
    const options = { seed: 1, resamples: 10 };
    const folders = ["zeros", "ones", "as-ones"].map((name) => join(root, name));
    const [first = "", second = "", third = ""] = folders;
    const { comparison } = await compareEvaluations([first, second], options);
    assert.equal(comparison.mean.auroc.difference, 0);
    const asOnes = await run("as-ones", { data: unsure, uncertain: "ones" });
    assert.deepEqual([unknownOf(asOnes), asOnes.uncertain], [[0, 0], "ones"]);
    await assert.rejects(
      compareEvaluations([first, third], options),
      /uncertain labels count as ignore in the one, as ones in the other; evaluate both with/,
    );
  });

  test("says that records are drawn where no patient is known", async () => {
    const anonymous = await makeSet("anonymous", {
      describe: ({ upper, coin }) => ({ labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 } }),
    });
    const { report } = await run("anonymous-figures", { data: anonymous });
    assert.deepEqual([report.withoutPatient, report.bootstrap.by], [12, "record"]);
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
