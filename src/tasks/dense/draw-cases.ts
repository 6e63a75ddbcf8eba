/** @file The best, the middle and the worst cases of an evaluation, drawn: what is true and what was predicted. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../../data/dataset.ts";
import { fileMode, folderMode } from "../../data/dataset-files.ts";
import type { Split } from "../../data/record.ts";
import { decodeImage } from "../../image/decode.ts";
import { encodePng } from "../../image/encode.ts";
import { drawOverlay } from "../../image/overlay.ts";
import {
  makeFolder,
  nameBehindAside,
  systemErrorCode,
  writeFileAtomically,
} from "../../util/atomic-file.ts";
import type { PictureDescription } from "../finetune/model-description.ts";
import type { DenseConfig, DenseFields } from "./dense-task.ts";
import type { DenseJudging, DrawnCase, JudgedRecords, OpenJudging } from "./judging.ts";
import { type RunBatch, type RunSplitOptions, runSplit, type TrainedDense } from "./run-split.ts";

/** Which cases are drawn, and where to. */
export interface DrawCasesOptions<Config extends DenseConfig, F extends DenseFields, Line>
  extends Omit<RunSplitOptions<Config, F>, "among" | "onProgress"> {
  readonly records: JudgedRecords<Line>;
  readonly folder: string;
  /** Of each kind. */
  readonly pictures?: number | undefined;
  readonly includeCases?: boolean | undefined;
  readonly onNote: (text: string) => void;
  readonly onProgress: (
    stage: Split | "intervals" | "pictures",
    done: number,
    total: number,
  ) => void;
}

/** A case that is drawn: its place in an order, such as `worst-01`. */
interface ChosenCase {
  readonly name: string;
  readonly position: number;
  readonly score: number;
}

/** What is drawn with. */
export interface Drawing<
  Config extends DenseConfig,
  F extends DenseFields,
  Description extends PictureDescription,
  Line,
  Name extends string,
> {
  readonly judging: Pick<
    DenseJudging<Config, F, Description, Line, Name>,
    "caseScore" | "caseScoreName"
  >;
  readonly opened: OpenJudging<Config, F, Line>;
  readonly trained: TrainedDense<F>;
  readonly dataset: Dataset;
}

/**
 * Draws cases, and a list of which they are; undefined where none are wanted, or the dataset is private and that was not allowed.
 * @throws {EcampError} when the disk refuses
 */
export async function drawCases<
  Config extends DenseConfig,
  F extends DenseFields,
  Description extends PictureDescription,
  Line,
  Name extends string,
>(
  { judging, opened, trained, dataset }: Drawing<Config, F, Description, Line, Name>,
  options: DrawCasesOptions<Config, F, Line>,
): Promise<string | undefined> {
  const { records, config, pictures = 0, includeCases = false, onNote, onProgress } = options;
  const folder = join(options.folder, PICTURES);
  if (pictures === 0) return undefined;
  const { privacy } = dataset.manifest;
  if (privacy === "private" && !includeCases) {
    onNote(
      "no pictures: the dataset is private, and they would show its patients; --include-cases draws them",
    );
    return undefined;
  }
  await makeFolder(folder, { mode: folderMode(privacy) });
  const scores = records.lines.map((line) => judging.caseScore(line, records.classes));
  const chosen = chooseCases(scores, pictures);
  const byId = new Map(chosen.map((each) => [records.ids[each.position] ?? "", each]));
  const mode = fileMode(privacy);
  let done = 0;
  const one = { ...config, train: { ...config.train, batch: 1 } };
  for await (const run of runSplit(trained, dataset, {
    ...{ ...options, config: one, among: new Set(byId.keys()), onProgress: () => undefined },
  })) {
    const record = await run.index.read(run.batch.records[0] ?? 0);
    const found = byId.get(record.id);
    const line = found && records.lines[found.position];
    if (found === undefined || line === undefined) continue;
    const png = await drawCase({ opened, trained, dataset }, run, { config, record, line });
    await writeFileAtomically(join(folder, `${found.name}.png`), png, { mode });
    onProgress("pictures", ++done, chosen.length);
  }
  const list = chosen.map(({ name, position, score }) => ({
    ...{ picture: `${name}.png`, id: records.ids[position], score },
    scoreIs: judging.caseScoreName,
  }));
  const text = `${JSON.stringify(list, null, 2)}\n`;
  await writeFileAtomically(join(folder, LIST), text, { mode });
  return folder;
}

/** A case's picture with truth and prediction over it, as a PNG file's bytes. */
async function drawCase<Config, F extends DenseFields, Line>(
  {
    opened,
    trained: { model },
    dataset,
  }: {
    readonly opened: OpenJudging<Config, F, Line>;
    readonly trained: TrainedDense<F>;
    readonly dataset: Dataset;
  },
  run: RunBatch<F>,
  { record, ...of }: Pick<DrawnCase<Config, Line>, "config" | "record" | "line">,
): Promise<Uint8Array> {
  // Every record that is run has an image: without one it has no place in the split's index.
  const picture = await decodeImage(dataset.imagePath(record.image ?? ""), {
    ...{ sixteenBit: model.sixteenBit, bitDepth: dataset.manifest.bitDepth },
  });
  const size = { width: picture.width, height: picture.height };
  const layers = await opened.overlay(run, 0, { ...of, record, dataset, size });
  return encodePng(drawOverlay(picture, layers));
}

const PICTURES = "pictures";
const LIST = "pictures.json";
const DRAWN = /^(?:worst|middle|best)-\d+\.png$/;

/**
 * Removes the cases that an earlier evaluation drew, whole or not: they are not those of this one.
 * @param evaluation the folder of the evaluation
 */
export async function removeDrawn(evaluation: string): Promise<void> {
  const folder = join(evaluation, PICTURES);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  const drawn = names.filter((name) => {
    const whole = nameBehindAside(name) ?? name;
    return whole === LIST || DRAWN.test(whole);
  });
  await Promise.all(drawn.map((name) => rm(join(folder, name))));
}

/**
 * So many of each: the worst, those around the middle, the best; no case twice, and of few cases a third each. Equal scores stand in the
 * order of the records.
 */
export function chooseCases(scores: readonly number[], each: number): readonly ChosenCase[] {
  const order = [...scores.keys()].sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  const worst = Math.min(each, Math.ceil(order.length / 3));
  const best = Math.min(each, Math.ceil((order.length - worst) / 2));
  const between = order.slice(worst, order.length - best);
  const middle = Math.max(0, Math.floor((between.length - each) / 2));
  const named = (kind: string, positions: readonly number[]): readonly ChosenCase[] =>
    positions.map((position, i) => ({
      name: `${kind}-${String(i + 1).padStart(2, "0")}`,
      ...{ position, score: scores[position] ?? 0 },
    }));
  return [
    ...named("worst", order.slice(0, worst)),
    ...named("best", order.toReversed().slice(0, best)),
    ...named("middle", between.slice(middle, middle + each)),
  ];
}
