/**
 * @file What the cells of a detector should say (SPEC 4.3): every box is given to one anchor of one cell at each scale. Built on the
 * host, by one walk over the boxes of a batch; the graph only reads the result.
 */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, type NdArray, type Shape, zeros } from "../../util/nd-array.ts";
import type { Anchor } from "./detection-anchors.ts";

/** Numbers of a box: class, centre x, centre y, width, height; all but the class relative to the image. */
export const BOX_COLUMNS = 5;

/** The planes of an anchor's targets that stand before one for each class. */
export const TARGET_PLANES = {
  /** 1 where a box is assigned: the target of the objectness too. */
  object: 0,
  /** 1 where nothing should be found; so it stays at an assigned anchor that is far from its box's shape. */
  noObject: 1,
  /** The centre's place in its cell, in [0, 1]. */
  x: 2,
  y: 3,
  /** ln of the box's side as a multiple of the anchor's. */
  width: 4,
  height: 5,
} as const;

/** Planes before those of the classes. */
export const CLASS_PLANE: number = Object.keys(TARGET_PLANES).length;

/** What targets are built for. */
export interface TargetOptions {
  /** Of each scale, in pixels of the image. */
  readonly anchors: readonly (readonly Anchor[])[];
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  /** Cells along a side, of each scale. */
  readonly grids: readonly number[];
  readonly classes: number;
  /** An anchor that overlaps a box by more is not told, in the box's cell, that nothing is there. Default 0.5. */
  readonly ignoreThreshold?: number;
}

const IGNORE_THRESHOLD = 0.5;
/** Keeps a logarithm finite, as in the published program. */
const TINY = 1e-16;

/** The shape of each scale's targets: `[batch, anchors, 6 + classes, cells, cells]`. */
export function targetShapes(
  batch: number,
  { anchors, grids, classes }: Pick<TargetOptions, "anchors" | "grids" | "classes">,
): readonly Shape[] {
  return grids.map((grid, k) => [
    batch,
    anchors[k]?.length ?? 0,
    CLASS_PLANE + classes,
    grid,
    grid,
  ]);
}

/** A box of a batch. */
interface Box {
  /** Its number in the batch. */
  readonly image: number;
  readonly label: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Builds the targets of a batch, an array for each scale in the form of `targetShapes`. A box that falls to the anchor and cell of an
 * earlier one takes its place, and adds its class. A centre on the right or lower edge belongs to the last cell.
 *
 * @param boxes f32 `[batch, boxes, 5]`: class, centre x, centre y, width, height; rows of zeros are no boxes
 * @throws {ShapeError} when boxes or scales have another form
 * @throws {RangeError} naming the image and the row, when a box has its centre outside of the image, no area, or no known class
 */
export function detectionTargets(
  boxes: NdArray<"f32">,
  options: TargetOptions,
): readonly NdArray<"f32">[] {
  requireForm(boxes, options);
  const found = boxesOf(boxes, options.classes);
  const [batch = 0] = boxes.shape;
  return targetShapes(batch, options).map((shape, k) => {
    const targets = zeros("f32", shape);
    const scale = { targets, anchors: options.anchors[k] ?? [], options };
    fillPlane(scale, TARGET_PLANES.noObject);
    for (const box of found) assign(scale, box);
    return targets;
  });
}

/** A scale whose targets are being built. */
interface Scale {
  readonly targets: NdArray<"f32">;
  readonly anchors: readonly Anchor[];
  readonly options: TargetOptions;
}

function fillPlane({ targets: { shape, data } }: Scale, plane: number): void {
  const [batch = 0, anchors = 0, planes = 0, rows = 0, columns = 0] = shape;
  const cells = rows * columns;
  for (let each = 0; each < batch * anchors; each++) {
    const from = (each * planes + plane) * cells;
    data.fill(1, from, from + cells);
  }
}

function assign({ targets, anchors, options }: Scale, box: Box): void {
  const [, , planes = 0, grid = 0] = targets.shape;
  const [x, y] = [box.x * grid, box.y * grid];
  const [width, height] = [box.width * grid, box.height * grid]; // in cells
  const [column, row] = [Math.min(Math.floor(x), grid - 1), Math.min(Math.floor(y), grid - 1)];
  const write = (anchor: number, plane: number, value: number): void => {
    const cell = ((box.image * anchors.length + anchor) * planes + plane) * grid + row;
    targets.data[cell * grid + column] = value;
  };
  const stride = options.imageSize / grid;
  const overlaps = anchors.map(([w, h]) => sizeOverlap([width, height], [w / stride, h / stride]));
  for (const [anchor, overlap] of overlaps.entries()) {
    if (overlap > (options.ignoreThreshold ?? IGNORE_THRESHOLD))
      write(anchor, TARGET_PLANES.noObject, 0);
  }
  const best = overlaps.indexOf(Math.max(...overlaps)); // the first of equals
  const [anchorWidth = 0, anchorHeight = 0] = anchors[best] ?? [];
  write(best, TARGET_PLANES.object, 1);
  write(best, TARGET_PLANES.x, x - column);
  write(best, TARGET_PLANES.y, y - row);
  write(best, TARGET_PLANES.width, Math.log((width * stride) / anchorWidth + TINY));
  write(best, TARGET_PLANES.height, Math.log((height * stride) / anchorHeight + TINY));
  write(best, CLASS_PLANE + box.label, 1);
}

/** Intersection over union of two boxes at one corner, in cells; a cell is added to every side, as between first and last pixels. */
function sizeOverlap([w, h]: Anchor, [v, g]: Anchor): number {
  const both = (Math.min(w, v) + 1) * (Math.min(h, g) + 1);
  return both / ((w + 1) * (h + 1) + (v + 1) * (g + 1) - both);
}

function boxesOf({ shape, data }: NdArray<"f32">, classes: number): readonly Box[] {
  const [batch = 0, rows = 0] = shape;
  const boxes: Box[] = [];
  for (let at = 0; at < batch * rows; at++) {
    const row = data.subarray(at * BOX_COLUMNS, (at + 1) * BOX_COLUMNS);
    if (row.every((value) => value === 0)) continue;
    const [label = 0, x = 0, y = 0, width = 0, height = 0] = row;
    const isKnown = Number.isInteger(label) && label >= 0 && label < classes;
    const isInside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    const hasArea = width > 0 && height > 0 && Number.isFinite(width * height);
    if (!isKnown || !isInside || !hasArea) {
      throw new RangeError(
        `Cannot build targets of box ${at % rows} of image ${Math.floor(at / rows)}: found [${row.join(", ")}], expected a class in 0 ... ${classes - 1}, a centre in [0, 1] and a width and a height above 0`,
      );
    }
    boxes.push({ image: Math.floor(at / rows), label, x, y, width, height });
  }
  return boxes;
}

function requireForm({ shape, dtype }: NdArray<"f32">, { anchors, grids }: TargetOptions): void {
  if (shape.length !== 3 || shape[2] !== BOX_COLUMNS) {
    throw new ShapeError(
      `Cannot build targets of boxes ${describeShape({ dtype, shape })}: expected f32[batch, boxes, ${BOX_COLUMNS}]`,
    );
  }
  if (anchors.length !== grids.length || anchors.some(({ length }) => length === 0)) {
    throw new ShapeError(
      `Cannot build targets of ${grids.length} scales: anchors of ${anchors.length} are given (${anchors.map(({ length }) => length).join(", ")}), at least one is expected for each`,
    );
  }
}
