import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { encodePng } from "../image/encode.ts";
import { raster } from "../image/raster.ts";
import { trainingView } from "../image/training-view.ts";
import { pretrainingText, pretrainingTextRules } from "../text/pretraining-text.ts";
import { loadTokenizer, tokenizerFileText } from "../text/tokenizer.ts";
import { wordVocabulary } from "../text/word-vocabulary.ts";
import { DecodeError, ManifestError } from "../util/errors.ts";
import { RandomStream } from "../util/random.ts";
import type { BatchArrays } from "./batch-job.ts";
import { makeBatch } from "./batch-job.ts";
import { openDataset } from "./dataset.ts";
import { createLoader } from "./loader.ts";
import type { PretrainingFields, PretrainingJobOptions } from "./pretraining-job.ts";
import { openJob, pretrainingJob } from "./pretraining-job.ts";
import type { DatasetRecord } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "pretraining-job-"));
after(() => rm(root, { recursive: true, force: true }));

const TOKENS = 32;
const SIZE = 64;
const SEED = 42;
const reports = [
  "mild cardiac enlargement with small pleural effusion. no consolidation.",
  "there is no evidence of pneumothorax. the lungs are clear.",
  "normal heart.",
  "opacity in the left lower lobe. there is no effusion",
  "stable mass",
];
const contexts = [
  "there is effusion.",
  "there is no pneumothorax.",
  "",
  "there is opacity.",
  "mass.",
];

const tokenizer = join(root, "tokenizer.json");
const vocabulary = wordVocabulary([...reports, ...contexts, "right"], { size: 200 });
await writeFile(tokenizer, tokenizerFileText(vocabulary));

function picture(i: number) {
  const [width, height] = [70 + 11 * i, 90 - 7 * i];
  const data = Uint8Array.from(
    { length: width * height },
    (_, p) => (p * (i + 3) + (p >> 5)) & 255,
  );
  return raster({ width, height, channels: 1, data });
}
for (const [i] of reports.entries()) {
  await writeFile(join(root, `${i}.png`), await encodePng(picture(i)));
}
await writeFile(join(root, "damaged.png"), (await encodePng(picture(0))).subarray(0, 300));

const records: readonly DatasetRecord[] = reports.map((report, i) => ({
  id: `id${i}`,
  image: `${i}.png`,
  report,
}));

async function jobOptions(
  of: readonly DatasetRecord[],
  changes: Partial<PretrainingJobOptions> = {},
): Promise<PretrainingJobOptions> {
  const out = join(await mkdtemp(join(root, "case-")), "set");
  const ids = new Set(of.map(({ id }) => id));
  const known = contexts.map((context, i) => ({ id: `id${i}`, context }));
  await writeDataset({
    out,
    manifest: {
      format: 1,
      name: "drawn",
      licence: "CC0-1.0",
      privacy: "public",
      imageRoot: root,
      task: ["pretrain"],
      classes: [],
      importer: "test",
      created: "2026-01-01T00:00:00Z",
    },
    records: of,
    context: known.filter(({ id }) => ids.has(id)),
    windows: ids.has("id3") ? [{ id: "id3", row: 0, column: 2 }] : [],
  });
  const dataset = await openDataset(out);
  await using index = await dataset.index();
  return {
    index: index.handle,
    imageRoot: dataset.imageRoot,
    tokenizer,
    seed: SEED,
    text: { tokens: TOKENS, insertProbability: 1 },
    view: { size: SIZE, flip: "image" },
    ...changes,
  };
}

async function sample(options: PretrainingJobOptions, record: number, epoch = 0) {
  await using job = await openJob(options);
  const request = {
    epoch,
    order: Uint32Array.of(record),
    start: 0,
    size: 1,
    onBadRecord: "error",
  } as const;
  return (await makeBatch(job, request)).arrays as BatchArrays<PretrainingFields>;
}

