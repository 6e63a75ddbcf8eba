/**
 * @file What the context does: distilled contexts, entity masking, descriptors and attention windows, each left out or put in, on
 * phantoms whose reports are noisy and on the real case notes of covid_notes.
 *
 * The phantoms are made; covid_notes needs the folder datasets/covid_notes, split by patient. Every cell pre-trains the same small
 * model on contexts that the rules wrote, and is judged twice: by a linear probe of its frozen encoder on films that it has not
 * seen, and by the loss on masked words of reports that it has not seen, with the report's own film and with another one.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolvePretrain } from "../src/cli/resolve-pretrain.ts";
import { openDataset } from "../src/data/dataset.ts";
import { DATASET_FILES } from "../src/data/dataset-files.ts";
import { PHANTOM_NORMALIZATION } from "../src/data/phantom/synthesize-dataset.ts";
import { type Device, openDevice } from "../src/engine/runtime/device.ts";
import { readPretrainedModel } from "../src/explain/pretrained-model.ts";
import { readReportModel } from "../src/explain/report-model.ts";
import { makeWindows } from "../src/explain/windows.ts";
import { DEFAULTS } from "../src/recipes/defaults.ts";
import { encoderFeatures } from "../src/tasks/probe/features.ts";
import { linearProbe } from "../src/tasks/probe/linear-probe.ts";
import type { Lexicon } from "../src/text/lexicon.ts";
import { loadTokenizer } from "../src/text/tokenizer.ts";
import { type ReportNoise, type StudyPairs, studyPairs } from "./context/study-pairs.ts";
import { wordLoss } from "./context/word-loss.ts";
import { type FilmSet, phantomFilms } from "./films/phantom-films.ts";
import { configOfCell, pretrainCell, type Trained, trainedOf } from "./harness/pretrain-cell.ts";
import type { Cell, Outcome, RunContext, Study } from "./harness/study.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const NOTES = "datasets/covid_notes";

/** The films: 1,000 to train on, 250 to score. */
const FILMS = { count: 1250, size: 224, seed: 1 } as const satisfies FilmSet;
const NOISE = {
  ...{ lostSentences: 0.15, maskedWords: 0.02, misspeltWords: 0.02, foreignReports: 0.05 },
  seed: 1,
} as const satisfies ReportNoise;

/**
 * The demonstration's model on pictures of a quarter of the side, eight pairs an update, about 500 updates: what 42 runs can be given on
 * two cores.
 */
const COURSE: readonly string[] = [
  "model.imageSize=56",
  "model.bigImageSize=112",
  "model.patch=4",
  "model.tokens=128",
  "train.lr=2e-3",
  "train.warmupEpochs=1",
  "train.checkpointMinutes=60",
  "train.validateEpochs=0",
];

/** The two sets of pairs. As in the published course, the published cosine would reach its end at 5/3 of the epochs that run. */
const PARTS = {
  phantoms: {
    source: { films: FILMS, noise: NOISE },
    vocabulary: 2000,
    course: [
      "train.epochs=4",
      `train.cosineEpochs=${20 / 3}`,
      `data.mean=${PHANTOM_NORMALIZATION.mean}`,
      `data.std=${PHANTOM_NORMALIZATION.std}`,
    ],
  },
  covid_notes: {
    source: { folder: NOTES },
    vocabulary: 4000,
    course: ["train.epochs=12", "train.cosineEpochs=20", "data.cropScale=[0.5,1]"],
  },
} as const;
type PartName = keyof typeof PARTS;

const REFERENCE = "corrected";
const WINDOWS = "windows by attention";
const UNTRAINED = "untrained";

/** How each cell differs from the reference. */
const VARIANTS: Readonly<
  Record<
    string,
    Partial<Omit<ContextSettings, "part" | "pretrain">> & {
      readonly set?: string;
      readonly fidelity?: "published";
    }
  >
> = {
  [REFERENCE]: {},
  "no context": { set: "data.insertProbability=0" },
  "no entities": { entities: "none" },
  "descriptors by draw": { set: "fidelity.masking.descriptors=draw" },
  [WINDOWS]: { windows: true },
  published: { fidelity: "published" },
  [UNTRAINED]: { updates: 1 }, // the first update has the rate 0: warm-up begins there
};

