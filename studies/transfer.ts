/**
 * @file What an encoder that was pre-trained on covid_notes is worth on four labelled datasets, by linear probe and fine-tuning.
 *
 * Needs the dataset folders datasets/{nih,kermany,covid_notes,idrid}, split by patient, and the run runs/covid_notes, which was
 * pre-trained on the split `train` of the third. Each cell is scored on the split `test`; the rival of the trained encoder is the
 * same one with parameters as they are drawn.
 */
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveClassify } from "../src/cli/resolve-classify.ts";
import { openDataset } from "../src/data/dataset.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import type { ClassifyConfig } from "../src/recipes/classify-config.ts";
import { type Evaluation, evaluate } from "../src/tasks/classify/evaluate.ts";
import { finetuneClassifier } from "../src/tasks/classify/finetune.ts";
import { compareEvaluations } from "../src/tasks/evaluation/compare-evaluations.ts";
import { findModelFile } from "../src/tasks/initial-file.ts";
import { digestFile } from "../src/util/sha256.ts";
import { redraw } from "./harness/redraw.ts";
import type { Cell, Outcome, RunContext, Study } from "./harness/study.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const ENCODER = "runs/covid_notes";
const DATASETS = ["nih", "kermany", "covid_notes", "idrid"] as const;
/** One test film alone would decide a part of a mean, and leave it without an interval: NIH's fibrosis. */
const MIN_POSITIVES = 2;
const WAYS = { probe: ["train.mode=probe"], finetune: ["train.steps=400"] } as const;
const STARTS = ["drawn", "pre-trained"] as const;

/** What a cell's settings say. */
interface TransferSettings {
  readonly dataset: (typeof DATASETS)[number];
  readonly start: (typeof STARTS)[number];
  /** Everything but paths, device and seed. */
  readonly classify: Omit<ClassifyConfig, "run">;
}

/** The study, for `npm run study -- transfer`. */
export const study: Study = {
  about: "an encoder of covid_notes against the same one as drawn, on four datasets",
  cells: await cellsOfStudy(),
  seeds: 3,
  minutesPerRun: 2,
  tables: [
    {
      title: "On the split test",
      measures: ["mean AUROC", "AUROC low", "AUROC high", "balanced accuracy", "quadratic kappa"],
      digits: 3,
    },
    {
      title: "Pre-trained less drawn, in mean AUROC, over the same patients of the same seed",
      measures: ["difference", "difference low", "difference high", "p"],
      digits: 3,
    },
  ],
  notes: [
    "low and high are the ends of the 95 % interval by patient of each run, averaged over the seeds: what the choice of test patients leaves open, while ± is what the seed of fine-tuning does",
    "one encoder was pre-trained, once: nothing here says how much another pre-training would differ",
    `means are over the classes that at least ${MIN_POSITIVES} test records have`,
    "balanced accuracy and kappa are of single-label datasets; kappa means something for the grades of idrid only",
  ],
  run: runCell,
};

function nameOf(dataset: string, way: string, start: (typeof STARTS)[number]): string {
  return `${dataset}, ${way}, ${start}`;
}

async function cellsOfStudy(): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const dataset of DATASETS) {
    for (const [way, set] of Object.entries(WAYS)) {
      for (const start of STARTS) {
        const choices = { recipe: way, fidelity: undefined, config: undefined, flags: {} };
        const { config } = await resolveClassify({ ...choices, set: [...set] });
        const { run: _, ...classify } = config;
        cells.push({
          name: nameOf(dataset, way, start),
          settings: { dataset, start, classify },
          ...(start === "drawn" ? {} : { against: nameOf(dataset, way, "drawn") }),
        });
      }
    }
  }
  return cells;
}

async function runCell(cell: Cell, seed: number, context: RunContext): Promise<Outcome> {
  // The harness hands back what `cellsOfStudy` made.
  const { dataset, start, classify } = cell.settings as unknown as TransferSettings;
  const data = join(ROOT, "datasets", dataset);
  const trained = await findModelFile(join(ROOT, ENCODER));
  const weights =
    start === "drawn"
      ? await redraw(trained, { seed, folder: context.folder, model: classify.model })
      : trained;
  const { provider: device, threads } = openDevice();
  const config: ClassifyConfig = {
    ...classify,
    train: { ...classify.train, seed },
    run: { data, weights, allowLeak: false, device, threads },
  };
  const { signal, progress } = context;
  const out = join(context.folder, "run");
  await finetuneClassifier({
    ...{ out, config, configText: `${JSON.stringify(config, null, 2)}\n`, resume: false, signal },
    onEvent: (event) => {
      if (event.kind === "update") progress(`update ${event.report.step}`);
    },
    clock: () => performance.now(),
    now: () => new Date(),
  });
  signal.throwIfAborted();
  const evaluation = await evaluate({
    ...{ run: out, config, folder: join(context.folder, "evaluation"), split: "test", signal },
    ...{ rule: { kind: "youden" }, seed: 0, resamples: 1000, minPositives: MIN_POSITIVES },
    onNote: progress,
    onProgress: (stage, done, total) => progress(`${stage} ${done} of ${total}`),
  });
  const kept = join(context.cache, `${cell.name}, seed ${seed}`);
  await cp(evaluation.folder, kept, { recursive: true, force: true });
  const other =
    cell.against === undefined ? undefined : join(context.cache, `${cell.against}, seed ${seed}`);
  const identity = await (await openDataset(data)).identity();
  return {
    measures: { ...measuresOf(evaluation), ...(await differenceOf(kept, other)) },
    facts: {
      [`data ${dataset}`]: identity.slice(0, 12),
      encoder: (await digestFile(trained)).slice(0, 12),
    },
  };
}

/** The paired difference in mean AUROC to the counterpart's evaluation, where that one was kept on this machine. */
async function differenceOf(
  own: string,
  other: string | undefined,
): Promise<Readonly<Record<string, number>>> {
  if (other === undefined || !existsSync(other)) return {};
  const { comparison } = await compareEvaluations([own, other], {
    ...{ seed: 0, minPositives: MIN_POSITIVES },
  });
  const { difference, interval, p } = comparison.mean.auroc;
  return numbersOf({
    ...{ difference, p },
    ...{ "difference low": interval?.low, "difference high": interval?.high },
  });
}

function measuresOf({ report: { mean, decisions } }: Evaluation): Readonly<Record<string, number>> {
  const interval = mean.auroc.interval;
  return numbersOf({
    "mean AUROC": mean.auroc.value,
    "AUROC low": interval?.low,
    "AUROC high": interval?.high,
    "balanced accuracy": decisions?.figures.balancedAccuracy.value,
    "quadratic kappa": decisions?.figures.quadraticKappa.value,
  });
}

/** What is defined. */
function numbersOf(
  measures: Readonly<Record<string, number | null | undefined>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(measures).flatMap(([name, value]) => (value == null ? [] : [[name, value]])),
  );
}
