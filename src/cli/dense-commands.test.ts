import assert from "node:assert/strict";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeDenseSet } from "../../test/dense-set.ts";
import { writeSmallEncoder } from "../../test/finetune-runs.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

const root = await mkdtemp(join(tmpdir(), "dense-commands-"));
after(() => rm(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

before(async () => {
  await writeSmallEncoder(at("encoder.safetensors"));
  await writeDenseSet({
    ...{ folder: at("set"), count: 24, width: 16, height: 16 },
    describe: ({ i, box, mask }) => ({
      ...{ patient: `p${i}`, boxes: [box], masks: { Block: mask } },
    }),
  });
});

const sets = (...values: string[]): string[] => values.flatMap((value) => ["--set", value]);
const QUICK = ["--workers", "0", "--threads", "1"];
const FEW = sets("train.batch=4", "train.steps=3", "train.warmupSteps=0");
const NARROW = {
  segment: sets("model.decoderWidths=[16,8]"),
  detect: sets("model.channels=[64,32,16]"),
};
type Task = keyof typeof NARROW;
const TASKS: readonly Task[] = ["segment", "detect"];

const train = (task: Task, out: string, ...more: string[]) =>
  trainOn(at("set"), task, out, ...more);

const trainOn = (data: string, task: Task, out: string, ...more: string[]) => {
  const inputs = ["--data", data, "--weights", at("encoder.safetensors"), "--out", at(out)];
  return call("finetune", task, ...inputs, ...NARROW[task], ...FEW, ...QUICK, ...more);
};

describe("ecamp finetune segment and detect", () => {
  test("show every value and where it comes from, and write nothing", async () => {
    const segment = await call(
      ...["finetune", "segment", "--out", at("dry"), "--recipe", "rsna-10", "--dry-run", "--json"],
      ...["--classes", "Block,Ghost", "--train-encoder", "--labels", "10%"],
    );
    assert.equal(segment.status, 0, segment.err);
    const values: Record<string, { value: unknown; from: string }> = JSON.parse(segment.out);
    assert.deepEqual(values["data.classes"], { value: ["Block", "Ghost"], from: "--classes" });
    assert.deepEqual(values["train.trainEncoder"], { value: true, from: "--train-encoder" });
    assert.deepEqual(values["data.labels"], { value: 10, from: "--labels" });
    assert.deepEqual(values["data.masksFrom"], { value: "boxes", from: "recipe rsna-10" });
    assert.deepEqual(values["fidelity.segmentation.geometry"], {
      ...{ value: "together", from: "recipe rsna-10" },
    });
    assert.deepEqual(values["train.selectBy"], { value: "loss", from: "recipe rsna-10" });

    const detect = await call(
      ...["finetune", "detect", "--out", at("dry"), "--recipe", "rsna-100", "--dry-run", "--json"],
      ...["--anchors", "fit", "--max-boxes", "20"],
    );
    assert.equal(detect.status, 0, detect.err);
    const own: Record<string, { value: unknown; from: string }> = JSON.parse(detect.out);
    assert.deepEqual(own["model.anchors"], { value: "fit", from: "--anchors" });
    assert.deepEqual(own["data.maxBoxes"], { value: 20, from: "--max-boxes" });
    assert.deepEqual(own["model.expansion"], { value: 4, from: "recipe rsna-100" });
    assert.deepEqual(own["train.validateFrom"], { value: 50, from: "recipe rsna-100" });
    await assert.rejects(access(at("dry")));
  });

  test("explain themselves", async () => {
    for (const task of TASKS) {
      const { status, out } = await call("finetune", task, "--help");
      assert.equal(status, 0);
      assert.match(out, /--train-encoder +train the encoder too/);
      assert.match(out, new RegExp(`ecamp finetune ${task} --data`));
    }
  });

  test("say which values cannot be", async () => {
    for (const [task, value, message] of [
      ["segment", "data.masksFrom=boxs", /data\.masksFrom/],
      ["segment", "model.decoderWidths=[]", /model\.decoderWidths/],
      ["segment", 'data.classes=["a","a"]', /expected each class once/],
      ["segment", "data.scale=[1.2,0.8]", /data\.scale/],
      ["segment", "fidelity.segmentation.geometry=loose", /fidelity\.segmentation\.geometry/],
      ["detect", "model.channels=[64,32,10]", /model\.channels/],
      ["detect", "model.expansion=6", /model\.expansion/],
      ["detect", "data.maxBoxs=3", /unknown key, did you mean data\.maxBoxes\?/],
    ] as const) {
      const words = ["finetune", task, "--out", at("dry"), "--dry-run", "--set", value];
      const { status, err } = await call(...words);
      assert.equal(status, 1, value);
      assert.match(err, message);
    }
  });

  test("train, stop, go on, and say where the best model is", async () => {
    for (const task of TASKS) {
      const stopped = await train(task, task, "--stop-after", "2");
      assert.equal(stopped.status, 0, stopped.err);
      assert.match(
        stopped.out,
        new RegExp(`^Stopped after step 2: [^]*Go on with: ecamp finetune ${task} --out \\S+ --re`),
      );
      const resumed = await call("finetune", task, "--out", at(task), "--resume", ...QUICK);
      assert.equal(resumed.status, 0, resumed.err);
      assert.match(
        resumed.out,
        /^Finished after step 3: .*\nBest on the split val: \d\.\d{4} after step \d, by (?:dice|map)\n/,
      );
      const noted = await readFile(join(at(task), "trained-on.json"), "utf8");
      assert.doesNotMatch(noted, /"[rp]\d+"/); // digests, not names
      const { model, finished, leaks } = JSON.parse((await train(task, `${task}-2`, "--json")).out);
      assert.deepEqual([finished, leaks], [true, false]);
      assert.equal(model, join(at(`${task}-2`), "best", "model.safetensors"));
    }
  });

  test("are not taken for another: a run says of which command it is", async () => {
    for (const [words, command] of [
      [["finetune", "segment"], "finetune detect"],
      [["finetune", "detect"], "finetune segment"],
      [["finetune", "classify"], "finetune segment"],
      [["pretrain"], "finetune detect"],
    ] as const) {
      const out = at(command === "finetune detect" ? "detect" : "segment");
      const { status, err } = await call(...words, "--out", out, "--resume");
      assert.equal(status, 1);
      assert.match(
        err,
        new RegExp(`it is a run of "ecamp ${command}", expected one of "ecamp ${words.join(" ")}"`),
      );
    }
  });

  test("evaluate names all commands whose runs it takes", async () => {
    await mkdir(at("pretrained"));
    const saved = { "run.tokenizer": { value: "tokenizer.json", from: "--tokenizer" } };
    await writeFile(join(at("pretrained"), "config.json"), JSON.stringify(saved));
    const { status, err } = await call("evaluate", at("pretrained"));
    assert.equal(status, 1);
    assert.match(
      err,
      /pretrained": it is a run of "ecamp pretrain", expected one of "ecamp finetune classify", "ecamp finetune segment", "ecamp finetune detect"$/m,
    );
  });

  test("a leak that was allowed is said wherever the model goes", async () => {
    await writeDenseSet({
      ...{ folder: at("leaking"), count: 24, width: 16, height: 16 },
      describe: ({ i, box, mask }) => ({
        ...{ patient: `p${i % 5}`, boxes: [box], masks: { Block: mask } },
      }),
    });
    for (const task of TASKS) {
      const refused = await trainOn(at("leaking"), task, `${task}-leaky`);
      assert.equal(refused.status, 1);
      assert.match(refused.err, /stand in both train and val/);
      const allowed = await trainOn(at("leaking"), task, `${task}-leaky`, "--allow-leak");
      assert.equal(allowed.status, 0, allowed.err);
      assert.match(allowed.out, /\nLEAK: the model was trained on splits that share/);
    }
  });
});
