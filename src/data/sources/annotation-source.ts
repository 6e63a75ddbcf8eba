/** @file What an importer of masks or boxes says of its set: how its lists are read, and what a line says of its picture. */
import type { Mask } from "../../image/mask.ts";
import type { PixelSize } from "../../image/raster.ts";
import type { ListText } from "../lists/list-text.ts";
import type { DatasetRecord, DatasetTask, Split } from "../record.ts";
import type { RepairCounts } from "../repairs.ts";

/** What is wrong and could be mended at a price: an error, or mended and counted. */
export type Mending = "error" | "repair";

/** A line of a list, or several of one picture. */
export interface ListedPicture {
  /** From 1; the first one of several. */
  readonly line: number;
}

/** The rows of a list that are imported. */
export interface ChosenRows<Row> {
  readonly rows: readonly Row[];
  /** How many more the list has, which are left out on purpose. */
  readonly leftOut: number;
}

/** A picture that was found. */
export interface FoundPicture {
  /** Its size in pixels of its file. */
  readonly size: PixelSize;
  /** The absolute path of another file in the folder of pictures; an error where it is not there. */
  readonly locate: (paths: readonly string[]) => Promise<string>;
}

/** What a line says of its picture. */
export interface Annotation extends Pick<DatasetRecord, "labels" | "boxes" | "meta"> {
  /** Masks of the picture's size, to be written into the dataset's folder. */
  readonly masks?: Readonly<Record<string, Mask>>;
  readonly repairs: RepairCounts;
}

/** A set whose lists say where something is. */
export interface AnnotationSource<Row extends ListedPicture> {
  /** The importer's name. */
  readonly name: string;
  readonly task: readonly DatasetTask[];
  readonly classes: readonly string[];
  /** Reads the list of a split. */
  readonly read: (list: ListText, split: Split) => ChosenRows<Row>;
  /** Where the picture may be, relative to the folder of pictures: the first that is there is taken. */
  readonly pathsOf: (row: Row) => readonly [string, ...string[]];
  /** What a row says, to find rows of one picture that contradict each other. */
  readonly saying: (row: Row) => string;
  /** What is said of a picture. Throws `EcampError`s whose messages are the end of a sentence about the line. */
  readonly annotate: (row: Row, picture: FoundPicture) => Annotation | Promise<Annotation>;
}
