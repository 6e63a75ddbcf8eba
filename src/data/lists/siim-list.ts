/** @file SIIM-ACR lists: a row for each run-length code of a picture, `ImageId,EncodedPixels`, −1 for no pneumothorax (SPEC 4.2). */
import { type ListText, listError, listRows } from "./list-text.ts";

/** One picture of a SIIM list, its rows united. */
export interface SiimImage {
  /** The line of its first row. */
  readonly line: number;
  readonly id: string;
  /** Relative to the dataset's folder. */
  readonly path: string;
  /** Its run-length codes in list order; the union of them is its mask. `["-1"]` where there is no pneumothorax. */
  readonly codes: readonly string[];
}

/** Chooses `size` different ones of the ids, in any order. */
export type DrawWithoutReplacement = (ids: readonly string[], size: number) => readonly string[];

/** The code of a picture without a pneumothorax. */
const NEGATIVE = "-1";

/** Start and length, again and again. */
const CODE = /^\d+ \d+(?: \d+ \d+)*$/;

function imagePathOf(id: string): string {
  return `train/images/1024/dicom/${id}.png`;
}

/** Is there no pneumothorax in the picture? */
export function isNegative({ codes }: SiimImage): boolean {
  return codes[0] === NEGATIVE;
}

/**
 * Parses a SIIM list: a picture for each id, in order of first appearance, with all codes of its rows.
 * @throws {ManifestError} naming the line, when a code is no run-length code, or a picture both has a code and has none
 */
export function parseSiimList(list: ListText): readonly SiimImage[] {
  const images = new Map<string, { readonly line: number; readonly codes: string[] }>();
  for (const { line, cell } of listRows(list, ["ImageId", "EncodedPixels"])) {
    const id = cell("ImageId");
    const code = cell("EncodedPixels").replaceAll(/\s+/g, " ");
    if (id === "") throw listError(list, line, 'column "ImageId" is empty, expected an id');
    if (code !== NEGATIVE && !CODE.test(code)) {
      throw listError(
        list,
        line,
        'column "EncodedPixels" is no run-length code, expected pairs of start and length, or -1',
      );
    }
    const image = images.get(id) ?? { line, codes: [] };
    images.set(id, image);
    const [first] = image.codes;
    if (first !== undefined && (first === NEGATIVE || code === NEGATIVE)) {
      throw listError(
        list,
        line,
        `the picture has a row before, in line ${image.line}, and one of the two says that there is nothing to mark`,
      );
    }
    image.codes.push(code);
  }
  return [...images].map(([id, { line, codes }]) => ({ line, id, path: imagePathOf(id), codes }));
}

/**
 * The pictures to train on: all that have a pneumothorax, then as many of those that have none, drawn without replacement, in
 * list order. All of the latter where there are fewer.
 * @throws {RangeError} when the draw does not give what it was asked for
 */
export function drawSiimTraining(
  images: readonly SiimImage[],
  draw: DrawWithoutReplacement,
): readonly SiimImage[] {
  const positives = images.filter((image) => !isNegative(image));
  const negatives = images.filter(isNegative);
  const size = Math.min(positives.length, negatives.length);
  const drawn = new Set(
    draw(
      negatives.map(({ id }) => id),
      size,
    ),
  );
  const chosen = negatives.filter(({ id }) => drawn.has(id));
  if (chosen.length !== size || drawn.size !== size) {
    throw new RangeError(
      `Cannot draw ${size} of ${negatives.length} pictures: got ${chosen.length} of ${drawn.size} distinct ids`,
    );
  }
  return [...positives, ...chosen];
}
