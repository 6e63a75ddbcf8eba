import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Changes, recordOf, TinyRuns, type WatchedRun } from "../../test/tiny-runs.ts";
import { ConfigError, DecodeError, ManifestError, WeightsError } from "../util/errors.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import type { RunEvent } from "./pretrain.ts";

let runs: TinyRuns;
/** A whole run; what others end in must be what it ended in. */
let whole: WatchedRun;
before(async () => {
  runs = await TinyRuns.open();
  whole = await run(await newFolder(), {}, { configText: '{"a": 1}\n' });
});
after(() => runs[Symbol.asyncDispose]());

const newFolder = (): Promise<string> => runs.newFolder();
const run: TinyRuns["run"] = (...options) => runs.run(...options);

/** An update is one micro-batch. */
const SINGLE = { train: { accumulate: 1 } };

describe("pretrain()", () => {
  test("trains from a dataset folder to a run folder", async () => {
    const { out, step, finished, checkpoint, events } = whole;
    assert.deepEqual([step, finished], [4, true]);
    assert.equal(checkpoint, join(out, "checkpoints", "step-000004"));
    assert.equal(await readFile(join(out, "config.json"), "utf8"), '{"a": 1}\n');
    assert.deepEqual((await readdir(out)).toSorted(), [
      ...["best", "checkpoints", "config.json", "log.jsonl"],
    ]);
    const [started, ...others] = events;
    assert.ok(started?.kind === "started");
    const { parameters, ...counts } = started;
    assert.deepEqual(counts, {
      kind: "started",
      ...{ records: 8, updatesPerEpoch: 2, doneSteps: 0, lastStep: 4 },
      beside: { contexts: 8, windows: 0 },
    });
    const updates = others.flatMap((event) => (event.kind === "update" ? [event.report] : []));
    assert.deepEqual(
      updates.map(({ epoch, samples }) => [epoch, samples]),
      [
        [0, 4],
        [0.5, 4],
        [1, 4],
        [1.5, 4],
      ],
    );
    assert.equal(updates[0]?.lr, 1e-2);
    for (const { losses } of updates) assert.deepEqual(Object.keys(losses), ["mim", "res", "mlm"]);
    assert.deepEqual(others.at(-1), { kind: "checkpoint", path: checkpoint });
    await using model = await openSafetensors(join(checkpoint, "model.safetensors"));
    assert.equal(model.metadata["format"], "ecamp-pretrain-1");
    const elements = model.names.map((name) => model.info(name).byteLength / 4);
    assert.equal(
      elements.reduce((sum, count) => sum + count, 0),
      parameters,
    );
    assert.ok(model.names.includes("bert_encoder.model.bert.pooler.dense.weight"));
  });

  const skip = process.platform === "win32" && "Windows has no permission bits";
  test("lets only the owner into the run of a private dataset", { skip }, async () => {
    const copy = await runs.copyData();
    const manifest = join(copy, "dataset.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, text.replace('"privacy": "public"', '"privacy": "private"'));
    const out = join(await newFolder(), "deeper", "run");
    await run(out, { ...SINGLE, run: { data: copy } }, { stopAfter: 1 });
    const modes = [out, join(out, "config.json")].map(async (path) => (await stat(path)).mode);
    assert.deepEqual(
      (await Promise.all(modes)).map((mode) => mode & 0o777),
      [0o700, 0o600],
    );
  });

  test("goes on after a stop as if there had been none, with any number of workers, bit for bit", async () => {
    const out = await newFolder();
    const half = await run(out, { data: { workers: 1 } }, { stopAfter: 3 });
    assert.deepEqual([half.step, half.finished], [3, false]);
    const rest = await run(out, { data: { workers: 2 } }, { resume: true });
    assert.deepEqual([rest.step, rest.finished], [4, true]);
    assert.ok(rest.events[0]?.kind === "started" && rest.events[0].doneSteps === 3);
    assert.deepEqual(await recordOf(out, 4), await recordOf(whole.out, 4));
  });

  test("refuses inputs that are missing or do not fit, and leaves no folder behind", async () => {
    const swapped = join(await newFolder(), "tokenizer.json");
    const text = await readFile(join(runs.data, "tokenizer.json"), "utf8");
    const names = { "[PAD]": "[UNK]", "[UNK]": "[PAD]" } as const;
    const exchange = (name: string) => names[name as keyof typeof names] ?? name;
    await writeFile(swapped, text.replace(/\[(?:PAD|UNK)\](?=",\s*"single_word|":)/g, exchange));
    const cases: readonly [Changes, new (message: string) => Error, RegExp][] = [
      [
        { run: { data: null } },
        ConfigError,
        /^Cannot pre-train without a dataset folder: give it with --data$/,
      ],
      [
        { run: { tokenizer: null } },
        ConfigError,
        /^Cannot pre-train without a vocabulary, .* --tokenizer$/,
      ],
      [{ run: { data: join(runs.root, "absent") } }, ManifestError, /absent/],
      [{ run: { tokenizer: join(runs.root, "absent.json") } }, ConfigError, /absent\.json/],
      [{ data: { lexicon: "chests" } }, ConfigError, /^Cannot read the lexicon "chests": /],
      [
        { run: { tokenizer: swapped } },
        ConfigError,
        /^Cannot use a vocabulary whose \[PAD\] is 1: /,
      ],
      [{ train: { batch: 9 } }, ConfigError, /^Cannot make batches of 9 from 8 records: /],
      [
        { train: { batch: 3, accumulate: 3 } },
        ConfigError,
        /^Cannot make one update of 3 × 3 pairs from 8 records: set train\.batch or train\.accumulate lower$/,
      ],
      [
        { train: { warmupEpochs: 2 } },
        ConfigError,
        /^Cannot pre-train with train\.warmupEpochs = 2 and train\.epochs = 2: the learning rate/,
      ],
      [{ run: { device: "abacus" } }, ConfigError, /^Cannot use device "abacus": /],
      [
        { run: { init: join(runs.root, "absent.safetensors") } },
        WeightsError,
        /absent\.safetensors/,
      ],
    ];
    for (const [changes, type, message] of cases) {
      const out = join(await newFolder(), "out");
      await assert.rejects(run(out, changes), (error) => {
        assert.ok(error instanceof type, `${error}`);
        assert.match(error.message, message);
        return true;
      });
      await assert.rejects(readdir(out), { code: "ENOENT" });
    }
  });

  test("refuses a folder that is used, and to resume one that is none", async () => {
    const used = await newFolder();
    await writeFile(join(used, "notes.txt"), "mine");
    await assert.rejects(
      run(used),
      new ConfigError(
        `Cannot start a run in "${used}": it holds notes.txt already; use --resume to go on with it, or choose another --out`,
      ),
    );
    await assert.rejects(
      run(used, {}, { resume: true }),
      /it holds no config\.json, so it is no run's folder$/,
    );
    assert.deepEqual(await readdir(used), ["notes.txt"]);
    const absent = join(runs.root, "never");
    await assert.rejects(
      run(absent, {}, { resume: true }),
      new ConfigError(`Cannot resume "${absent}": there is no such folder`),
    );
  });

  test("says how many windows there are, and refuses a context of another report", async () => {
    const data = await runs.copyData();
    const { run: paths } = runs.configOf({ run: { data } });
    const [first] = await runs.trainingRecords();
    assert.ok(first !== undefined);
    const window = { id: first.id, row: 0, column: 2 };
    await writeFile(join(data, "window.jsonl"), `${JSON.stringify(window)}\n`);
    const { events } = await run(await newFolder(), { ...SINGLE, run: paths }, { stopAfter: 1 });
    assert.ok(events[0]?.kind === "started");
    assert.deepEqual(events[0].beside, { contexts: 8, windows: 1 });
    const contexts = (await readFile(join(data, "context.jsonl"), "utf8")).trimEnd().split("\n");
    const marked = contexts.map((line) => {
      const context = JSON.parse(line);
      const reportHash = "0".repeat(64);
      return JSON.stringify(context.id === first.id ? { ...context, reportHash } : context);
    });
    await writeFile(join(data, "context.jsonl"), `${marked.join("\n")}\n`);
    const out = join(await newFolder(), "none");
    await assert.rejects(
      run(out, { ...SINGLE, run: paths }),
      new ManifestError(
        `Cannot use the context of record "${first.id}": it was written for another text than the record's report; write it anew with "ecamp distill run ${data}"`,
      ),
    );
    await assert.rejects(readdir(out), { code: "ENOENT" });
  });

  test("refuses to resume on another dataset, vocabulary or seed, and warns of other threads", async () => {
    const copy = await runs.copyData();
    const moved = { run: { data: copy, tokenizer: join(copy, "tokenizer.json") } };
    const out = await newFolder();
    await run(out, SINGLE, { stopAfter: 1 });
    const { step, notes } = await run(
      out,
      { ...SINGLE, run: { ...moved.run, threads: 2 } },
      { resume: true, stopAfter: 2 },
    );
    assert.equal(step, 2, "the same dataset in another place will do");
    assert.deepEqual(notes, [
      "warning: 2 threads instead of 1; results will differ in their last bits",
    ]);
    const tokenizer = await readFile(moved.run.tokenizer, "utf8");
    await writeFile(moved.run.tokenizer, `${tokenizer}\n`);
    await assert.rejects(
      run(out, { ...SINGLE, ...moved }, { resume: true }),
      new WeightsError(
        `Cannot resume "${out}": its tokenizer is not the one that the run began with`,
      ),
    );
    await writeFile(moved.run.tokenizer, tokenizer);
    const records = join(copy, "records.jsonl");
    await writeFile(
      records,
      (await readFile(records, "utf8")).replace("There is no", "There is a"),
    );
    await assert.rejects(
      run(out, { ...SINGLE, ...moved }, { resume: true }),
      new WeightsError(
        `Cannot resume "${out}": its dataset is not the one that the run began with; --allow-changed-data goes on with this one`,
      ),
    );
    const changed = await run(
      out,
      { ...SINGLE, ...moved },
      { resume: true, stopAfter: 3, allowChangedData: true },
    );
    assert.equal(changed.step, 3);
    assert.deepEqual(changed.notes, [
      `warning: the dataset is not the one that "${out}" began with; from here on it learns from this one`,
      "warning: 1 threads instead of 2; results will differ in their last bits",
    ]);
    const again = await run(out, { ...SINGLE, ...moved }, { resume: true, stopAfter: 4 });
    assert.deepEqual([again.step, again.notes], [4, []], "the state has the new hash");
    await assert.rejects(
      run(out, { train: { ...SINGLE.train, seed: 9 } }, { resume: true }),
      /^WeightsError: Cannot resume ".*" with the seed 9: the run began with \d+$/,
    );
  });

  test("refuses to resume with another configuration, through the library too", async () => {
    const out = await newFolder();
    await run(out, SINGLE, { stopAfter: 1 });
    const cases: readonly Changes[] = [
      { train: { accumulate: 1, lr: 0.5 } },
      { train: { accumulate: 2 } },
      { ...SINGLE, model: { dropout: 0 } },
      { ...SINGLE, loss: { mlm: 2 } },
      { ...SINGLE, fidelity: { flip: "image" } },
      { ...SINGLE, run: { init: "mae.safetensors" } },
    ];
    for (const changes of cases) {
      await assert.rejects(
        run(out, changes, { resume: true }),
        new WeightsError(
          `Cannot resume "${out}": its configuration is not the one that the run began with ` +
            "(model, batch, rates, losses and switches are a run's own); start a new run instead",
        ),
        JSON.stringify(changes),
      );
    }
    const free: Changes = {
      train: { accumulate: 1, checkpointMinutes: 1, onFullDisk: "continue" },
      data: { workers: 1, prefetch: 1, onBadRecord: "skip" },
    };
    assert.equal((await run(out, free, { resume: true, stopAfter: 2 })).step, 2);
  });

  test("refuses a folder that another run is using, until that has ended", async () => {
    const out = await newFolder();
    const inside: Promise<void>[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.kind !== "update") return;
      const busy = /: a run of this process has been using it since 1970-01-01T00:00:00.000Z; /;
      for (const resume of [true, false]) {
        inside.push(assert.rejects(run(out, SINGLE, { resume }), busy));
      }
    };
    await run(out, SINGLE, { stopAfter: 1, onEvent });
    assert.equal(inside.length, 2);
    await Promise.all(inside);
    const { step } = await run(out, SINGLE, { resume: true, stopAfter: 2 });
    assert.equal(step, 2);
  });

  test("resumes a run that was stopped before its first checkpoint from the beginning", async () => {
    const out = await newFolder();
    await writeFile(join(out, "config.json"), "{}\n");
    const { step, notes } = await run(out, SINGLE, { resume: true, stopAfter: 1 });
    assert.equal(step, 1);
    assert.deepEqual(notes, [`"${out}" has no checkpoint yet: starting from the beginning`]);
  });

  test("validates on the split val after every epoch, and keeps the best model", async () => {
    const lines = (await readFile(join(whole.out, "log.jsonl"), "utf8")).trimEnd().split("\n");
    const log = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      log.map(({ step, validation }) => [step, validation !== undefined]),
      [1, 2, 3, 4].flatMap((step) =>
        step % 2 === 0
          ? [
              [step, false],
              [step, true],
            ]
          : [[step, false]],
      ),
    );
    const validated = log.flatMap(({ step, validation }) =>
      validation === undefined
        ? []
        : [{ step, loss: validation.mim + validation.res + validation.mlm }],
    );
    const best = validated.reduce((a, b) => (b.loss < a.loss ? b : a));
    await using model = await openSafetensors(join(whole.out, "best", "model.safetensors"));
    assert.equal(model.metadata["step"], `${best.step}`);
    assert.equal(Number(model.metadata["validationLoss"]), best.loss);
    const without = await run(await newFolder(), { train: { validateEpochs: 0, epochs: 1 } });
    assert.deepEqual((await readdir(without.out)).includes("best"), false);
  });

  test("does a validation that a stop has cut short when it is resumed", async () => {
    const stopping = new AbortController();
    const out = await newFolder();
    const stopped = await run(
      out,
      {},
      {
        signal: stopping.signal,
        onEvent: (event) => event.kind === "update" && event.report.step === 2 && stopping.abort(),
      },
    );
    assert.equal(stopped.step, 2);
    await run(out, {}, { resume: true });
    assert.deepEqual(await recordOf(out, 4), await recordOf(whole.out, 4));
  });

  test("starts from the weights of a file, and says what it took", async () => {
    const init = join(whole.checkpoint, "model.safetensors");
    const train = { ...SINGLE.train, lr: 0, seed: 7 };
    const second = await run(await newFolder(), { run: { init }, train }, { stopAfter: 1 });
    const taken = await readFile(init);
    assert.deepEqual(await readFile(join(second.checkpoint, "model.safetensors")), taken);
    assert.match(second.notes[0] ?? "", /^".*model\.safetensors": \d+ loaded$/);
  });

  test("starts from the folder of a run or of a checkpoint: the best model, or else the newest", async () => {
    const train = { ...SINGLE.train, lr: 0 };
    const start = async (init: string): Promise<string> => {
      const { notes } = await run(await newFolder(), { run: { init }, train }, { stopAfter: 1 });
      return notes[0] ?? "";
    };
    assert.ok(
      (await start(whole.out)).startsWith(`"${join(whole.out, "best")}/model.safetensors"`),
    );
    assert.ok(
      (await start(whole.checkpoint)).startsWith(`"${whole.checkpoint}/model.safetensors"`),
    );
    const copy = join(await newFolder(), "copy");
    await cp(whole.out, copy, { recursive: true });
    await rm(join(copy, "best"), { recursive: true });
    const newest = join(copy, "checkpoints", "step-000004", "model.safetensors");
    assert.ok((await start(copy)).startsWith(`"${newest}"`));
    // Weights are taken from a checkpoint that could not be resumed from, too.
    await rm(join(copy, "checkpoints", "step-000004", "state.json"));
    assert.ok((await start(copy)).startsWith(`"${newest}"`));
    const empty = await newFolder();
    await assert.rejects(start(empty), (error) => {
      assert.ok(error instanceof WeightsError);
      assert.match(error.message, /^Cannot start from ".*": expected a safetensors file, a check/);
      return true;
    });
  });

  test("refuses to start from a model that means something else, and leaves foreign words out", async () => {
    const file = join(whole.checkpoint, "model.safetensors");
    const other = { run: { init: file }, fidelity: { "mlm.tiedDecoder": false } };
    await assert.rejects(run(await newFolder(), other), (error) => {
      assert.ok(error instanceof WeightsError);
      assert.match(
        error.message,
        /trained as another architecture: tiedDecoder is true, expected false$/,
      );
      return true;
    });
    await using model = await openSafetensors(file);
    const tensors = await Promise.all(
      model.names.map(async (name) => [name, await model.read(name)] as const),
    );
    const init = join(await newFolder(), "foreign.safetensors");
    const metadata = { ...model.metadata, tokenizerSha256: "0".repeat(64) };
    await writeSafetensors(init, tensors, { metadata });
    const train = { ...SINGLE.train, lr: 0 };
    const { notes } = await run(await newFolder(), { run: { init }, train }, { stopAfter: 1 });
    assert.match(
      notes[0] ?? "",
      /2 missing \(bert_encoder\.model\.cls\.predictions\.bias, .*word_embeddings\.weight\)$/,
    );
    assert.match(notes[1] ?? "", /its vocabulary is another one, so its tables of words were left/);
  });

  test("refuses to start from an encoder that is incomplete or of another size", async () => {
    await using model = await openSafetensors(join(whole.checkpoint, "model.safetensors"));
    const kept = model.names.filter((name) => !/^(?:blocks\.0\.mlp|decoder_|bert_)/.test(name));
    const tensors = await Promise.all(
      kept.map(async (name) => [name, await model.read(name)] as const),
    );
    const init = join(runs.root, "incomplete.safetensors");
    await writeSafetensors(init, tensors);
    await assert.rejects(
      run(join(runs.root, "unstarted"), { run: { init } }),
      new WeightsError(
        `Cannot load weights "${init}" into the pre-training model: 4 missing ` +
          "(blocks.0.mlp.fc1.bias, blocks.0.mlp.fc2.bias, blocks.0.mlp.fc1.weight, blocks.0.mlp.fc2.weight)",
      ),
    );
    const other = { run: { init: model.file }, model: { dim: 12 } };
    await assert.rejects(
      run(join(runs.root, "unstarted"), other),
      /: \d+ reshaped \(patch_embed\.proj\.bias: \[8\] for \[12\], /,
    );
  });

  test("skips a picture that is cut off, where it may, and says so", async () => {
    const copy = await runs.copyData();
    const [bad] = await runs.trainingRecords();
    assert.ok(bad !== undefined);
    await truncate(join(copy, bad.image), 200);
    const changes = { run: { data: copy }, train: { batch: 4, accumulate: 1, epochs: 1 } };
    await assert.rejects(run(await newFolder(), changes), (error) => {
      assert.ok(error instanceof DecodeError);
      assert.match(error.message, new RegExp(`^Cannot use record "${bad.id}": `));
      return true;
    });
    const skipping = { ...changes, data: { onBadRecord: "skip" } } as const;
    const out = await newFolder();
    const first = await run(out, skipping, { stopAfter: 1 });
    const second = await run(out, skipping, { resume: true });
    assert.equal(second.step, 2);
    // Listed and told when it was first met, in whichever batch, and never again.
    const notes = [...first.notes, ...second.notes];
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? "", new RegExp(`^skipped record "${bad.id}": `));
    assert.equal(second.skipped, 1);
    const [line, ...rest] = (await readFile(join(out, "skipped.jsonl"), "utf8")).split("\n");
    const { reason, ...listed } = JSON.parse(line ?? "");
    assert.deepEqual([listed, rest], [{ epoch: 0, id: bad.id }, [""]]);
    assert.equal(notes[0], `skipped record "${bad.id}": ${reason}`);
  });
});
