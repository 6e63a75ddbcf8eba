/** @file The figures of a segmenter or detector on a split, read again to be compared. */
import { z } from "zod";
import type { Split } from "../../data/record.ts";
import type { DenseFigures } from "../../metrics/dense-report.ts";
import { ManifestError } from "../../util/errors.ts";
import { firstFault } from "../../util/expectation.ts";
import { readJsonLines, tryParseJson } from "../../util/jsonl.ts";
import type { FigureOptions, JudgedRecords } from "../dense/judging.ts";
import { EVALUATION, readFigures, requirePredictionsFile } from "./evaluation-file.ts";

/** Where figures come from: enough to tell whether two of them may be compared, and to compute them again. */
export interface DenseProvenance {
  readonly task: "segment" | "detect";
  readonly classes: readonly string[];
  /** A lesion that covers less than this share of its picture is small. */
  readonly smallBelow: number;
  /** Boxes below this objectness were no detections; absent where it was the model's own. */
  readonly minObjectness?: number;
  /** The model's file, and the SHA-256 of its bytes. */
  readonly model: string;
  readonly modelSha256: string;
  readonly dataset: string;
  readonly datasetSha256: string;
  readonly split: Split;
  /** Has the model seen, in training, patients or pictures that judge it, though that was allowed? Figures then flatter. */
  readonly leaks: boolean;
  /** In words: what leaks. */
  readonly leakReasons: readonly string[];
  /** In words: what else a reader of the figures should know. */
  readonly warnings: readonly string[];
}

const text = z.string();
const provenanceSchema: z.ZodType<DenseProvenance & { readonly predictionsSha256: string }> =
  z.object({
    task: z.enum(["segment", "detect"]),
    classes: z.array(text).min(1),
    smallBelow: z.number(),
    minObjectness: z.number().exactOptional(),
    ...{ model: text, modelSha256: text, dataset: text, datasetSha256: text },
    split: z.enum(["train", "val", "test"]),
    leaks: z.boolean(),
    ...{ leakReasons: z.array(text), warnings: z.array(text), predictionsSha256: text },
  });

/**
 * The task of an evaluation; undefined where it is one of a classifier, which does not say it.
 * @throws {ManifestError} when there is none
 */
export async function taskOfEvaluation(folder: string): Promise<"segment" | "detect" | undefined> {
  const value = tryParseJson(await readFigures(folder))?.value;
  const task = z.looseObject({ task: z.enum(["segment", "detect"]) }).safeParse(value);
  return task.success ? task.data.task : undefined;
}

/** An evaluation that was read again. */
export interface StoredDense<Line, Name extends string> {
  readonly provenance: DenseProvenance;
  readonly lines: readonly Line[];
  readonly figures: DenseFigures<Name>;
}

/** How its lines are read, and what figures are made of them. */
export interface LineReading<Line, Name extends string> {
  readonly lineSchema: z.ZodType<Line>;
  readonly figures: (records: JudgedRecords<Line>, options: FigureOptions) => DenseFigures<Name>;
}

/**
 * Reads an evaluation.
 * @throws {ManifestError} when a file is missing, damaged or has been changed, or the predictions are not those of the figures
 */
export async function readDenseEvaluation<Line, Name extends string>(
  folder: string,
  { lineSchema, figures }: LineReading<Line, Name>,
): Promise<StoredDense<Line, Name>> {
  const parsed = provenanceSchema.safeParse(tryParseJson(await readFigures(folder))?.value);
  if (!parsed.success) {
    const { where, expected } = firstFault(parsed.error);
    throw new ManifestError(
      `Cannot read the figures "${EVALUATION}" of "${folder}": ${where || "its content"}: ${expected}; evaluate again`,
    );
  }
  const { predictionsSha256, ...provenance } = parsed.data;
  const path = await requirePredictionsFile(folder, predictionsSha256);
  const ids: string[] = [];
  const groups: string[] = [];
  const lines: Line[] = [];
  const ownSchema = z.looseObject({ id: text, patient: text });
  for await (const { line, value } of readJsonLines(path)) {
    const own = ownSchema.safeParse(value);
    if (!own.success) throw damagedLine(path, line);
    const { id, patient, ...rest } = own.data;
    const kept = lineSchema.safeParse(rest);
    if (!kept.success) throw damagedLine(path, line);
    ids.push(id);
    groups.push(patient);
    lines.push(kept.data);
  }
  const records = { ids, groups, lines, classes: provenance.classes };
  return { provenance, lines, figures: figures(records, provenance) };
}

function damagedLine(path: string, line: number): ManifestError {
  return new ManifestError(
    `Cannot read the predictions "${path}": line ${line} is not what "ecamp evaluate" writes; evaluate again`,
  );
}
