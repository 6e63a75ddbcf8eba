/** @file RIGA+: lists `img_path,mask_path` of fundus pictures; a mask holds disc and cup at once (SPEC 4.2). */
import type { Mask } from "../../image/mask.ts";
import type { Raster } from "../../image/raster.ts";
import { ManifestError } from "../../util/errors.ts";
import { levelsOf, sizeFault } from "../inspect-mask.ts";
import { parseRigaList, type RigaRow } from "../lists/riga-list.ts";
import { decodeMask, maskError } from "../read-masks.ts";
import type { RepairCounts } from "../repairs.ts";
import type { Annotation, AnnotationSource, FoundPicture, Mending } from "./annotation-source.ts";
import { withoutRawForm } from "./without-raw-form.ts";

/** How RIGA's lists are taken. */
export interface RigaOptions {
  /** Levels beside those of nothing, the disc and the cup; `error` by default. */
  readonly faults?: Mending;
}

/** The cup's level; any other one above 0 is the disc around it. */
const CUP = 255;
/** What the disc's level is taken for where others are mended. */
const DISC = 128;

/** The set as an importer takes it. */
export function riga({ faults = "error" }: RigaOptions = {}): AnnotationSource<RigaRow> {
  return {
    name: "riga",
    task: ["segment"],
    classes: ["disc", "cup"],
    read: (list) => ({ rows: parseRigaList(list), leftOut: 0 }),
    pathsOf: ({ image }) => withoutRawForm(image),
    saying: ({ mask }) => mask,
    annotate: (row, picture) => annotate(row, picture, faults),
  };
}

async function annotate(
  { mask }: RigaRow,
  { size, locate }: FoundPicture,
  faults: Mending,
): Promise<Annotation> {
  const path = await locate(withoutRawForm(mask));
  const picture = await decodeMask(path);
  const wrongSize = sizeFault(picture, size);
  if (wrongSize !== undefined) throw maskError(path, wrongSize);
  return discAndCup(picture, faults);
}

/**
 * The masks of disc and cup: what is not 0 is the disc, 255 the cup, which lies in it.
 * @throws {ManifestError} when there are more levels than these two, and none is to be mended
 */
export function discAndCup(
  picture: Raster,
  faults: Mending,
): { readonly masks: Readonly<Record<"disc" | "cup", Mask>>; readonly repairs: RepairCounts } {
  const between = levelsOf(picture).filter((level) => level > 0 && level < CUP);
  const isOdd = between.length > 1;
  if (isOdd && faults === "error") {
    throw new ManifestError(
      `its mask has the levels ${between.slice(0, 4).join(", ")}${between.length > 4 ? " …" : ""} between 0 and ${CUP}, expected one at most, the disc's; has it been resized, or stored as JPEG?`,
    );
  }
  const plane = (threshold: number): Mask => ({
    width: picture.width,
    height: picture.height,
    data: picture.data.map((level) => (level >= threshold ? 1 : 0)),
  });
  const disc = plane(isOdd ? DISC / 2 : 1);
  const cup = plane(isOdd ? (DISC + CUP + 1) / 2 : CUP);
  return { masks: { disc, cup }, repairs: isOdd ? { "odd-level": 1 } : {} };
}
