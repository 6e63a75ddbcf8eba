/** @file Looks at a record's masks and boxes against its picture: can they be used, and do they agree with its labels? */
import { readPictureHeader } from "../image/header.ts";
import { maskArea } from "../image/mask.ts";
import type { PixelSize } from "../image/raster.ts";
import { DecodeError } from "../util/errors.ts";
import type { Dataset } from "./dataset.ts";
import { inspectMask } from "./inspect-mask.ts";
import type { ProblemKind } from "./problem-log.ts";
import { decodeMask } from "./read-masks.ts";
import type { DatasetRecord } from "./record.ts";
import { cutBox, DEFAULT_MAX_BOXES, isBeyond } from "./usable-boxes.ts";

/** A problem of one record. */
export interface AnnotationFinding {
  readonly kind: ProblemKind;
  /** The record's id, and what of it. */
  readonly example: string;
}

/** What was found in a record's masks and boxes. */
export interface CheckedAnnotations {
  readonly findings: readonly AnnotationFinding[];
  /** The classes that masks or boxes show something of. */
  readonly shown: readonly string[];
}

/** Does a record say where something is? */
export function isAnnotated({ masks = {}, boxes = [] }: DatasetRecord): boolean {
  return Object.keys(masks).length > 0 || boxes.length > 0;
}

/** What a record's own line says, when no file is to be read: a mask that is named is taken for one that shows something. */
export function readAnnotations(record: DatasetRecord): CheckedAnnotations {
  const { masks = {}, boxes = [] } = record;
  return verdict(record, [], [...Object.keys(masks), ...boxes.map(({ label }) => label)]);
}

/** Looks at the files of a record's picture, which must be there, and of those masks that are. */
export async function checkAnnotations(
  dataset: Dataset,
  record: DatasetRecord,
  masksThere: ReadonlySet<string>,
): Promise<CheckedAnnotations> {
  const { id, image = "", boxes = [] } = record;
  let size: PixelSize;
  try {
    size = await readPictureHeader(dataset.imagePath(image));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { findings: [{ kind: "unreadable-image", example: id }], shown: [] };
  }
  const findings: AnnotationFinding[] = [];
  const shown = new Set(boxes.map(({ label }) => label));
  for (const [label, path] of Object.entries(record.masks ?? {})) {
    if (!masksThere.has(path)) continue;
    const found = await checkMask(dataset.maskPath(path), size);
    if (found.isFilled) shown.add(label);
    const isDenied = record.labels?.[label] === 0;
    if (found.kind === undefined || (found.kind === "empty-mask" && isDenied)) continue;
    const more = found.reason === undefined ? label : `${label}: ${found.reason}`;
    findings.push({ kind: found.kind, example: `${id} (${more})` });
  }
  if (boxes.some((box) => cutBox(box, size) === undefined)) {
    findings.push({ kind: "box-outside", example: id });
  } else if (boxes.some((box) => isBeyond(box, size))) {
    findings.push({ kind: "cut-box", example: id });
  }
  return verdict(record, findings, [...shown]);
}

interface CheckedMask {
  readonly kind?: ProblemKind;
  readonly reason?: string;
  /** Does it show something, or may it? */
  readonly isFilled: boolean;
}

async function checkMask(path: string, size: PixelSize): Promise<CheckedMask> {
  try {
    const found = inspectMask(await decodeMask(path), size);
    if (found.fault !== undefined) {
      const kind = found.fault === "size" ? "mask-of-another-size" : "mask-of-several-levels";
      return { kind, reason: found.reason, isFilled: true };
    }
    if (maskArea(found.mask) === 0) return { kind: "empty-mask", isFilled: false };
    return { ...(found.isGrey && { kind: "grey-mask" as const }), isFilled: true };
  } catch (error) {
    if (error instanceof DecodeError) return { kind: "unreadable-mask", isFilled: true };
    throw error;
  }
}

/** Adds what needs no file: labels that deny what is shown, and more boxes than detection takes. */
function verdict(
  { id, labels = {}, boxes = [] }: DatasetRecord,
  findings: readonly AnnotationFinding[],
  shown: readonly string[],
): CheckedAnnotations {
  const denied = [...new Set(shown)].filter((label) => labels[label] === 0);
  const more: AnnotationFinding[] = denied.map((label) => ({
    kind: "denied-object",
    example: `${id} (${label})`,
  }));
  if (boxes.length > DEFAULT_MAX_BOXES) {
    more.push({ kind: "many-boxes", example: `${id} (${boxes.length})` });
  }
  return { findings: [...findings, ...more], shown: [...new Set(shown)] };
}