/** What a cell's settings say. */
interface ContextSettings {
  readonly part: PartName;
  readonly source: (typeof PARTS)[PartName]["source"];
  readonly vocabulary: number;
  readonly pretrain: Trained;
  /** Which words are entities in masking: those of the chest, or none. */
  readonly entities: "chest" | "none";
  /** Does the window of super-resolution follow the attention of the reference's model? Otherwise it is the centre. */
  readonly windows: boolean;
  /** Updates, where not all of the course is run. */
  readonly updates?: number;
}

/** The study, for `npm run study -- context`. */
export const study: Study = {
  about: "contexts, entity masking, descriptors and windows, each left out or put in",
  cells: await cellsOfStudy(),
  seeds: 3,
  minutesPerRun: 3,
  tables: [
    { title: "Linear probe", measures: ["mean AUROC"], digits: 3 },
    {
      title: "Masked words of unseen reports, in nats",
      measures: ["word loss", "film swapped"],
      digits: 3,
    },
  ],
  notes: [
    "every cell of a set is compared with its cell corrected",
    "word loss: the corrected method's masks on whole reports without contexts, the same for every cell; film swapped: how much it rises when each report is shown with another record's film",
    "the probe is trained on the films of pre-training and scored on those of val and test",
    "small models and short runs: nothing here says what a long run would show",
  ],
  run: runCell,
};

function nameOf(part: PartName, variant: string): string {
  return `${part}, ${variant}`;
}

async function cellsOfStudy(): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  // Object.keys forgets the keys' type.
  for (const part of Object.keys(PARTS) as PartName[]) {
    for (const [variant, { set, fidelity, ...differs }] of Object.entries(VARIANTS)) {
      const { source, vocabulary, course } = PARTS[part];
      const settings: ContextSettings = {
        ...{ part, source, vocabulary, entities: "chest", windows: false, ...differs },
        pretrain: await trainedBy(fidelity ?? REFERENCE, [...course, ...(set ? [set] : [])]),
      };
      const against = variant === REFERENCE ? {} : { against: nameOf(part, REFERENCE) };
      cells.push({ name: nameOf(part, variant), settings: { ...settings }, ...against });
    }
  }
  return cells;
}

/** A configuration, complete, so that a changed default makes another cell. */
async function trainedBy(
  fidelity: "published" | "corrected",
  set: readonly string[],
): Promise<Trained> {
  const choices = { recipe: "demo", fidelity, config: undefined, flags: {} };
  const { config } = await resolvePretrain({ ...choices, set: [...COURSE, ...set] });
  return trainedOf(config);
}

/** A run's pairs and surroundings. */
interface CellRun {
  readonly settings: ContextSettings;
  readonly pairs: StudyPairs;
  readonly seed: number;
  readonly context: RunContext;
  readonly device: Device;
}

async function runCell(cell: Cell, seed: number, context: RunContext): Promise<Outcome> {
  // The harness hands back what `cellsOfStudy` made.
  const settings = cell.settings as unknown as ContextSettings;
  const pairs = await pairsOf(settings, context);
  const run: CellRun = { settings, pairs, seed, context, device: openDevice() };
  const dataset = settings.windows ? await withWindows(run) : pairs.dataset;
  const model = await train(dataset, run);
  if (cell.name === nameOf(settings.part, REFERENCE)) {
    await cp(model, await referenceModel(run));
  }
  const auroc = await probe(model, run);
  const losses = await wordLosses(model, run);
  return { measures: { ...auroc, ...losses }, facts: { [`pairs ${settings.part}`]: pairs.digest } };
}

async function pairsOf(
  { part, source, vocabulary }: ContextSettings,
  context: RunContext,
): Promise<StudyPairs> {
  const cache = join(context.cache, part);
  await mkdir(cache, { recursive: true });
  const shared = { cache, vocabulary, signal: context.signal };
  if ("folder" in source) {
    return studyPairs({ ...shared, source: join(ROOT, source.folder), noise: undefined });
  }
  const { dataset } = await phantomFilms(source.films, context);
  return studyPairs({ ...shared, source: dataset, noise: source.noise });
}