describe("openJob()", () => {
  test("makes a sample from the streams augment, context and mask of its record", async () => {
    const epoch = 5;
    const arrays = await sample(await jobOptions(records), 3, epoch);
    const drawsOf = (purpose: string): (() => number) => {
      const stream = new RandomStream({ seed: SEED, name: `${purpose}/id3`, step: epoch });
      return () => stream.uniform();
    };
    const view = trainingView(picture(3), { size: SIZE, flip: "image" }, drawsOf("augment"));
    assert.deepEqual(arrays.image, { dtype: "u8", shape: [1, SIZE, SIZE], data: view.image.data });
    const rules = pretrainingTextRules({
      tokenizer: await loadTokenizer(tokenizer),
      tokens: TOKENS,
      insertProbability: 1,
    });
    const [context, mask] = [drawsOf("context"), drawsOf("mask")];
    let draws = 0;
    // Mixing takes two draws when the context is inserted: whether, and where.
    const draw = (): number => (draws++ < 2 ? context() : mask());
    const pair = { report: reports[3] ?? "", context: contexts[3] ?? "" };
    const text = pretrainingText(pair, rules, draw);
    assert.deepEqual(arrays.ids, { dtype: "i32", shape: [1, TOKENS], data: text.maskedIds });
    assert.deepEqual(arrays.labels.data, text.ids);
    assert.deepEqual(arrays.tokenWeights.data, text.weights);
    assert.deepEqual([...arrays.length.data], [text.length]);
    assert.deepEqual(
      [...arrays.attentionMask.data],
      Array.from({ length: TOKENS }, (_, i) => (i < text.length ? 1 : 0)),
    );
    assert.deepEqual([...arrays.windowTop.data, ...arrays.windowLeft.data], [0, 2]);
    assert.notDeepEqual(text.maskedIds, text.ids);
  });

  test("draws by id, not by place in the file, and anew in every epoch", async () => {
    const forwards = await jobOptions(records);
    const backwards = await jobOptions([...records].reverse());
    assert.deepEqual(await sample(backwards, 3, 2), await sample(forwards, 1, 2));
    const later = await sample(forwards, 1, 3);
    const now = await sample(forwards, 1, 2);
    assert.notDeepEqual(later.image.data, now.image.data);
    assert.notDeepEqual(later.ids.data, now.ids.data);
  });

  test("puts the window in the middle where none is known", async () => {
    const { windowTop, windowLeft } = await sample(await jobOptions(records), 0);
    assert.deepEqual([...windowTop.data, ...windowLeft.data], [1, 1]);
  });

  test("takes other entities, phrases and probabilities", async () => {
    const text = { tokens: TOKENS, insertProbability: 0 };
    const usual = await sample(await jobOptions(records, { text }), 2);
    const bare = await sample(
      await jobOptions(records, {
        text: {
          ...{ ...text, lexicon: { name: "none", entities: [] }, phrases: [] },
          probabilities: { noEntityMask: 0 },
        },
      }),
      2,
    );
    assert.deepEqual(bare.ids.data, bare.labels.data);
    assert.deepEqual(bare.labels.data, usual.labels.data);
  });

  test("exchanges left and right in the words of a picture that was flipped, where it is asked to", async () => {
    const text = { tokens: TOKENS, insertProbability: 0 };
    const { idOf } = await loadTokenizer(tokenizer);
    const [left, right] = [idOf("left") ?? -1, idOf("right") ?? -1];
    const plain = await jobOptions(records, { text });
    const swapping = await jobOptions(records, { text: { ...text, swapsSides: true } });
    const seen = new Set<boolean>();
    for (let epoch = 0; epoch < 8; epoch++) {
      const usual = await sample(plain, 3, epoch);
      const swapped = await sample(swapping, 3, epoch);
      assert.deepEqual(swapped.image.data, usual.image.data);
      const stream = new RandomStream({ seed: SEED, name: "augment/id3", step: epoch });
      const options = { size: SIZE, flip: "image" } as const;
      const { flipped } = trainingView(picture(3), options, () => stream.uniform());
      const exchanged = usual.labels.data.map((id) => (id === left ? right : id));
      assert.deepEqual(swapped.labels.data, flipped ? exchanged : usual.labels.data);
      assert.ok(usual.labels.data.includes(left));
      seen.add(flipped);
    }
    assert.equal(seen.size, 2);
  });

  test("masks the words before an entity where it is asked to", async () => {
    const text = { tokens: TOKENS, insertProbability: 0, descriptors: "always" } as const;
    const { idOf, specials } = await loadTokenizer(tokenizer);
    for (let epoch = 0; epoch < 8; epoch++) {
      const { ids, labels } = await sample(await jobOptions(records, { text }), 0, epoch);
      const entity = labels.data.indexOf(idOf("effusion") ?? -1);
      assert.deepEqual([...ids.data.slice(entity - 2, entity)], [specials.mask, specials.mask]);
    }
  });

  test("takes a report of 5,000 words", async () => {
    const report = "effusion ".repeat(5000);
    const [first] = records;
    assert.ok(first);
    const { length } = await sample(await jobOptions([{ ...first, report }]), 0);
    assert.deepEqual([...length.data], [TOKENS]);
  });

  test("names the record whose picture or report is bad", async () => {
    const [first] = records;
    assert.ok(first);
    for (const image of ["damaged.png", "absent.png"]) {
      await assert.rejects(sample(await jobOptions([{ ...first, image }]), 0), (error) => {
        assert.ok(error instanceof DecodeError);
        assert.match(error.message, /^Cannot use record "id0": .*(damaged|absent)\.png/);
        return true;
      });
    }
    const { report: _, ...silent } = first;
    await assert.rejects(sample(await jobOptions([silent]), 0), (error) => {
      assert.ok(error instanceof ManifestError);
      assert.equal(error.message, 'Cannot use record "id0": it has no report');
      return true;
    });
  });
});

test("createLoader() makes the same pre-training batches with 0, 1 and 2 workers", async () => {
  const options = await jobOptions(records);
  const found = [];
  for (const workers of [0, 1, 2]) {
    await using loader = createLoader<PretrainingFields>({
      size: records.length,
      batchSize: 2,
      seed: SEED,
      job: pretrainingJob(options),
      workers,
    });
    const batches = [];
    for await (const { arrays, records: rows } of loader.batches({ until: 5 })) {
      batches.push({ arrays, rows });
    }
    found.push(batches);
  }
  assert.equal(found[0]?.length, 5);
  assert.deepEqual(found[1], found[0]);
  assert.deepEqual(found[2], found[0]);
});
