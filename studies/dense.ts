/**
 * @file Does a pre-trained encoder mark lungs, hearts, optic discs and nodules better than the same one as drawn?
 *
 * Needs the dataset folders datasets/{jsrt,jsrt_organs,covid_masks,idrid_disc}, split by patient, and the run runs/covid_notes, which was
 * pre-trained on the split `train` of that set; jsrt_organs is jsrt with the boxes around its masks. The encoder is frozen: what is
 * learnt is the decoder or the detector. Each cell is scored on the split `test`.
 */
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveDetect } from "../src/cli/resolve-detect.ts";
import { resolveSegment } from "../src/cli/resolve-segment.ts";
import { openDataset } from "../src/data/dataset.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import type { DenseReport } from "../src/metrics/dense-report.ts";
import type { DetectConfig } from "../src/recipes/detect-config.ts";
import type { SegmentConfig } from "../src/recipes/segment-config.ts";
import { evaluateDense } from "../src/tasks/dense/evaluate.ts";
import { DETECT_JUDGING } from "../src/tasks/detect/detect-judging.ts";
import { finetuneDetector } from "../src/tasks/detect/finetune.ts";
import { compareDenseEvaluations } from "../src/tasks/evaluation/compare-dense.ts";
import type { FinetuneRun } from "../src/tasks/finetune/finetune.ts";
import { findModelFile } from "../src/tasks/initial-file.ts";
import { finetuneSegmenter } from "../src/tasks/segment/finetune.ts";
import { SEGMENT_JUDGING } from "../src/tasks/segment/segment-judging.ts";
import { digestFile } from "../src/util/sha256.ts";
import { redraw } from "./harness/redraw.ts";
import type { Cell, Outcome, RunContext, Study } from "./harness/study.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const ENCODER = "runs/covid_notes";
const STARTS = ["drawn", "pre-trained"] as const;

/** What is marked, where, and how it is learnt. */
const MARKS = {
  "lungs and heart, jsrt": { task: "segment", dataset: "jsrt", set: [] },
  "lungs, covid_notes": { task: "segment", dataset: "covid_masks", set: [] },
  "optic disc, idrid": { task: "segment", dataset: "idrid_disc", set: [] },
  "boxes around lungs and heart, jsrt": {
    task: "detect",
    dataset: "jsrt_organs",
    set: ["model.anchors=fit"],
  },
  "nodules, jsrt": {
    task: "detect",
    dataset: "jsrt",
    set: ["model.anchors=fit", "train.steps=200"],
  },
} as const;

/** The course of every run: what two cores do in a few minutes. */
const COURSE = ["train.steps=150", "train.warmupSteps=10", "train.validateUpdates=30"] as const;
/** A fourth of the published widths: as the encoder, which is a sixth as wide as the published one. */
const WIDTHS = {
  segment: ["model.decoderWidths=[128,64,32,16]"],
  detect: ["model.channels=[512,256,128]"],
} as const;

/** What a cell's settings say. */
interface DenseSettings {
  readonly marks: keyof typeof MARKS;
  readonly start: (typeof STARTS)[number];
  /** Everything but paths, device and seed. */
  readonly config: Omit<SegmentConfig, "run"> | Omit<DetectConfig, "run">;
}

/** The study, for `npm run study -- dense`. */
export const study: Study = {
  about:
    "a pre-trained encoder against the same one as drawn, at marking lungs, hearts, discs and nodules",
  cells: await cellsOfStudy(),
  seeds: 3,
  minutesPerRun: 2,
  tables: [
    {
      title: "On the split test: Dice, or mAP 0.4:0.75 of boxes",
      measures: ["score", "score low", "score high", "HD95", "mAP filtered", "FROC"],
      digits: 3,
    },
    {
      title: "Pre-trained less drawn, over the same patients of the same seed",
      measures: ["difference", "difference low", "difference high", "p"],
      digits: 3,
    },
  ],
  notes: [
    "low and high are the ends of the 95 % interval by patient of each run, averaged over the seeds: what the choice of test patients leaves open, while ± is what the seed does",
    "the encoder is frozen; one was pre-trained, once, on 353 pairs of chest films and case notes",
    "HD95 in pixels of the file; means over classes",
  ],
  run: runCell,
};

function nameOf(marks: string, start: (typeof STARTS)[number]): string {
  return `${marks}, ${start}`;
}

async function cellsOfStudy(): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const [marks, { task, set }] of Object.entries(MARKS)) {
    const choices = { set: [...COURSE, ...WIDTHS[task], ...set], flags: {} };
    const resolve = task === "segment" ? resolveSegment : resolveDetect;
    const { run: _, ...config } = (await resolve(choices)).config;
    for (const start of STARTS) {
      cells.push({
        name: nameOf(marks, start),
        settings: { marks, start, config },
        ...(start === "drawn" ? {} : { against: nameOf(marks, "drawn") }),
      });
    }
  }
  return cells;
}

