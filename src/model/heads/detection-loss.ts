/** @file What a detector minimises (SPEC 4.3; Redmon and Farhadi 2018): places, sizes, objectness and classes of its cells. */
import { add, mul } from "../../engine/ops/elementwise.ts";
import { reshape, split } from "../../engine/ops/layout.ts";
import { reduceMean } from "../../engine/ops/reduce.ts";
import { scalar, type Tensor } from "../../engine/tensor.ts";
import { clippedCrossEntropy } from "../../nn/clipped-cross-entropy.ts";
import { maskedSquareMean } from "../../nn/losses.ts";
import { ShapeError } from "../../util/errors.ts";
import { describeShape } from "../../util/nd-array.ts";
import { BOX_COLUMNS, CLASS_PLANE } from "./detection-targets.ts";

/** Scalars of one scale; the terms are not weighted yet, but that `objectness` holds its part of empty cells at half. */
export interface DetectionTerms {
  /** 2.5·(x + y) + 2.5·(width + height) + objectness + classes */
  readonly loss: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly width: Tensor;
  readonly height: Tensor;
  readonly objectness: Tensor;
  readonly classes: Tensor;
}

/** The loss of a detector. */
export interface DetectionLoss {
  /** The sum over the scales. */
  readonly total: Tensor;
  readonly scales: readonly DetectionTerms[];
}

const PLACE_WEIGHT = 2.5;
const SIZE_WEIGHT = 2.5;
const EMPTY_WEIGHT = 0.5;

/**
 * The loss of raw maps, each `[B, anchors · (5 + classes), cells, cells]`. Every term is a mean over all cells of the batch, those that do
 * not count as zeros.
 *
 * @param targets of each scale, as `detectionTargets` builds them: `[B, anchors, 6 + classes, cells, cells]`
 * @throws {ShapeError} when maps and targets do not fit
 */
export function detectionLoss(maps: readonly Tensor[], targets: readonly Tensor[]): DetectionLoss {
  if (maps.length !== targets.length || maps.length === 0) {
    throw new ShapeError(
      `Cannot compare ${maps.length} maps of a detector with targets of ${targets.length} scales`,
    );
  }
  const scales = maps.map((map, k) => scaleLoss(map, targets[k] ?? map));
  return { total: scales.map(({ loss }) => loss).reduce(add), scales };
}

/** One scale. Planes are [B, A, 1, g, g], those of the classes [B, A, C, g, g]. */
function scaleLoss(map: Tensor, targets: Tensor): DetectionTerms {
  const planes = planesOf(map, targets);
  const [x = map, y = map, width = map, height = map, objectness = map, classes = map] = planes.map;
  const [object = map, noObject = map, tx = map, ty = map, tw = map, th = map, labels = map] =
    planes.targets;
  const where = (mask: Tensor, logits: Tensor, target: Tensor): Tensor =>
    reduceMean(mul(mask, clippedCrossEntropy(logits, target)));
  const assigned = { mask: object, over: "all" } as const;
  const terms = {
    x: where(object, x, tx),
    y: where(object, y, ty),
    width: maskedSquareMean(width, tw, assigned),
    height: maskedSquareMean(height, th, assigned),
    objectness: add(
      where(object, objectness, object),
      mul(scalar(EMPTY_WEIGHT), where(noObject, objectness, scalar(0))),
    ),
    classes: where(object, classes, labels),
  };
  const places = mul(scalar(PLACE_WEIGHT), add(terms.x, terms.y));
  const sizes = mul(scalar(SIZE_WEIGHT), add(terms.width, terms.height));
  return { loss: [places, sizes, terms.objectness, terms.classes].reduce(add), ...terms };
}

function planesOf(
  map: Tensor,
  targets: Tensor,
): { readonly map: readonly Tensor[]; readonly targets: readonly Tensor[] } {
  const [batch = 0, anchors = 0, planes = 0, rows = 0, columns = 0] = targets.shape;
  const classes = planes - CLASS_PLANE;
  const expected = [batch, anchors * (BOX_COLUMNS + classes), rows, columns];
  if (classes < 1 || map.shape.join() !== expected.join()) {
    throw new ShapeError(
      `Cannot compare the map ${describeShape(map)} of a detector with targets ${describeShape(targets)}: expected [batch, anchors x (5 + classes), cells, cells] and [batch, anchors, 6 + classes, cells, cells]`,
    );
  }
  const numbers = reshape(map, [batch, anchors, BOX_COLUMNS + classes, rows, columns]);
  const ones = (count: number): readonly number[] => Array.from({ length: count }, () => 1);
  return {
    map: split(numbers, [...ones(BOX_COLUMNS), classes], 2),
    targets: split(targets, [...ones(CLASS_PLANE), classes], 2),
  };
}
