/**
 * @file The published method against the corrected one on phantoms, switch by switch, and the weight of the report's loss.
 *
 * Every cell pre-trains a small model on the same synthetic radiographs and is judged by a linear probe of its frozen encoder:
 * the AUROC of the films' findings on films that neither saw. The floors are the same probe of an encoder that was not trained
 * and of the bare pixels.
 */
import { join } from "node:path";
import { resolvePretrain } from "../src/cli/resolve-pretrain.ts";
import { PHANTOM_CLASSES } from "../src/data/phantom/findings/finding.ts";
import { PHANTOM_NORMALIZATION, TOKENIZER_FILE } from "../src/data/phantom/synthesize-dataset.ts";
import { openDevice } from "../src/engine/runtime/device.ts";
import { readPretrainedModel } from "../src/explain/pretrained-model.ts";
import { DEFAULTS } from "../src/recipes/defaults.ts";
import {
  FIDELITY,
  type FidelityName,
  type FidelityRow,
  fidelityColumn,
} from "../src/recipes/fidelity.ts";
import {
  encoderFeatures,
  type FeatureExtractor,
  pixelFeatures,
} from "../src/tasks/probe/features.ts";
import { linearProbe, type ProbeResult } from "../src/tasks/probe/linear-probe.ts";
import { type FilmSet, phantomFilms } from "./films/phantom-films.ts";
import { configOfCell, pretrainCell, type Trained, trainedOf } from "./harness/pretrain-cell.ts";
import type { Cell, Outcome, RunContext, Study } from "./harness/study.ts";

/** The films: 1,000 to train on, 125 to validate on, 125 to test on. The probe is scored on both of the latter. */
const FILMS = {
  count: 1250,
  size: 224,
  seed: 1,
} as const satisfies FilmSet;
const SCORED_ON = ["val", "test"] as const;
/** Side of the bare pictures, in pixels: 576 features. */
const PIXELS = 24;

/**
 * The course of a run: the demonstration's model, on pictures of half the side, on 6,000 pairs, 8 an update. At half of them the encoder reads no better than
 * an untrained one, and cells would differ by chance alone. As in the published course, the cosine would reach its end at 5/3 of
 * the epochs that run.
 */
const COURSE: readonly string[] = [
  "model.imageSize=112",
  "model.bigImageSize=224",
  "model.patch=8",
  "train.epochs=6",
  "train.warmupEpochs=1",
  "train.cosineEpochs=10",
  "train.lr=1e-3",
  "train.checkpointMinutes=60",
  `data.mean=${PHANTOM_NORMALIZATION.mean}`,
  `data.std=${PHANTOM_NORMALIZATION.std}`,
];

const REFERENCE = "published";
const UNTRAINED = "untrained";
/** Switches that cannot matter here, and why. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  "image.sixteenBit": "films of 8 bits",
};
/** Switches of the context itself keep their published value in every cell: they are another study's. */
const CONTEXT_SWITCHES: readonly string[] = [
  "entities.match",
  "mlm.templates",
  "report.split",
  "window.frame",
];
const LIGHTER_REPORTS = [0.15, 0.5];

/** What a cell's settings say. */
type FidelitySettings =
  | { readonly films: typeof FILMS; readonly kind: "pixels"; readonly side: number }
  | {
      readonly films: typeof FILMS;
      readonly kind: "encoder";
      readonly pretrain: Trained;
      /** Updates, where not all of the course is run. */
      readonly updates?: number;
    };

/** The study, for `npm run study -- fidelity`. */
export const study: Study = {
  about:
    "published against corrected on phantoms, switch by switch, and the weight of the report's loss",
  cells: await cellsOfStudy(),
  reference: REFERENCE,
  seeds: 3,
  minutesPerRun: 6,
  tables: [
    { title: "Linear probe", measures: ["mean AUROC"], digits: 3 },
    { title: "Linear probe by finding: AUROC", measures: PHANTOM_CLASSES, digits: 3 },
    { title: "Losses on the validation split", measures: ["mim", "res", "mlm"], digits: 4 },
  ],
  notes: [
    `in every cell ${CONTEXT_SWITCHES.join(", ")} keep their published value`,
    "synthetic radiographs and a model of 1.8 million parameters: nothing here says what real films would show",
    `the probe is trained on the films of pre-training and scored on ${FILMS.count / 5} others`,
    "a cell's validation losses are its own: where it weighs or averages otherwise than the reference (mlm.positions, pixelLoss.mean, masking.descriptors, corrected), they are numbers of another kind",
    ...Object.entries(WITHOUT_EFFECT).map(([key, why]) => `${key} has no cell: ${why}`),
  ],
  run: runCell,
};