async function runCell(cell: Cell, seed: number, context: RunContext): Promise<Outcome> {
  // The harness hands back what `cellsOfStudy` made.
  const { marks, start, config } = cell.settings as unknown as DenseSettings;
  const { task, dataset } = MARKS[marks];
  const data = join(ROOT, "datasets", dataset);
  const trained = await findModelFile(join(ROOT, ENCODER));
  const weights =
    start === "drawn"
      ? await redraw(trained, { seed, folder: context.folder, model: config.model })
      : trained;
  const { provider: device, threads } = openDevice();
  const whole = {
    ...config,
    train: { ...config.train, seed },
    run: { data, weights, allowLeak: false, device, threads },
  };
  const folder = join(context.folder, "evaluation");
  const report =
    task === "segment"
      ? await segment(whole as SegmentConfig, folder, context)
      : await detect(whole as DetectConfig, folder, context);
  const kept = join(context.cache, `${cell.name}, seed ${seed}`);
  await cp(folder, kept, { recursive: true, force: true });
  const other =
    cell.against === undefined ? undefined : join(context.cache, `${cell.against}, seed ${seed}`);
  const identity = await (await openDataset(data)).identity();
  return {
    measures: { ...report, ...(await differenceOf(task, kept, other)) },
    facts: {
      [`data ${dataset}`]: identity.slice(0, 12),
      encoder: (await digestFile(trained)).slice(0, 12),
    },
  };
}

type Measures = Readonly<Record<string, number>>;

async function segment(
  config: SegmentConfig,
  folder: string,
  context: RunContext,
): Promise<Measures> {
  const run = runOf(config, context);
  await finetuneSegmenter(run);
  context.signal.throwIfAborted();
  const { report } = await evaluateDense(SEGMENT_JUDGING, evaluationOf(config, folder, context));
  return { ...scoreOf(report, "dice"), ...numbersOf({ HD95: report.all.hd95Positives.value }) };
}

async function detect(
  config: DetectConfig,
  folder: string,
  context: RunContext,
): Promise<Measures> {
  await finetuneDetector(runOf(config, context));
  context.signal.throwIfAborted();
  const { report } = await evaluateDense(DETECT_JUDGING, evaluationOf(config, folder, context));
  return {
    ...scoreOf(report, "map"),
    ...numbersOf({ "mAP filtered": report.all.mapFiltered.value, FROC: report.all.froc.value }),
  };
}

function runOf<Config extends SegmentConfig | DetectConfig>(
  config: Config,
  { folder, signal, progress }: RunContext,
): FinetuneRun<Config> {
  return {
    ...{ out: join(folder, "run"), config, resume: false, signal },
    configText: `${JSON.stringify(config, null, 2)}\n`,
    onEvent: (event) => {
      if (event.kind === "update") progress(`update ${event.report.step}`);
    },
    clock: () => performance.now(),
    now: () => new Date(),
  };
}

function evaluationOf<Config>(
  config: Config,
  folder: string,
  { folder: work, signal, progress }: RunContext,
) {
  return {
    ...{ run: join(work, "run"), config, folder, split: "test" as const, signal },
    ...{ seed: 0, resamples: 1000, smallBelow: 0.01 },
    onNote: progress,
    onProgress: (stage: string, done: number, total: number) =>
      progress(`${stage} ${done} of ${total}`),
  };
}

function scoreOf<Name extends string>({ all }: DenseReport<Name>, name: Name): Measures {
  const { value, interval } = all[name];
  return numbersOf({ score: value, "score low": interval?.low, "score high": interval?.high });
}

/** The paired difference to the counterpart's evaluation, where that one was kept on this machine. */
async function differenceOf(
  task: "segment" | "detect",
  own: string,
  other: string | undefined,
): Promise<Measures> {
  if (other === undefined || !existsSync(other)) return {};
  const folders = [own, other] as const;
  const found =
    task === "segment"
      ? (await compareDenseEvaluations(SEGMENT_JUDGING, folders, { seed: 0 })).comparison.all.dice
      : (await compareDenseEvaluations(DETECT_JUDGING, folders, { seed: 0 })).comparison.all.map;
  const { difference, interval, p } = found;
  return numbersOf({
    ...{ difference, p },
    ...{ "difference low": interval?.low, "difference high": interval?.high },
  });
}

/** What is defined. */
function numbersOf(measures: Readonly<Record<string, number | null | undefined>>): Measures {
  return Object.fromEntries(
    Object.entries(measures).flatMap(([name, value]) => (value == null ? [] : [[name, value]])),
  );
}
