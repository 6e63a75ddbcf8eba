import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writePretrainedFile } from "../../test/pretrained-file.ts";
import { TINY_SIZES, TinyRuns } from "../../test/tiny-runs.ts";
import { openDataset } from "../data/dataset.ts";
import { openDevice } from "../engine/runtime/device.ts";
import { Program } from "../engine/runtime/program.ts";
import { decodeImage } from "../image/decode.ts";
import { resample } from "../image/resample.ts";
import type { EcampConfig } from "../model/config.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { ndArray } from "../util/nd-array.ts";
import { sha256 } from "../util/sha256.ts";
import { traceCrossAttention } from "./cross-attention.ts";
import { type ReportModel, readReportModel } from "./report-model.ts";
import { attendingText, attendingWords, encodeText } from "./window-samples.ts";
import { makeWindows, type WindowsEvent, type WindowsOptions } from "./windows.ts";

let runs: TinyRuns;
let tokenizer: Tokenizer;
let model: ReportModel;
let other: ReportModel;
before(async () => {
  runs = await TinyRuns.open();
  tokenizer = await loadTokenizer(join(runs.data, "tokenizer.json"));
  const { tokens, ...sizes } = TINY_SIZES;
  const config: EcampConfig = {
    ...{ ...sizes, vocab: tokenizer.size, positions: tokens, mean: 0.4721, std: 0.3037 },
    ...{ positionExponent: "k/(d/2)", finalRelu: false, tiedDecoder: true },
  };
  const modelOf = async (seed: number): Promise<ReportModel> => {
    const file = join(runs.root, `${seed}.safetensors`);
    await writePretrainedFile(file, { config, seed, tokenizerSha256: tokenizer.sha256 });
    return readReportModel(file, tokenizer);
  };
  [model, other] = [await modelOf(1), await modelOf(2)];
});
after(() => runs[Symbol.asyncDispose]());

const device = openDevice({ threads: 1 });

async function make(folder: string, changes: Partial<WindowsOptions> = {}) {
  const events: WindowsEvent[] = [];
  const summary = await makeWindows({
    ...{ dataset: await openDataset(folder), model, tokenizer, device },
    ...{ out: join(folder, "window.jsonl"), batch: 5, force: false, onBadRecord: "error" },
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    ...changes,
  });
  return { summary, events };
}

interface Line {
  readonly id: string;
  readonly row: number;
  readonly column: number;
  readonly [key: string]: unknown;
}

