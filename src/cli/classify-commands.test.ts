import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type LabelledSetOptions, writeLabelledSet } from "../../test/labelled-set.ts";
import { input } from "../engine/tensor.ts";
import type { Normalization } from "../model/grey-image.ts";
import { vitEncoder } from "../model/vit.ts";
import { initialValues } from "../nn/initializers.ts";
import { Scope, Trace } from "../nn/scope.ts";
import type { EncoderArchitecture } from "../tasks/finetune/encoder-source.ts";
import { writeSafetensors } from "../weights/safetensors.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const root = await mkdtemp(join(tmpdir(), "classify-commands-"));
after(() => rm(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

/** Two records a patient, whom `ecamp data split` puts on one side. */
const describeRecord: LabelledSetOptions["describe"] = ({ i, upper, coin }) => ({
  patient: `p${i >> 1}`,
  labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 },
});

const PROBE = ["--set", "train.steps=20", "--set", "train.batch=8", "--set", "train.warmupSteps=0"];
const QUICK = ["--workers", "0", "--threads", "1"];

async function probe(out: string, ...more: string[]) {
  const given = ["--weights", at("encoder.safetensors"), "--probe", ...PROBE, ...QUICK];
  return call("finetune", "classify", "--out", at(out), ...given, ...more);
}

before(async () => {
  await writeLabelledSet({
    ...{ folder: at("set"), count: 80, side: 8, describe: describeRecord },
  });
  const encoder: EncoderArchitecture & Normalization = {
    ...{ imageSize: 8, patch: 4, dim: 16, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
    ...{ positionExponent: "k/(d/2)", mean: 0.5, std: 0.25 },
  };
  const trace = new Trace();
  vitEncoder(new Scope(trace), { image: input("image", "f32", [1, 3, 8, 8]) }, encoder);
  const drawn = [...trace.parameters.values()].map(
    (parameter) => [parameter.name, initialValues({ ...parameter, seed: 5 })] as const,
  );
  const metadata = { config: JSON.stringify(encoder) };
  await writeSafetensors(at("encoder.safetensors"), drawn, { metadata });
});

describe("ecamp data split, finetune classify, evaluate, compare, predict", () => {
  test("lead from labelled pictures to figures, their comparison and predictions", async () => {
    const split = await call("data", "split", at("set"), "--ratio", "50,25,25", "--seed", "1");
    assert.equal(split.status, 0, split.err);
    assert.match(split.out, /train/);

    for (const [run, ...more] of [["a"], ["b", "--seed", "7", "--uncertain", "zeros"]] as const) {
      const trained = await probe(run, "--data", at("set"), ...more);
      assert.equal(trained.status, 0, trained.err);
      assert.match(
        trained.out,
        /^Finished after step 20: .*model\.safetensors\nBest on the split val: 0\./,
      );
      assert.match(trained.out, /Evaluate it with: ecamp evaluate /);
      assert.doesNotMatch(trained.out + trained.err, /LEAK|name no patient/);
      const noted = await readFile(at(`${run}/trained-on.json`), "utf8");
      assert.doesNotMatch(noted, /"[rp]\d+"/); // digests, not names
    }

    const first = await call("evaluate", at("a"), "--resamples", "50", ...QUICK);
    assert.equal(first.status, 0, first.err);
    assert.match(first.out, /on split test of .*: \d+ records of \d+ patients\n/);
    assert.match(first.out, /at +sensitivity +specificity +precision +floor +F1/);
    assert.doesNotMatch(first.out, /LEAK|warning/);
    const second = await call("evaluate", at("b"), "--resamples", "50", ...QUICK, "--json");
    const { report, uncertain, leaks, warnings } = JSON.parse(second.out);
    assert.deepEqual([uncertain, leaks, warnings], ["ignore", false, []]);
    assert.equal(report.bootstrap.resamples, 50);

    const compared = await call("compare", at("a"), at("b"), "--resamples", "50");
    assert.equal(compared.status, 0, compared.err);
    assert.match(compared.out, /mean AUROC of 2 +0\.\d{3} +0\.\d{3} +[+−]0\.\d{3}/);

    const predicted = await call("predict", at("a"), at("set/0.png"), at("set/1.png"), "--json");
    assert.equal(predicted.status, 0, predicted.err);
    const lines = predicted.out.trimEnd().split("\n");
    const [{ file, probabilities, leaks: leaking }] = lines.map((line) => JSON.parse(line));
    assert.deepEqual([lines.length, file, leaking], [2, at("set/0.png"), false]);
    assert.deepEqual(Object.keys(probabilities), ["Upper", "Coin"]);
  });

  test("stop where the splits were made anew, and say so where that was allowed", async () => {
    await writeLabelledSet({ folder: at("again"), count: 80, side: 8, describe: describeRecord });
    await call("data", "split", at("again"), "--ratio", "50,25,25", "--seed", "1");
    await probe("before", "--data", at("again"));
    await call("data", "split", at("again"), "--ratio", "50,25,25", "--seed", "2", "--force");
    const refused = await call("evaluate", at("before"), ...QUICK);
    assert.equal(refused.status, 1);
    assert.match(refused.err, /of patients that the model was trained on or chosen by/);
    const allowed = await call(
      "evaluate",
      at("before"),
      "--allow-leak",
      "--resamples",
      "9",
      ...QUICK,
    );
    assert.equal(allowed.status, 0, allowed.err);
    assert.match(allowed.out, /\n {2}LEAK: \d+ of the \d+ records of the split test/);
  });

  test("say of a leak that was allowed wherever its model goes", async () => {
    const data = await writeLabelledSet({
      ...{ folder: at("leaking"), count: 80, side: 8 },
      describe: ({ i, upper, coin }) => ({
        ...{ patient: `p${i % 9}`, labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 } },
      }),
    });
    const refused = await probe("leaky", "--data", data);
    assert.match(refused.err, /9 patients and 0 images stand in both train and val/);
    const trained = await probe("leaky", "--data", data, "--allow-leak");
    assert.match(trained.err, /warning: LEAK, as allowed: 9 patients/);
    assert.match(trained.out, /\nLEAK: the model was trained on splits that share/);
    const predicted = await call("predict", at("leaky"), at("set/0.png"), "--json");
    assert.match(predicted.err, /^LEAK: /);
    assert.equal(JSON.parse(predicted.out).leaks, true);
    const asText = await call("predict", at("leaky"), at("set/0.png"));
    assert.match(asText.out, /0\.png {2}(?:Upper|Coin) 0\.\d{3} {2}(?:Upper|Coin) 0\.\d{3}\n$/);
    const other = await call("evaluate", at("leaky"), "--data", at("set"), ...QUICK);
    assert.match(other.out, /\n {2}LEAK: the model was trained on splits that share patients/);
  });

  test("say what is missing, in the words of what was wanted", async () => {
    const none = await call("evaluate", at("nowhere"));
    assert.match(none.err, /^ecamp: Cannot evaluate ".*nowhere": there is no such folder/);
    const nothing = await call("compare", at("nowhere"), at("a"));
    assert.match(nothing.err, /Cannot compare ".*nowhere"/);
    const anonymous = await writeLabelledSet({
      ...{ folder: at("anonymous"), count: 40, side: 8 },
      describe: ({ upper, coin }) => ({ labels: { Upper: upper ? 1 : 0, Coin: coin ? 1 : 0 } }),
    });
    const trained = await probe("anonymous-run", "--data", anonymous, "--json");
    assert.match(trained.err, /warning: 40 records name no patient/);
    assert.equal(JSON.parse(trained.out).leaks, false);
    const scored = await call("evaluate", at("anonymous-run"), "--resamples", "9", ...QUICK);
    assert.match(scored.out, /10 records, no patients known: intervals are by record/);
  });
});
