/** @file Imports a set whose lists say where something is, as a dataset folder: boxes in its records, masks as PNG files in it. */
import { join, resolve } from "node:path";
import { readPictureHeader } from "../image/header.ts";
import { EcampError, ManifestError } from "../util/errors.ts";
import { isFile } from "../util/is-file.ts";
import { AnnotationCounter, type AnnotationImportSummary } from "./annotation-counter.ts";
import { describeValue } from "./describe-value.ts";
import {
  type ListImportOptions,
  missingImage,
  openPatients,
  openPseudonyms,
  readSplitLists,
  type SplitList,
} from "./lists/list-import.ts";
import { listImagePath } from "./lists/list-path.ts";
import type { PatientOf } from "./lists/list-patients.ts";
import { listError } from "./lists/list-text.ts";
import { mapInOrder } from "./map-in-order.ts";
import type { Pseudonymize } from "./pseudonym.ts";
import type { DatasetManifest, DatasetRecord } from "./record.ts";
import { saveMasks } from "./save-masks.ts";
import type { Annotation, AnnotationSource, ListedPicture } from "./sources/annotation-source.ts";
import { writeDataset } from "./write-dataset.ts";

const PROGRESS_LINES = 100;
/** Pictures at once: hides the latency of a network disk, and holds no more masks in memory than that. */
const CONCURRENCY = 8;

/** The folder of masks inside the dataset's. */
export const MASKS_FOLDER = "masks";

/** A row, and the list that it stands in. */
interface Listed<Row> extends SplitList {
  readonly row: Row;
  /** Its pictures' possible places, each inside the folder of pictures. */
  readonly paths: readonly string[];
}

/** A row whose picture was looked for. */
interface Located<Row> extends Listed<Row> {
  /** Absent where it is not there. */
  readonly found?: { readonly image: string; readonly annotation: Annotation };
}

interface ImportContext<Row extends ListedPicture> {
  readonly source: AnnotationSource<Row>;
  readonly options: ListImportOptions;
  readonly lists: readonly SplitList[];
  /** Absolute. */
  readonly imageRoot: string;
  readonly patientOf: PatientOf;
  readonly pseudonymize: Pseudonymize;
  readonly counter: AnnotationCounter;
}

/** Paths as a dataset holds them; all must lie in the folder of pictures. */
function insidePaths(
  { list }: SplitList,
  {
    row: { line },
    paths,
    imageRoot,
  }: { row: ListedPicture; paths: readonly string[]; imageRoot: string },
): readonly string[] {
  return paths.map((path) => {
    const inside = listImagePath(path, imageRoot);
    if (inside !== undefined) return inside;
    throw listError(
      list,
      line,
      `its path is ${describeValue(path)}, expected one inside the folder of pictures "${imageRoot}"`,
    );
  });
}

/** The rows of one list; one that repeats another is left out, one that contradicts another is an error. */
function* rowsOf<Row extends ListedPicture>(
  open: SplitList,
  { source, imageRoot, counter }: ImportContext<Row>,
): Generator<Listed<Row>> {
  const { rows, leftOut } = source.read(open.list, open.split);
  counter.leftOut += leftOut;
  const seen = new Map<string, { readonly line: number; readonly saying: string }>();
  for (const row of rows) {
    const paths = insidePaths(open, { row, paths: source.pathsOf(row), imageRoot });
    const [key = ""] = paths;
    const first = seen.get(key);
    const saying = source.saying(row);
    if (first === undefined) {
      seen.set(key, { line: row.line, saying });
      yield { ...open, row, paths };
    } else if (first.saying === saying) {
      counter.repeated += 1;
    } else {
      throw listError(open.list, row.line, `line ${first.line} says something else of the picture`);
    }
  }
}

/** The first of the paths that is there. */
async function firstFile(paths: readonly string[], imageRoot: string): Promise<string | undefined> {
  for (const path of paths) if (await isFile(join(imageRoot, path))) return path;
  return undefined;
}