async function linesOf(path: string): Promise<readonly Line[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Rewrites a file of a dataset line by line; undefined leaves a line out. */
async function edit(
  folder: string,
  name: string,
  change: (line: Record<string, unknown>, index: number) => object | undefined,
): Promise<void> {
  const path = join(folder, name);
  const lines = (await linesOf(path)).map((line, index) => change({ ...line }, index));
  const kept = lines.filter((line) => line !== undefined);
  await writeFile(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

describe("makeWindows()", () => {
  test("places each window by the attention of the context's words, batch or no batch", async () => {
    const folder = await runs.copyData();
    const { summary } = await make(folder);
    const lines = await linesOf(summary.out);
    assert.deepEqual([summary.records, summary.made, summary.kept, lines.length], [12, 12, 0, 12]);
    const dataset = await openDataset(folder);
    const { positions: tokens, bigImageSize: side, bertHeads } = model.config;
    await using program = await Program.compile(traceCrossAttention(model.config, 1).graph, device);
    let at = 0;
    const seen = new Set<string>();
    for await (const record of dataset.records()) {
      const picture = await decodeImage(dataset.imagePath(record.image ?? ""));
      const size = { width: side, height: side };
      const image = resample(picture, { ...size, interpolation: "bicubic" }).data;
      const { ids, length } = tokenizer.encodeFixed(`[CLS] ${record.context}`, tokens);
      const mask = Float32Array.from({ length: tokens }, (_, token) => Number(token < length));
      const everyPatch = BigInt64Array.from({ length: 196 }, (_, patch) => BigInt(patch));
      const results = await program.run(
        new Map([
          ...model.parameters,
          ["image", ndArray("u8", [1, side, side], image)],
          ["ids", ndArray("i64", [1, tokens], BigInt64Array.from(ids, BigInt))],
          ["attentionMask", ndArray("f32", [1, tokens], mask)],
          ["idsKeep", ndArray("i64", [1, 196], everyPatch)],
        ]),
      );
      const probs = results.get("probs")?.data ?? [];
      // Nine sums over heads, words behind [CLS] and the patches inside.
      let best = { mass: 0, row: 1, column: 1 };
      for (const row of [0, 1, 2]) {
        for (const column of [0, 1, 2]) {
          let mass = 0;
          for (let head = 0; head < bertHeads; head++) {
            for (let token = 1; token < length; token++) {
              if (ids[token] === tokenizer.specials.unk) continue;
              for (let cell = 0; cell < 144; cell++) {
                const patch = (row + Math.floor(cell / 12)) * 14 + column + (cell % 12);
                mass += Number(probs[(head * tokens + token) * 196 + patch]);
              }
            }
          }
          if (mass > best.mass) best = { mass, row, column };
        }
      }
      const line = lines[at++];
      assert.deepEqual([line?.id, line?.row, line?.column], [record.id, best.row, best.column]);
      assert.equal(line?.["textHash"], sha256(record.context ?? ""));
      seen.add(`${best.row} ${best.column}`);
    }
    assert.ok(seen.size > 1, "not every record has the same window");
  });

  test("goes on where it was stopped, and does nothing twice", async () => {
    const folder = await runs.copyData();
    const whole = join(folder, "whole.jsonl");
    await make(folder, { out: whole });
    const controller = new AbortController();
    const out = join(folder, "window.jsonl");
    await assert.rejects(
      make(folder, {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.kind === "done") controller.abort();
        },
      }),
      { name: "AbortError" },
    );
    assert.equal((await linesOf(`${out}.partial`)).length, 5);
    await assert.rejects(stat(out), { code: "ENOENT" });
    const { summary, events } = await make(folder);
    assert.deepEqual([summary.made, summary.kept], [7, 5]);
    assert.deepEqual(events, [
      { kind: "started", total: 7, kept: 5 },
      { kind: "done", done: 5 },
      { kind: "done", done: 7 },
    ]);
    assert.deepEqual(await linesOf(out), await linesOf(whole));
    await assert.rejects(stat(`${out}.partial`), { code: "ENOENT" });
    const { mtimeMs } = await stat(out);
    const again = await make(folder);
    assert.deepEqual([again.summary.made, again.summary.kept], [0, 12]);
    assert.deepEqual(again.events, [{ kind: "started", total: 0, kept: 12 }]);
    assert.equal((await stat(out)).mtimeMs, mtimeMs);
  });

  test("makes anew what another text has made, another model's only when forced", async () => {
    const folder = await runs.copyData();
    const { summary } = await make(folder);
    const before = await linesOf(summary.out);
    await edit(folder, "context.jsonl", (line, index) =>
      index === 3 ? { ...line, context: "there is no edema." } : line,
    );
    const second = await make(folder);
    assert.deepEqual([second.summary.made, second.summary.kept], [1, 11]);
    assert.deepEqual(second.events[0], {
      kind: "note",
      text: `"${summary.out}": 1 windows of other texts, other records or by another model are made anew or left out`,
    });
    const now = await linesOf(summary.out);
    assert.deepEqual(now.toSpliced(3, 1), before.toSpliced(3, 1));
    assert.equal(now[3]?.["textHash"], sha256("there is no edema."));
    await assert.rejects(make(folder, { model: other }), {
      name: "ConfigError",
      message: `Cannot write windows to "${summary.out}": it holds 12 windows by another model; keep them by naming another file (--out), or make every window anew (--force)`,
    });
    assert.deepEqual(await linesOf(summary.out), now);
    const forced = await make(folder, { model: other, force: true });
    assert.deepEqual([forced.summary.made, forced.summary.kept], [12, 0]);
    for (const line of await linesOf(summary.out)) assert.equal(line["modelHash"], other.hash);
    const again = await make(folder, { model: other, force: true });
    assert.deepEqual([again.summary.made, again.summary.kept], [12, 0]);
  });

  test("destroys nothing before all is made, forced or not, and a forced run goes on too", async () => {
    const folder = await runs.copyData();
    const { summary } = await make(folder);
    const before = await readFile(summary.out, "utf8");
    const parameters = new Map(other.parameters);
    parameters.set("bert_mlp.bias", ndArray("f32", [1], new Float32Array(1)));
    const broken = { model: { ...other, parameters }, force: true };
    await assert.rejects(make(folder, broken));
    assert.equal(await readFile(summary.out, "utf8"), before);
    const controller = new AbortController();
    const stopped = make(folder, {
      ...{ model: other, force: true, signal: controller.signal },
      onEvent: (event) => {
        if (event.kind === "done") controller.abort();
      },
    });
    await assert.rejects(stopped, { name: "AbortError" });
    assert.equal(await readFile(summary.out, "utf8"), before);
    await assert.rejects(make(folder), {
      message:
        /window\.jsonl\.partial", which an unfinished run left, holds 5 windows by another model/,
    });
    const rest = await make(folder, { model: other, force: true });
    assert.deepEqual([rest.summary.made, rest.summary.kept], [7, 5]);
    for (const line of await linesOf(summary.out)) assert.equal(line["modelHash"], other.hash);
  });

  test("a window that cannot be made anew is not kept", async () => {
    const folder = await runs.copyData();
    await make(folder);
    const [first] = await linesOf(join(folder, "records.jsonl"));
    await writeFile(join(folder, String(first?.["image"])), "no picture");
    await edit(folder, "context.jsonl", (line, index) =>
      index === 0 ? { ...line, context: "there is no edema." } : line,
    );
    const { summary } = await make(folder, { onBadRecord: "skip" });
    assert.deepEqual([summary.made, summary.kept, summary.unreadable], [0, 11, 1]);
    assert.ok((await linesOf(summary.out)).every(({ id }) => id !== first?.id));
  });

  test("takes the report where there is no context, and counts what has no text or image", async () => {
    const folder = await runs.copyData();
    await edit(folder, "context.jsonl", (line, index) => {
      if (index === 0) return undefined;
      return index < 3 ? { ...line, context: " " } : line;
    });
    await edit(folder, "records.jsonl", ({ report, image, ...line }, index) => {
      if (index === 2) return { ...line, image };
      if (index === 4) return { ...line, report };
      if (index === 5) return { ...line, image, report: " " };
      return { ...line, report, image };
    });
    await edit(folder, "context.jsonl", (line, index) =>
      index === 4 ? { ...line, context: "\u4e2d\u6587 \u4e2d" } : line,
    );
    const { summary } = await make(folder);
    const { made, withoutImage, withoutText, withoutWords } = summary;
    // The sixth has a blank report, and a context of words that the vocabulary does not know.
    assert.deepEqual(
      { made, withoutImage, withoutText, withoutWords },
      {
        ...{ made: 9, withoutImage: 1, withoutText: 1, withoutWords: 1 },
      },
    );
    const dataset = await openDataset(folder);
    await using index = await dataset.index();
    const first = await index.read(0);
    const [line] = await linesOf(summary.out);
    assert.equal(line?.["textHash"], sha256(first.report ?? ""));
  });

  test("stops at a picture that cannot be read, or counts and tells it", async () => {
    const folder = await runs.copyData();
    const [first] = await linesOf(join(folder, "records.jsonl"));
    await writeFile(join(folder, String(first?.["image"])), "no picture");
    await assert.rejects(make(folder), {
      name: "DecodeError",
      message: new RegExp(`^Cannot make a window of record "${first?.id}": `),
    });
    const { summary, events } = await make(folder, { onBadRecord: "skip" });
    assert.deepEqual([summary.made, summary.unreadable], [11, 1]);
    assert.ok(events.some((event) => event.kind === "note" && event.text.includes(`${first?.id}`)));
  });

  test("refuses a stale context, and attention that is not finite", async () => {
    const folder = await runs.copyData();
    const parameters = new Map(model.parameters);
    parameters.set("bert_mlp.bias", ndArray("f32", [8], new Float32Array(8).fill(3e38)));
    await assert.rejects(make(folder, { model: { ...model, parameters } }), {
      name: "ExecutionError",
      message: /^Cannot make a window of record ".*": Cannot average attention that is not finite/,
    });
    const reportHash = "0".repeat(64);
    await edit(folder, "context.jsonl", (line) => ({ ...line, reportHash }));
    await assert.rejects(make(folder), { message: /^Cannot use the context of record "/ });
  });

  test("writes the windows of a private set for its owner alone", async () => {
    const folder = await runs.copyData();
    const manifest = JSON.parse(await readFile(join(runs.data, "dataset.json"), "utf8"));
    await writeFile(
      join(folder, "dataset.json"),
      JSON.stringify({ ...manifest, privacy: "private" }),
    );
    const { summary } = await make(folder);
    assert.equal((await stat(summary.out)).mode & 0o777, 0o600);
  });
});

test("attendingText() takes the context, then the report, and no blank", () => {
  assert.equal(attendingText({ context: "there is edema.", report: "Edema." }), "there is edema.");
  assert.equal(attendingText({ context: " \n", report: "Edema." }), "Edema.");
  assert.equal(attendingText({ report: " " }), undefined);
  assert.equal(attendingText({}), undefined);
});

test("attendingWords() leaves out padding, [CLS] and what is not known", async () => {
  const encoding = encodeText("there is no \u4e2d edema [MASK] ..", tokenizer, 16);
  const words = attendingWords(encoding, tokenizer);
  const texts = words.map((at) => tokenizer.vocabulary[encoding.ids[at] ?? 0]);
  assert.deepEqual(texts, ["there", "is", "no", "edema", "."]);
});