async function cellsOfStudy(): Promise<readonly Cell[]> {
  const published = await trainedBy("published");
  const cell = (name: string, pretrain: Trained, updates?: number): Cell =>
    cellOf(name, {
      films: FILMS,
      kind: "encoder",
      pretrain,
      ...(updates !== undefined && { updates }),
    });
  const lighter = LIGHTER_REPORTS.map(async (weight) => ({
    ...cell(`corrected, loss.mlm = ${weight}`, await trainedBy("corrected", `loss.mlm=${weight}`)),
    against: "corrected",
  }));
  return [
    cell(REFERENCE, published),
    cell("corrected", await trainedBy("corrected")),
    ...(await Promise.all(switchesOfStudy().map(singleSwitch))).map(({ name, pretrain }) =>
      cell(name, pretrain),
    ),
    ...(await Promise.all(lighter)),
    cell(UNTRAINED, published, 1), // the first update has the rate 0: warm-up begins there
    cellOf("pixels", { films: FILMS, kind: "pixels", side: PIXELS }),
  ];
}

function cellOf(name: string, settings: FidelitySettings): Cell {
  return { name, settings: { ...settings } };
}

/** The configuration of a column with some keys set, complete, so that a changed default makes another cell. */
async function trainedBy(fidelity: FidelityName, ...set: readonly string[]): Promise<Trained> {
  const choices = { recipe: "demo", fidelity, config: undefined, flags: {} };
  // The recipe's own switches would be the same in both columns.
  const published: Readonly<Record<string, unknown>> = { ...fidelityColumn("published") };
  const column = Object.entries(fidelityColumn(fidelity)).map(
    ([key, value]) => `fidelity.${key}=${CONTEXT_SWITCHES.includes(key) ? published[key] : value}`,
  );
  const { config } = await resolvePretrain({ ...choices, set: [...column, ...COURSE, ...set] });
  return trainedOf(config);
}

/** The switches of pre-training that can matter here. */
function switchesOfStudy(): readonly (readonly [string, FidelityRow])[] {
  const rows: readonly (readonly [string, FidelityRow])[] = Object.entries(FIDELITY);
  const read = fidelityColumn("published");
  return rows.filter(
    ([key]) => key in read && !(key in WITHOUT_EFFECT) && !CONTEXT_SWITCHES.includes(key),
  );
}

async function singleSwitch([key, { corrected }]: readonly [string, FidelityRow]): Promise<{
  readonly name: string;
  readonly pretrain: Trained;
}> {
  const pretrain = await trainedBy("published", `fidelity.${key}=${corrected}`);
  return { name: `${key} = ${corrected}`, pretrain };
}

async function runCell(cell: Cell, seed: number, context: RunContext): Promise<Outcome> {
  // The harness hands back what `cellOf` made.
  const settings = cell.settings as unknown as FidelitySettings;
  const { dataset, digest } = await phantomFilms(settings.films, context);
  const facts = { films: digest };
  if (settings.kind === "pixels") {
    const scores = await probe(pixelFeatures(settings.side), { dataset, seed, context });
    return { measures: probeMeasures(scores), facts };
  }
  const { extract, losses } = await train(settings, { dataset, seed, context });
  const scores = await probe(extract, { dataset, seed, context });
  return { measures: { ...probeMeasures(scores), ...losses }, facts };
}

/** The films and the seed of a run. */
interface RunInputs {
  readonly dataset: string;
  readonly seed: number;
  readonly context: RunContext;
}

/** Pre-trains; gives the frozen encoder and the last losses on the validation split, none where it was not trained. */
async function train(
  { pretrain: trained, updates }: Extract<FidelitySettings, { readonly kind: "encoder" }>,
  { dataset, seed, context }: RunInputs,
): Promise<{
  readonly extract: FeatureExtractor;
  readonly losses: Readonly<Record<string, number>>;
}> {
  const device = openDevice();
  const config = configOfCell(trained, {
    ...{ dataset, seed, device, lexicon: DEFAULTS.data.lexicon },
    tokenizer: join(dataset, TOKENIZER_FILE),
  });
  const { model, losses } = await pretrainCell(config, updates, context);
  return { extract: encoderFeatures(await readPretrainedModel(model), { device }), losses };
}

/** Scores features; intervals over films are not asked for, since the seeds are what is compared. */
function probe(
  extract: FeatureExtractor,
  { dataset, seed, context: { signal, progress } }: RunInputs,
): Promise<ProbeResult> {
  const onProgress = (done: number, total: number): void => progress(`probe ${done} of ${total}`);
  const options = { scoredOn: SCORED_ON, resamples: 1, seed, signal, onProgress };
  return linearProbe({ ...options, dataset, extract });
}

function probeMeasures({ mean, classes }: ProbeResult): Readonly<Record<string, number>> {
  const scores = { "mean AUROC": mean, ...classes };
  return Object.fromEntries(
    Object.entries(scores).flatMap(([name, { auroc }]) => (auroc === null ? [] : [[name, auroc]])),
  );
}