/** A lexicon of nothing that a report says. */
const NO_ENTITIES: Lexicon = {
  name: "none",
  entities: [{ entity: "(none)", label: null, forms: ["zzzz no such word zzzz"] }],
};

async function lexiconOf({ entities }: ContextSettings, { folder }: RunContext): Promise<string> {
  if (entities === "chest") return DEFAULTS.data.lexicon;
  const file = join(folder, "no-entities.json");
  await writeFile(file, JSON.stringify(NO_ENTITIES));
  return file;
}

/** Pre-trains; gives the model's file. */
async function train(
  dataset: string,
  { settings, seed, pairs, device, context }: CellRun,
): Promise<string> {
  const { tokenizer } = pairs;
  const lexicon = await lexiconOf(settings, context);
  const config = configOfCell(settings.pretrain, { dataset, tokenizer, lexicon, seed, device });
  return (await pretrainCell(config, settings.updates, context)).model;
}

/** Where the reference's model of a seed is kept for the windows. */
async function referenceModel({
  settings: { part },
  seed,
  context: { cache },
}: CellRun): Promise<string> {
  const folder = join(cache, part, `${REFERENCE}-${seed}`);
  await mkdir(folder, { recursive: true });
  return join(folder, "model.safetensors");
}

/** The pairs with the windows that the reference's model of the same seed sees. */
async function withWindows(run: CellRun): Promise<string> {
  const { pairs, device, settings } = run;
  const { folder, signal, progress } = run.context;
  const model = await referenceModel(run);
  if (!existsSync(model)) {
    const cell = nameOf(settings.part, REFERENCE);
    throw new RangeError(
      `Cannot take windows from "${model}": there is no such file; delete the row of cell "${cell}", seed ${run.seed}, so that it is run again in this --work folder`,
    );
  }
  const out = join(folder, "pairs");
  await cp(pairs.dataset, out, { recursive: true });
  const tokenizer = await loadTokenizer(pairs.tokenizer);
  await makeWindows({
    ...{ dataset: await openDataset(out), tokenizer, device, signal },
    model: await readReportModel(model, tokenizer),
    out: join(out, DATASET_FILES.window),
    ...{ batch: 8, force: false, onBadRecord: "error" },
    onEvent: (event) => {
      if (event.kind === "done") progress(`window ${event.done}`);
    },
  });
  return out;
}

async function probe(
  model: string,
  { pairs, seed, device, context: { signal, progress } }: CellRun,
): Promise<Readonly<Record<string, number>>> {
  const extract = encoderFeatures(await readPretrainedModel(model), { device });
  const { mean } = await linearProbe({
    ...{ dataset: pairs.dataset, extract, seed, signal, resamples: 1 },
    scoredOn: ["val", "test"],
    onProgress: (done, total) => progress(`probe ${done} of ${total}`),
  });
  return mean.auroc === null ? {} : { "mean AUROC": mean.auroc };
}

/** The loss on masked words with the own film of each report, and how much it rises with another one. */
async function wordLosses(
  model: string,
  { settings, pairs, seed, device, context: { signal, progress } }: CellRun,
): Promise<Readonly<Record<string, number>>> {
  progress("word loss");
  const { fidelity } = settings.pretrain;
  const { course } = PARTS[settings.part];
  const yardstick = await trainedBy(REFERENCE, [...course, "data.insertProbability=0"]);
  const architecture = ["positionTable", "superRes.finalRelu", "mlm.tiedDecoder"] as const;
  const { tokenizer } = pairs;
  const { lexicon } = DEFAULTS.data;
  const trained: Trained = {
    ...yardstick,
    train: { ...yardstick.train, validateEpochs: 1 },
    fidelity: {
      ...yardstick.fidelity,
      ...Object.fromEntries(architecture.map((key) => [key, fidelity[key]])),
    },
  };
  const config = configOfCell(trained, { dataset: null, tokenizer, lexicon, seed, device });
  const score = (dataset: string): Promise<number> =>
    wordLoss({ config, model, dataset, device, signal });
  const own = await score(pairs.own);
  return { "word loss": own, "film swapped": (await score(pairs.swapped)) - own };
}
