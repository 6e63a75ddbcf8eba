/** @file What a dataset folder says: the types and schemas of `dataset.json` and of a line of its JSON Lines files. */
import { z } from "zod";
import type { WindowPosition } from "../image/attention-window.ts";
import { parseWith } from "./schema-error.ts";
import { WINDOW_MAP_TEXT } from "./window-map.ts";

export type { WindowPosition } from "../image/attention-window.ts";

/** The part of a dataset that a record belongs to. */
export type Split = "train" | "val" | "test";

/** What the records can be used for. */
export type DatasetTask = "pretrain" | "classify" | "segment" | "detect";

/** Does the set hold people's data? `private` sets have pseudonymous ids and files that only their owner reads. */
export type Privacy = "public" | "private";

/** Present, absent or uncertain. A label that is not there is unknown. */
export type Label = 1 | 0 | -1;

/** A box in pixels of the record's image, from its top left corner. */
export interface Box {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line of `records.jsonl`. A missing key means unknown. */
export interface DatasetRecord {
  /** Unlike any other record's. */
  readonly id: string;
  /** The picture, relative to the image root, with forward slashes; absent for a report without one. */
  readonly image?: string;
  readonly split?: Split;
  readonly patient?: string;
  readonly view?: string;
  readonly report?: string;
  readonly labels?: Readonly<Record<string, Label>>;
  /** The one class of a single-label task. */
  readonly class?: string;
  /** Mask pictures by class, relative to the mask root. A class without one that a label denies has an empty mask. */
  readonly masks?: Readonly<Record<string, string>>;
  /** All boxes of the picture; an empty list says that it has none. */
  readonly boxes?: readonly Box[];
  /** Whatever else the source says. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** `dataset.json`. */
export interface DatasetManifest {
  /** The version of the folder's format. */
  readonly format: 1;
  readonly name: string;
  readonly licence: string;
  readonly privacy: Privacy;
  /** The folder that image paths start from: absolute, or relative to the dataset folder. */
  readonly imageRoot: string;
  /** The folder that mask paths start from, likewise; the image root where it is absent. */
  readonly maskRoot?: string;
  readonly task: readonly DatasetTask[];
  /** The names of classes or labels, in the order of a model's outputs. */
  readonly classes: readonly string[];
  /** Grey levels' mean and standard deviation, of [0, 1]. */
  readonly normalization?: { readonly mean: number; readonly std: number };
  /** The significant bits of 16-bit pictures. */
  readonly bitDepth?: number;
  /** What wrote the folder. */
  readonly importer: string;
  /** When, as an ISO 8601 date and time. */
  readonly created: string;
}

/** A line of `context.jsonl`: the distilled context of a report, and where it came from. */
export interface ContextRecord {
  readonly id: string;
  readonly context: string;
  /** SHA-256, in hex, of the report that it was written for. */
  readonly reportHash?: string;
  readonly [key: string]: unknown;
}

/** A line of `window.jsonl`. */
export interface WindowRecord extends WindowPosition {
  readonly id: string;
  /** The attention that the window was chosen by, see `encodeWindowMap`. */
  readonly map?: string;
  /** SHA-256, in hex, of the text that attended: the context, or the report where there is none. */
  readonly textHash?: string;
  readonly [key: string]: unknown;
}

const MAX_NAME = 512;

/**
 * Why a path cannot be an image of a dataset, or undefined when it can: it must be relative, inside the image root, and use
 * forward slashes.
 */
export function imagePathFault(path: string): string | undefined {
  if (path === "" || path.includes("\0")) return "expected a path relative to the image root";
  if (/^([\\/]|[A-Za-z]:)/.test(path)) return "expected a path relative to the image root";
  if (path.split(/[\\/]/).includes("..")) return 'expected a path without ".."';
  return undefined;
}

const imagePath = z.string().superRefine((path, context) => {
  const fault = imagePathFault(path);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

const identifier = z
  .string()
  .min(1)
  .max(MAX_NAME)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  .refine((id) => !/[\u0000-\u001f\u007f]/.test(id), "expected no control characters");

const name = z.string().min(1).max(MAX_NAME);

const boxSchema = z.strictObject({
  label: name,
  x: z.number(),
  y: z.number(),
  width: z.number().positive(),
  height: z.number().positive(),
});

const recordSchema = z
  .strictObject({
    id: identifier,
    image: imagePath.exactOptional(),
    split: z.enum(["train", "val", "test"]).exactOptional(),
    patient: identifier.exactOptional(),
    view: name.exactOptional(),
    report: z.string().exactOptional(),
    labels: z.record(name, z.literal([1, 0, -1])).exactOptional(),
    class: name.exactOptional(),
    masks: z.record(name, imagePath).exactOptional(),
    boxes: z.array(boxSchema).exactOptional(),
    meta: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .refine((record) => record.image !== undefined || record.report !== undefined, {
    message: "expected an image or a report",
  });

const manifestSchema = z.strictObject({
  format: z.literal(1),
  name,
  licence: z.string(),
  privacy: z.enum(["public", "private"]),
  imageRoot: z.string().min(1),
  maskRoot: z.string().min(1).exactOptional(),
  task: z.array(z.enum(["pretrain", "classify", "segment", "detect"])),
  classes: z.array(name),
  normalization: z.strictObject({ mean: z.number(), std: z.number().positive() }).exactOptional(),
  bitDepth: z.int().min(1).max(16).exactOptional(),
  importer: name,
  created: z.iso.datetime({ offset: true, error: "expected a date and time of ISO 8601" }),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 of 64 hexadecimal digits");
const contextSchema = z.looseObject({
  id: identifier,
  context: z.string(),
  reportHash: sha256.exactOptional(),
});
const corner = z.literal([0, 1, 2]);
const windowSchema = z.looseObject({
  id: identifier,
  row: corner,
  column: corner,
  map: z.string().regex(WINDOW_MAP_TEXT, "expected the base64 of 196 bytes").exactOptional(),
  textHash: sha256.exactOptional(),
});

const RECORD_KEYS = Object.keys(recordSchema.shape);
const MANIFEST_KEYS = Object.keys(manifestSchema.shape);

/** A line of `records.jsonl`. Throws `ManifestError` with `attempt`, such as `read "records.jsonl" line 812`. */
export function parseRecord(value: unknown, attempt: string): DatasetRecord {
  return parseWith(recordSchema, value, { attempt, keys: RECORD_KEYS });
}

/** `dataset.json`. Throws `ManifestError` with `attempt`. */
export function parseManifest(value: unknown, attempt: string): DatasetManifest {
  return parseWith(manifestSchema, value, { attempt, keys: MANIFEST_KEYS });
}

/** A line of `context.jsonl`. Throws `ManifestError` with `attempt`. */
export function parseContext(value: unknown, attempt: string): ContextRecord {
  return parseWith(contextSchema, value, { attempt, keys: ["id", "context"] });
}

/** A line of `window.jsonl`. Throws `ManifestError` with `attempt`. */
export function parseWindow(value: unknown, attempt: string): WindowRecord {
  return parseWith(windowSchema, value, { attempt, keys: ["id", "row", "column"] });
}
