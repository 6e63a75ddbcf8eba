import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type DenseSetOptions, type DrawnBlock, writeDenseSet } from "../../../test/dense-set.ts";
import { input } from "../../engine/tensor.ts";
import { encodePng } from "../../image/encode.ts";
import { raster } from "../../image/raster.ts";
import type { Normalization } from "../../model/grey-image.ts";
import { vitEncoder } from "../../model/vit.ts";
import { initialValues } from "../../nn/initializers.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { segmentColumn } from "../../recipes/fidelity.ts";
import type { SegmentConfig } from "../../recipes/segment-config.ts";
import { SEGMENT_DEFAULTS } from "../../recipes/segment-recipes.ts";
import type { Losses } from "../../train/step-program.ts";
import { writeSafetensors } from "../../weights/safetensors.ts";
import type { EncoderArchitecture } from "../finetune/encoder-source.ts";
import type { FinetuneRun } from "../finetune/finetune.ts";
import { finetuneSegmenter } from "../segment/finetune.ts";

const ENCODER: EncoderArchitecture & Normalization = {
  ...{ imageSize: 32, patch: 16, dim: 8, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  ...{ positionExponent: "k/(d/2)", mean: 0.5, std: 0.25 },
};
const SIDE = ENCODER.imageSize;
const COUNT = 16;

const root = await mkdtemp(join(tmpdir(), "open-dense-"));
after(() => rm(root, { recursive: true, force: true }));
const weights = await drawnEncoder();

async function drawnEncoder(): Promise<string> {
  const trace = new Trace();
  vitEncoder(new Scope(trace), { image: input("image", "f32", [1, 3, SIDE, SIDE]) }, ENCODER);
  const drawn = [...trace.parameters.values()].map(
    (parameter) => [parameter.name, initialValues({ ...parameter, seed: 5 })] as const,
  );
  const file = join(root, "encoder.safetensors");
  await writeSafetensors(file, drawn, { metadata: { config: JSON.stringify(ENCODER) } });
  return file;
}

let made = 0;
const setOf = (describe: DenseSetOptions["describe"]): Promise<string> =>
  writeDenseSet({
    ...{ folder: join(root, `set-${made++}`), count: COUNT, width: SIDE, height: SIDE },
    describe,
  });

const isVal = ({ i }: DrawnBlock): boolean => i % 4 === 1;
const masked = ({ mask }: DrawnBlock) => ({ masks: { Block: mask } });

interface Trained extends Partial<Pick<FinetuneRun, "out" | "resume" | "allowChangedData">> {
  readonly steps?: number;
  readonly data?: Partial<SegmentConfig["data"]>;
  readonly selectBy?: SegmentConfig["train"]["selectBy"];
  readonly stopAfter?: number;
}

/** Trains for a moment; gives the run's folder and what was told. */
async function trained(dataset: string, options: Trained = {}) {
  const { steps = 2, data = {}, selectBy = "dice", stopAfter, ...rest } = options;
  const { out = join(root, `run-${made++}`), ...resuming } = rest;
  const defaults = SEGMENT_DEFAULTS;
  const notes: string[] = [];
  const validations: Losses[] = [];
  const { best } = await finetuneSegmenter({
    config: {
      ...{ ...defaults, fidelity: segmentColumn("corrected") },
      run: { ...defaults.run, data: dataset, weights },
      train: { ...defaults.train, batch: 4, steps, warmupSteps: 1, validateUpdates: 1, selectBy },
      data: { ...defaults.data, workers: 0, ...data },
    },
    ...{ out, configText: "{}\n", resume: false, stopAfter, ...resuming },
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.kind === "note") notes.push(event.text);
      if (event.kind === "validation") validations.push(event.report.losses);
    },
    clock: () => 0,
    now: () => new Date(0),
  });
  return { out, notes: notes.join("\n"), best, validations };
}

describe("openDenseTask()", () => {
  test("says once that nothing can be found in the split val, though its records name masks", async () => {
    const dataset = await setOf(masked);
    const data = new Uint8Array(SIDE * SIDE);
    const empty = await encodePng(raster({ width: SIDE, height: SIDE, channels: 1, data }));
    for (let i = 1; i < COUNT; i += 4) await writeFile(join(dataset, `${i}-mask.png`), empty);
    const { notes } = await trained(dataset, { steps: 4 });
    assert.equal(notes.split("every mask of the split val is empty").length, 2);
    assert.doesNotMatch((await trained(await setOf(masked))).notes, /nothing is marked|is empty/);
  });

  test("names a class that no record to learn from marks", async () => {
    const dataset = await setOf((drawn) => ({
      masks: { Block: drawn.mask, ...(isVal(drawn) && { Ghost: drawn.mask }) },
      labels: { Ghost: isVal(drawn) ? 1 : 0 },
    }));
    const { notes, best } = await trained(dataset, {});
    assert.match(notes, /^warning: no record to learn from marks Ghost: the model cannot learn/m);
    assert.equal(best?.by, "dice");
    assert.doesNotMatch((await trained(await setOf(masked), {})).notes, /no record to learn from/);
  });

  test("counts a mask that a label denies as none", async () => {
    const dataset = await setOf((drawn) => ({
      ...masked(drawn),
      labels: { Block: isVal(drawn) || drawn.i > 7 ? 0 : 1 },
    }));
    const { notes } = await trained(dataset, { data: { negatives: "balanced" } });
    assert.match(notes, /nothing is marked in the split val/);
    assert.match(notes, /8 records \(4 with something marked\) to learn from/);
  });

  test("chooses by the pictures with something to find, where that is asked", async () => {
    const dataset = await setOf((drawn) =>
      drawn.i === 1 || !isVal(drawn) ? masked(drawn) : { labels: { Block: 0 } },
    );
    const { best, validations } = await trained(dataset, { steps: 4, selectBy: "dicePositives" });
    const found = validations.map(({ dice_positives }) => dice_positives ?? Number.NaN);
    assert.ok(validations.some(({ dice }, k) => dice !== found[k]));
    assert.equal(best?.value, Math.max(...found));
  });

  test("names boxes to somebody who looks for masks", async () => {
    await assert.rejects(
      trained(await setOf(({ box }) => ({ boxes: [box] }))),
      /none of its 16 records has masks; they have boxes, which --masks-from boxes takes/,
    );
    await assert.rejects(trained(await setOf(() => ({}))), /has masks; import them with it/);
  });

  test("refuses to go on with a dataset whose classes have changed places", async () => {
    const dataset = await setOf(({ mask }) => ({ masks: { Block: mask, Ghost: mask } }));
    const { out } = await trained(dataset, { stopAfter: 1 });
    const path = join(dataset, "dataset.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    const goOn = { out, resume: true, allowChangedData: true } as const;
    await writeFile(path, JSON.stringify({ ...manifest, name: "the same classes" }));
    await trained(dataset, { ...goOn, stopAfter: 1 });
    await writeFile(path, JSON.stringify({ ...manifest, classes: ["Ghost", "Block"] }));
    await assert.rejects(
      trained(dataset, goOn),
      /"config\.classes" is \["Ghost","Block"\], and was \["Block","Ghost"\]/,
    );
  });
});