/** Finds a row's picture, and what is said of it. */
async function locate<Row extends ListedPicture>(
  listed: Listed<Row>,
  { source, imageRoot }: ImportContext<Row>,
): Promise<Located<Row>> {
  const { row, paths, list } = listed;
  const image = await firstFile(paths, imageRoot);
  if (image === undefined) return listed;
  try {
    const { width, height } = await readPictureHeader(join(imageRoot, image));
    const annotation = await source.annotate(row, {
      size: { width, height },
      locate: async (others) => {
        const inside = insidePaths(listed, { row, paths: others, imageRoot });
        const other = await firstFile(inside, imageRoot);
        if (other !== undefined) return join(imageRoot, other);
        throw new ManifestError(`"${inside[0]}" is not in "${imageRoot}"`);
      },
    });
    return { ...listed, found: { image, annotation } };
  } catch (error) {
    if (!(error instanceof EcampError)) throw error;
    throw listError(list, row.line, `"${image}": ${error.message}`);
  }
}

async function* importRows<Row extends ListedPicture>(
  context: ImportContext<Row>,
  folder: string,
): AsyncGenerator<DatasetRecord> {
  const { options, lists, imageRoot, patientOf, pseudonymize, counter } = context;
  const { onMissingImage = "error", privacy = "private", onProgress, signal } = options;
  // Read to the end first: a wrong line is found before ten thousand pictures are looked at.
  const rows = lists.flatMap((open) => [...rowsOf(open, context)]);
  for await (const located of mapInOrder(rows, CONCURRENCY, (row) => locate(row, context))) {
    signal?.throwIfAborted();
    const { found, list, row, split, paths } = located;
    if (found === undefined) {
      if (onMissingImage === "error") {
        throw missingImage(list, row.line, { imageRoot, paths });
      }
      counter.missingImage += 1;
      continue;
    }
    const { image, annotation } = found;
    const patient = patientOf(image);
    const id = counter.add({ image, split }, patient);
    counter.addAnnotation(annotation);
    if (counter.records % PROGRESS_LINES === 0) onProgress?.(counter.records);
    const { masks: drawn = {}, repairs: _counted, ...said } = annotation;
    const masks = await saveMasks(drawn, {
      privacy,
      folder: join(folder, MASKS_FOLDER),
      image,
      split,
    });
    yield {
      id: pseudonymize("record", id),
      ...{ image, split, ...said },
      ...(Object.keys(masks).length > 0 && { masks }),
      ...(patient !== undefined && { patient: pseudonymize("patient", patient) }),
    };
  }
  onProgress?.(counter.records);
  if (counter.records > 0) return;
  throw new ManifestError(
    `Cannot import lists: none of their ${counter.missingImage} pictures is in "${imageRoot}"; correct the folder of pictures`,
  );
}

/**
 * Imports the lists of a set that say where something is, one a split, as a dataset folder whose records have these splits.
 * Pictures stay where they are, and only their headers are read; masks are written into the folder. A picture that stands in
 * two lists gets a record in each, so that the leak can be found. Of a private set (the default) record and patient ids become
 * pseudonyms.
 * @throws {ConfigError} when options contradict each other
 * @throws {ManifestError} when a list, a picture, a mask or a box is missing or wrong, naming the line; nothing is then written
 */
export async function importAnnotations<Row extends ListedPicture>(
  source: AnnotationSource<Row>,
  options: ListImportOptions,
): Promise<AnnotationImportSummary> {
  const { out, name, licence, privacy = "private", created, signal } = options;
  const imageRoot = resolve(options.imageRoot);
  const lists = await readSplitLists(options.lists);
  const patientOf = await openPatients(options, imageRoot);
  const pseudonymize = await openPseudonyms(options);
  const counter = new AnnotationCounter();
  const manifest: DatasetManifest = {
    format: 1,
    ...{ name, licence, privacy, imageRoot },
    task: source.task,
    classes: source.classes,
    importer: source.name,
    created: created.toISOString(),
  };
  const context = { source, options, lists, imageRoot, patientOf, pseudonymize, counter };
  await writeDataset({
    out,
    manifest,
    records: (folder) => importRows(context, folder),
    finishManifest: (started) =>
      counter.summary().masks > 0 ? { ...started, maskRoot: MASKS_FOLDER } : started,
    ...(signal !== undefined && { signal }),
  });
  return counter.summary();
}
