import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../../test/check-gradients.ts";
import { assertClose } from "../../../test/close.ts";
import { type Draw, normal } from "../../../test/draw.ts";
import { build, read, sum, type Values } from "../../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../../test/trace-layer.ts";
import { gradients } from "../../engine/grad.ts";
import { buildGraph } from "../../engine/graph.ts";
import { Program } from "../../engine/runtime/program.ts";
import { input, type Tensor } from "../../engine/tensor.ts";
import { ShapeError } from "../../util/errors.ts";
import { ndArray, zeros } from "../../util/nd-array.ts";
import { type DetectionTerms, detectionLoss } from "./detection-loss.ts";
import { detectionTargets, type TargetOptions, targetShapes } from "./detection-targets.ts";

const OPTIONS: TargetOptions = {
  anchors: [
    [
      [20, 20],
      [9, 30],
    ],
    [
      [8, 8],
      [5, 12],
    ],
  ],
  imageSize: 32,
  grids: [2, 4],
  classes: 3,
};
/** Two boxes in one picture, of different classes, and one in the other; the third row is none. */
const BOXES = ndArray(
  "f32",
  [2, 3, 5],
  [
    [2, 0.3, 0.4, 0.5, 0.6],
    [0, 0.8, 0.1, 0.2, 0.3],
    [0, 0, 0, 0, 0],
    [1, 0.6, 0.9, 0.9, 0.8],
    [0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ].flat(),
);
const TARGETS = detectionTargets(BOXES, OPTIONS);
const MAP_SHAPES = OPTIONS.grids.map((grid) => [2, 2 * (5 + OPTIONS.classes), grid, grid]);
const TERMS = ["loss", "x", "y", "width", "height", "objectness", "classes"] as const;

const given =
  (k: number): Draw =>
  () =>
    TARGETS[k] ?? zeros("f32", []);

/** Outputs: the total, then the terms of the first scale and of the second. */
const layer: TracedLayer = traceLayer(
  (_, { map0, map1, targets0, targets1 }) => {
    const { total, scales } = detectionLoss([map0, map1], [targets0, targets1]);
    return [total, ...scales.flatMap((scale) => TERMS.map((term) => scale[term]))];
  },
  {
    ...{ map0: normal(...(MAP_SHAPES[0] ?? [])), map1: normal(...(MAP_SHAPES[1] ?? [])) },
    ...{ targets0: given(0), targets1: given(1) },
  },
);

/** The terms of a scale by their definitions, masked numbers first: BCE and squares of what the mask leaves, averaged over everything. */
function termsOf(k: number): Record<keyof DetectionTerms, number> {
  const [map, targets] = [layer.value(`map${k}`), layer.value(`targets${k}`)];
  const [batch = 0, anchors = 0, , grid = 0] = targets.shape;
  const numbers = 5 + OPTIONS.classes;
  const cells = batch * anchors * grid * grid;
  /** The mean over all cells of f(logit, planes). */
  const mean = (number: number, f: (logit: number, plane: (p: number) => number) => number) =>
    sum(cells, (i) => {
      const [column, row] = [i % grid, Math.floor(i / grid) % grid];
      const anchor = Math.floor(i / (grid * grid)) % anchors;
      const image = Math.floor(i / (grid * grid * anchors));
      const logit = read(map, [image, anchor * numbers + number, row, column]);
      return f(logit, (plane) => read(targets, [image, anchor, plane, row, column]));
    }) / cells;
  const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
  const bce = (p: number, t: number): number =>
    -t * Math.max(Math.log(p), -100) - (1 - t) * Math.max(Math.log(1 - p), -100);
  const place = (number: number, plane: number): number =>
    mean(number, (logit, of) => bce(sigmoid(logit) * of(0), of(plane) * of(0)));
  const side = (number: number, plane: number): number =>
    mean(number, (logit, of) => (logit * of(0) - of(plane) * of(0)) ** 2);
  const terms = {
    ...{ x: place(0, 2), y: place(1, 3), width: side(2, 4), height: side(3, 5) },
    objectness:
      mean(4, (logit, of) => bce(sigmoid(logit) * of(0), of(0))) +
      0.5 * mean(4, (logit, of) => bce(sigmoid(logit) * of(1), 0)),
    classes: sum(OPTIONS.classes, (c) => place(5 + c, 6 + c)) / OPTIONS.classes,
  };
  const { x, y, width, height, objectness, classes } = terms;
  return { ...terms, loss: 2.5 * (x + y) + 2.5 * (width + height) + objectness + classes };
}

const number = (value: number): Values => build([], () => value);

describe("detectionLoss()", () => {
  test("has every term of every scale as it is defined, and their sum", () => {
    const scales = [termsOf(0), termsOf(1)];
    for (const [k, terms] of scales.entries()) {
      for (const [i, term] of TERMS.entries()) {
        const actual = layer.output(1 + k * TERMS.length + i);
        const what = `${term} of scale ${k}`;
        assertClose({ what, actual, expected: number(terms[term]), tolerance: 1e-7 });
        assert.ok(terms[term] > 0.001, `${what} is ${terms[term]}: nothing is tested`);
      }
    }
    const total = scales.reduce((all, { loss }) => all + loss, 0);
    assertClose({
      what: "total",
      actual: layer.output(),
      expected: number(total),
      tolerance: 1e-7,
    });
  });

  test("has the gradients of the maps that finite differences have", () => {
    const { arrays, inputs, outputs } = layer;
    const maps = new Map([...inputs].filter(([name]) => name.startsWith("map")));
    checkTracedGradients({ inputs: maps, arrays, outputs: outputs.slice(0, 1) });
  });

  test("is finite, with its gradient, at logits far out, and NaN at one NaN", async () => {
    const { loss, gradient } = await compute((i) => (i % 2 === 0 ? 300 : -300));
    assert.ok(Number.isFinite(loss) && loss > 100, `${loss}`);
    assert.ok(gradient.every(Number.isFinite));
    const broken = await compute((i) => (i === 4 * 4 ? Number.NaN : 0));
    assert.ok(Number.isNaN(broken.loss));
    const masked = await compute((i) => (i === 0 ? Number.NaN : 0)); // in a cell without a box
    assert.ok(Number.isNaN(masked.loss));
  });

  test("pushes nothing but objectness where no box is", async () => {
    const [shape = []] = targetShapes(1, OPTIONS);
    const [, channels = 0, grid = 0] = MAP_SHAPES[0] ?? [];
    const nothing = detectionTargets(zeros("f32", [1, 1, 5]), OPTIONS)[0];
    assert.ok(nothing);
    const map = input("map", "f32", [1, channels, grid, grid]);
    const { total } = detectionLoss([map], [input("targets", "f32", shape)]);
    const found = await run(total, map, [
      [
        "map",
        ndArray(
          "f32",
          map.shape,
          Array.from({ length: channels * grid * grid }, () => 1),
        ),
      ],
      ["targets", nothing],
    ]);
    const pushed = found.gradient.flatMap((each, i) =>
      each === 0 ? [] : [Math.floor(i / (grid * grid)) % (5 + OPTIONS.classes)],
    );
    assert.deepEqual([...new Set(pushed)], [4]);
    assert.equal(pushed.length, 2 * grid * grid);
  });

  test("refuses maps and targets that do not fit", () => {
    const [map = [], targets = []] = [MAP_SHAPES[0], targetShapes(2, OPTIONS)[0]];
    const lossOf = (maps: readonly (readonly number[])[], wanted: readonly (readonly number[])[]) =>
      detectionLoss(
        maps.map((shape, k) => input(`map${k}`, "f32", shape)),
        wanted.map((shape, k) => input(`targets${k}`, "f32", shape)),
      );
    assert.throws(() => lossOf([], []), ShapeError);
    assert.throws(() => lossOf([map, map], [targets]), ShapeError);
    assert.throws(() => lossOf([[2, 14, 2, 2]], [targets]), /expected \[batch, anchors x \(5/);
    assert.throws(() => lossOf([[2, 16, 4, 4]], [targets]), ShapeError);
    assert.throws(() => lossOf([[2, 10, 2, 2]], [[2, 2, 6, 2, 2]]), ShapeError);
  });
});

/** Loss and gradient of the first scale, at logits by their position. */
async function compute(
  logitAt: (i: number) => number,
): Promise<{ readonly loss: number; readonly gradient: readonly number[] }> {
  const [shape = []] = MAP_SHAPES;
  const map = input("map", "f32", shape);
  const targets = input("targets", "f32", targetShapes(2, OPTIONS)[0] ?? []);
  const logits = zeros("f32", shape);
  return run(detectionLoss([map], [targets]).total, map, [
    ["map", { ...logits, data: logits.data.map((_, i) => logitAt(i)) }],
    ["targets", TARGETS[0] ?? logits],
  ]);
}

async function run(
  loss: Tensor,
  map: Tensor,
  feeds: readonly (readonly [string, ReturnType<typeof ndArray>])[],
): Promise<{ readonly loss: number; readonly gradient: readonly number[] }> {
  const [gradient] = gradients(loss, [map]);
  assert.ok(gradient);
  const device = { provider: "cpu", threads: 1 };
  await using program = await Program.compile(buildGraph({ loss, gradient }), device);
  const results = await program.run(new Map(feeds));
  const numbersOf = (name: string): number[] => Array.from(results.get(name)?.data ?? [], Number);
  return { loss: numbersOf("loss")[0] ?? 0, gradient: numbersOf("gradient") };
}
