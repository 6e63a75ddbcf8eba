/**
 * @file SIIM-ACR pneumothorax: lists `ImageId,EncodedPixels` and pictures `ID.png` of 1024 × 1024 pixels (SPEC 4.2).
 * Folder: `train/images/1024/dicom/ID.png` below the folder of pictures, or `ID.png`, `ID.jpg` in it.
 */
import type { Mask } from "../../image/mask.ts";
import { maskArea } from "../../image/mask.ts";
import { resizeNearest } from "../../image/opencv-resize.ts";
import type { PixelSize } from "../../image/raster.ts";
import { decodeRunLengths, type RunStarts } from "../../image/run-lengths.ts";
import { ManifestError } from "../../util/errors.ts";
import { RandomStream } from "../../util/random.ts";
import { drawSiimTraining, isNegative, parseSiimList, type SiimImage } from "../lists/siim-list.ts";
import { RepairCounter, type RepairCounts } from "../repairs.ts";
import type { Annotation, AnnotationSource, Mending } from "./annotation-source.ts";

/** How SIIM's lists are taken. */
export interface SiimOptions {
  /** The pictures of training without a pneumothorax: all, or as many as have one, drawn. Default `all`. */
  readonly negatives?: "all" | "balanced";
  /** Of the draw; 0 by default. */
  readonly seed?: number;
  /** What a run's start counts; `relative`, as the set has it, by default. */
  readonly starts?: RunStarts;
  /** Pixels of runs behind the picture's last one; `error` by default. */
  readonly faults?: Mending;
}

const CLASS = "Pneumothorax";

/** What the run lengths are of, whatever the size of the picture's file. */
const LISTED = { width: 1024, height: 1024 } as const;

/** The set as an importer takes it. */
export function siimPneumothorax(options: SiimOptions = {}): AnnotationSource<SiimImage> {
  const { negatives = "all", seed = 0 } = options;
  return {
    name: "siim-pneumothorax",
    task: ["classify", "segment"],
    classes: [CLASS],
    read: (list, split) => {
      const images = parseSiimList(list);
      if (negatives === "all" || split !== "train") return { rows: images, leftOut: 0 };
      const stream = new RandomStream({ seed, name: "siim/negatives" });
      const rows = drawSiimTraining(images, (ids, size) =>
        Array.from(stream.permutation(ids.length).subarray(0, size), (at) => ids[at] ?? ""),
      );
      return { rows, leftOut: images.length - rows.length };
    },
    pathsOf: ({ id, path }) => [path, `${id}.png`, `${id}.jpg`, `${id}.jpeg`],
    saying: ({ codes }) => codes.join("\n"),
    annotate: (image, { size }) => annotate(image, { size, ...options }),
  };
}

function annotate(
  image: SiimImage,
  { size, starts = "relative", faults = "error" }: SiimOptions & { readonly size: PixelSize },
): Annotation {
  requireSquare(size);
  if (isNegative(image)) return { labels: { [CLASS]: 0 }, repairs: {} };
  const repairs = new RepairCounter();
  const beyond = faults === "error" ? "error" : "cut";
  const { mask, cut } = decodeRunLengths(image.codes, { ...LISTED, starts, beyond });
  const area = maskArea(mask);
  if (area === 0) {
    throw new ManifestError("its codes mark nothing, expected -1 where there is no pneumothorax");
  }
  const { pixels, empty } = countRuns(image.codes);
  repairs.add("run-of-nothing", empty);
  repairs.add("runs-beyond", cut);
  repairs.add("runs-overlapping", pixels - cut - area);
  const fitted = fit(mask, size);
  if (fitted !== mask) repairs.add("resized-mask");
  if (maskArea(fitted) === 0) repairs.add("vanished-mask");
  return annotationOf(fitted, repairs.counts());
}

function annotationOf(mask: Mask, repairs: RepairCounts): Annotation {
  return { labels: { [CLASS]: 1 }, masks: { [CLASS]: mask }, repairs };
}

/** A picture of another shape is no smaller copy of the one that was marked. */
function requireSquare({ width, height }: PixelSize): void {
  if (width === height) return;
  throw new ManifestError(
    `the picture has ${width} x ${height} pixels, expected 1024 x 1024, which the runs are of, or another square`,
  );
}

/** The pixels of all runs, and how many runs have none. */
function countRuns(codes: readonly string[]): { readonly pixels: number; readonly empty: number } {
  const lengths = codes.flatMap((code) =>
    code
      .split(" ")
      .map(Number)
      .filter((_, i) => i % 2 === 1),
  );
  return {
    pixels: lengths.reduce((sum, length) => sum + length, 0),
    empty: lengths.filter((length) => length === 0).length,
  };
}

function fit(mask: Mask, { width, height }: PixelSize): Mask {
  if (mask.width === width && mask.height === height) return mask;
  const { data } = resizeNearest({ ...mask, channels: 1 }, { width, height });
  return { width, height, data };
}
