/**
 * @file object-CXR lists: `image_name,annotation`, the objects between semicolons, each a kind and its coordinates in pixels:
 * `0 x1 y1 x2 y2` a rectangle, `1 x1 y1 x2 y2` an ellipse by its box, `2 x1 y1 x2 y2 …` a polygon. No annotation: no object
 * (https://jfhealthcare.github.io/object-CXR/).
 */
import { type ListText, listError, listRows } from "./list-text.ts";
import type { CornerBox } from "./rsna-list.ts";

/** How an object is outlined. */
export type ShapeKind = "rectangle" | "ellipse" | "polygon";

/** One object. */
export interface ObjectShape {
  readonly kind: ShapeKind;
  /** As the list has them: x1, y1, x2, y2 …; two opposite corners, or a polygon's. */
  readonly points: readonly number[];
  /** The box around it. */
  readonly corners: CornerBox;
}

/** One picture of an object-CXR list. */
export interface ObjectCxrRow {
  /** From 1. */
  readonly line: number;
  /** Relative to the folder of pictures. */
  readonly path: string;
  readonly shapes: readonly ObjectShape[];
}

/** By their numbers in the list. */
const KINDS: readonly ShapeKind[] = ["rectangle", "ellipse", "polygon"];

/** What the first column is called: in the files, and in the set's description. */
const PATH_COLUMNS = ["image_name", "image_path"] as const;

/**
 * Parses an object-CXR list.
 * @throws {ManifestError} naming the line, when a path is missing or an object is none
 */
export function parseObjectCxrList(list: ListText): readonly ObjectCxrRow[] {
  const [header = ""] = list.text.split(/\r\n|\n|\r/, 1);
  const pathColumn = PATH_COLUMNS.find((name) => header.includes(name)) ?? "image_name";
  return listRows(list, [pathColumn, "annotation"]).map(({ line, cell }) => {
    const path = cell(pathColumn);
    if (path === "")
      throw listError(list, line, `column "${pathColumn}" is empty, expected a path`);
    const objects = cell("annotation").split(";");
    const shapes = objects.flatMap((text, at) => {
      const words = text.trim();
      if (words === "") return [];
      const shape = shapeOf(words.split(/\s+/).map(Number));
      if (typeof shape !== "string") return [shape];
      throw listError(list, line, `its object ${at + 1} ${shape}`);
    });
    return { line, path, shapes };
  });
}

/** The shape that a kind and coordinates say, or what is wrong with them. */
function shapeOf([number, ...points]: readonly number[]): ObjectShape | string {
  const kind = KINDS[number ?? -1];
  if (kind === undefined) {
    return "is of an unknown kind, expected 0 (rectangle), 1 (ellipse) or 2 (polygon) before its coordinates";
  }
  if (!points.every(Number.isFinite)) return "has a coordinate that is no number";
  const fits =
    kind === "polygon" ? points.length >= 6 && points.length % 2 === 0 : points.length === 4;
  if (!fits) {
    const expected = kind === "polygon" ? "pairs of x and y, three or more" : "x1 y1 x2 y2";
    return `is a ${kind} of ${points.length} coordinates, expected ${expected}`;
  }
  if (kind !== "polygon") {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
    return { kind, points, corners: [x1, y1, x2, y2] };
  }
  const across = points.filter((_, i) => i % 2 === 0);
  const down = points.filter((_, i) => i % 2 === 1);
  const corners = [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)];
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners;
  return { kind, points, corners: [x1, y1, x2, y2] };
}
