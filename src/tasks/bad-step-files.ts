/**
 * @file What is left of a step whose numbers were not finite: `failures/step-000123.json` says what was found, and with
 * `failures/step-000123.safetensors` beside it the step can be done again, without the dataset.
 */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { fileMode, folderMode } from "../data/dataset-files.ts";
import type { Privacy } from "../data/record.ts";
import { openDevice } from "../engine/runtime/device.ts";
import type { CompileOptions, NamedArrays } from "../engine/runtime/program.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { BadStep } from "../train/bad-step.ts";
import { type Culprit, describeCulprit, diagnoseStep } from "../train/non-finite.ts";
import { writeView } from "../train/parameter-store.ts";
import { makeFolder, systemErrorCode, writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError, EcampError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import type { NdArray } from "../util/nd-array.ts";
import { openSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import { methodOptions } from "./method-options.ts";
import { modelConfig } from "./pretrain-inputs.ts";
import { type PreparedModel, prepareModel } from "./pretrain-model.ts";

const FOLDER = "failures";

const stepName = (step: number): string => `step-${String(step).padStart(6, "0")}`;
const FEED = "feed/";
const VALUE = "value/";

/** What the JSON file says. */
interface BadStepRecord {
  readonly format: 1;
  readonly step: number;
  /** Which micro-batch of the update, from 0. */
  readonly micro: number;
  readonly seed: number;
  readonly device: string;
  readonly threads: number;
  /** The name of the batch's shape. */
  readonly variant: string;
  /** Words of the vocabulary. */
  readonly vocab: number;
  readonly records: readonly string[];
  /** Why the run ended, such as `mlm is NaN`. */
  readonly found: string;
  /** The first array that was not finite; null when every one was, looked at for itself. */
  readonly first: Culprit | null;
}

const recordSchema: z.ZodType<BadStepRecord> = z.object({
  format: z.literal(1),
  step: z.int().min(1),
  micro: z.int().min(0),
  seed: z.int(),
  device: z.string(),
  threads: z.int(),
  variant: z.string(),
  vocab: z.int(),
  records: z.array(z.string()),
  found: z.string(),
  first: z
    .object({
      role: z.enum(["parameter", "input", "tensor", "loss", "gradient"]),
      name: z.string(),
      type: z.string(),
      bad: z.int(),
      size: z.int(),
      first: z.string(),
    })
    .nullable(),
});

/** Where a bad step happened. */
export interface BadStepPlace {
  /** The run's folder. */
  readonly out: string;
  readonly config: PretrainConfig;
  readonly prepared: PreparedModel;
  readonly device: CompileOptions;
  /** Of a private dataset only the owner can read the files. */
  readonly privacy: Privacy;
}

/**
 * Looks into a bad step and writes its files.
 * @returns what was found and where it is kept, for the error of the run
 */
export async function recordBadStep(bad: BadStep, place: BadStepPlace): Promise<string> {
  const { prepared, device, config } = place;
  const { culprit } = await diagnoseStep({
    traced: prepared.shapes.traceOf(bad.batch.variant),
    values: prepared.store.values,
    feeds: bad.batch.feeds,
    lossScale: 1 / config.train.accumulate,
    device,
  });
  const kept = await writeFiles(bad, place, culprit).catch(
    (error: unknown) => `the step could not be kept: ${describeError(error)}`,
  );
  return `${describeFirst(culprit)}; ${kept}`;
}

/** `the first that is not finite is the parameter …` */
export function describeFirst(first: Culprit | undefined): string {
  return first === undefined
    ? "of the last micro-batch alone every number is finite"
    : `the first that is not finite is ${describeCulprit(first)}`;
}

async function writeFiles(
  { step, micro, records, found, batch }: BadStep,
  { out, config, prepared, privacy }: BadStepPlace,
  culprit: Culprit | undefined,
): Promise<string> {
  const name = stepName(step);
  const base = join(out, FOLDER, name);
  const mode = fileMode(privacy);
  const record: BadStepRecord = {
    format: 1,
    ...{ step, micro, seed: config.train.seed },
    ...{ device: config.run.device, threads: config.run.threads },
    variant: batch.variant,
    vocab: prepared.feed.config.vocab,
    ...{ records, found, first: culprit ?? null },
  };
  const named = (prefix: string, arrays: NamedArrays): [string, NdArray][] =>
    [...arrays].map(([key, array]) => [prefix + key, array]);
  await makeFolder(join(out, FOLDER), { mode: folderMode(privacy) });
  await writeSafetensors(
    `${base}.safetensors`,
    [...named(VALUE, prepared.store.values), ...named(FEED, batch.feeds)],
    { mode },
  );
  await writeFileAtomically(`${base}.json`, `${JSON.stringify(record, null, 2)}\n`, { mode });
  const holds =
    privacy === "private" ? "; its files hold films and texts of a private dataset" : "";
  return `--replay ${FOLDER}/${name} does that step again${holds}`;
}

/** The path without its ending, from the run's folder or, where nothing is there, from here; a bare number is a step of the run's. */
async function findStep(out: string, given: string): Promise<string> {
  const name = /^\d+$/.test(given) ? join(FOLDER, stepName(Number(given))) : given;
  const [inRun, here] = [resolve(out, name), resolve(name)];
  const stands = await stat(`${inRun}.json`).catch(() => undefined);
  return stands === undefined && (await stat(`${here}.json`).catch(() => undefined)) ? here : inRun;
}

/** What came of doing a bad step again. */
export interface ReplayedStep {
  readonly step: number;
  readonly micro: number;
  readonly records: readonly string[];
  /** Why the run ended. */
  readonly found: string;
  /** The losses of the micro-batch now. */
  readonly losses: Readonly<Record<string, number>>;
  /** The first array that is not finite now. */
  readonly first: Culprit | undefined;
  /** Is that the one that was found when the run ended? */
  readonly isSame: boolean;
}

/**
 * Does a bad step again.
 * @param file as a run names it, such as `failures/step-000123`, from its folder or from here
 * @throws {ConfigError | WeightsError} when a file is missing or damaged, or belongs to another model
 */
export async function replayBadStep(
  file: string,
  { out, config }: Pick<BadStepPlace, "out" | "config">,
): Promise<ReplayedStep> {
  const base = await findStep(out, file.replace(/\.(?:json|safetensors)$/, ""));
  const record = await readRecord(`${base}.json`);
  const method = methodOptions(config.fidelity);
  const model = modelConfig(config, { size: record.vocab, specials: { pad: 0 } }, method);
  const device = openDevice({ provider: config.run.device, threads: config.run.threads });
  await using prepared = prepareModel(config, { model, method }, { ...device, clock: () => 0 });
  const feeds = await readArrays(`${base}.safetensors`, prepared);
  const { culprit, losses } = await diagnoseStep({
    traced: prepared.shapes.traceOf(record.variant),
    values: prepared.store.values,
    feeds,
    lossScale: 1 / config.train.accumulate,
    device,
  });
  const { step, micro, records, found } = record;
  const isSame = JSON.stringify(culprit ?? null) === JSON.stringify(record.first);
  return { step, micro, records, found, losses, first: culprit, isSame };
}

async function readRecord(file: string): Promise<BadStepRecord> {
  const refuse = (found: string, cause?: unknown): never => {
    throw new ConfigError(`Cannot replay "${file}": ${found}`, { cause });
  };
  const text = await readFile(file, "utf8").catch((error: unknown) =>
    refuse(
      systemErrorCode(error) === "ENOENT" ? "there is no such file" : describeError(error),
      error,
    ),
  );
  const parsed = recordSchema.safeParse(tryParseJson(text)?.value);
  return parsed.success ? parsed.data : refuse("it is not what a run leaves of a step that failed");
}

/** Fills the parameters; gives the micro-batch. */
async function readArrays(file: string, { store }: PreparedModel): Promise<NamedArrays> {
  await using stored = await openSafetensors(file);
  const missing = [...store.values.keys()].filter((name) => !stored.names.includes(VALUE + name));
  if (missing.length > 0) {
    throw new EcampError(
      `Cannot replay "${file}": ${missing.length} parameters are missing (such as ${missing[0]}); it is of another run`,
    );
  }
  const feeds = new Map<string, NdArray>();
  for (const name of stored.names) {
    const array = await stored.read(name);
    if (name.startsWith(FEED)) feeds.set(name.slice(FEED.length), array);
    else writeView(store.values, name.slice(VALUE.length), array as NdArray<"f32">);
  }
  return feeds;
}
