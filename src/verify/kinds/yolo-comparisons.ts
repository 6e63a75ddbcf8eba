/** @file Targets and boxes of a `yolo-loss` fixture against ours. */
import { CLASS_PLANE, TARGET_PLANES } from "../../model/heads/detection-targets.ts";
import { decodeBoxes } from "../../tasks/detect/decode-boxes.ts";
import { type SuppressedBoxes, suppressBoxes } from "../../tasks/detect/suppress-boxes.ts";
import { type NdArray, ndArray, toDoubles } from "../../util/nd-array.ts";
import type { Fixture } from "../fixture.ts";
import type { Finding } from "../replay.ts";
import { compareExactly, compareTensor, countFinding, type Tolerance } from "../tolerance.ts";
import type { RecordedYolo } from "./yolo-record.ts";

/** Planes by their recorded names; the mask of assigned cells is the target of objectness too. */
const PLANES: Readonly<Record<string, keyof typeof TARGET_PLANES>> = {
  mask: "object",
  noobj: "noObject",
  tx: "x",
  ty: "y",
  tw: "width",
  th: "height",
  tconf: "object",
};

/** Where the objectness of a box stands, decoded or kept: behind four numbers of its place. */
const OBJECTNESS = 4;

/** Every plane of every scale, and how many cells are assigned and ignored. */
export async function compareTargets(
  fixture: Fixture,
  { targets, counts, tolerance }: RecordedYolo,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [k, target] of targets.entries()) {
    const [batch = 0, anchors = 0, , rows = 0, columns = 0] = target.shape;
    const cells = [batch, anchors, rows, columns];
    for (const [recorded, plane] of Object.entries(PLANES)) {
      const name = `out/${k}/${recorded}`;
      const got = ndArray("f32", cells, planeOf(target, TARGET_PLANES[plane]));
      findings.push(
        ...compareTensor({ name, got, expected: await fixture.tensor(name), tolerance }),
      );
    }
    const name = `out/${k}/tcls`;
    const expected = await fixture.tensor(name);
    findings.push(...compareTensor({ name, got: classesOf(target), expected, tolerance }));
  }
  const count = (plane: number, value: number): readonly number[] =>
    targets.map((target) => planeOf(target, plane).filter((each) => each === value).length);
  const { object, noObject } = TARGET_PLANES;
  return [
    ...findings,
    compareExactly({ name: "objects", got: count(object, 1), expected: counts.objects }),
    compareExactly({ name: "ignored", got: count(noObject, 0), expected: counts.ignored }),
  ];
}

/** A plane of targets [B, A, planes, g, g], as [B, A, g, g]. */
function planeOf({ shape, data }: NdArray, plane: number): number[] {
  const [batch = 0, anchors = 0, planes = 0, rows = 0, columns = 0] = shape;
  const cells = rows * columns;
  return Array.from({ length: batch * anchors * cells }, (_, i) => {
    const each = Math.floor(i / cells);
    return Number(data[(each * planes + plane) * cells + (i % cells)]);
  });
}

/** The planes of the classes, [B, A, g, g, C] as they are recorded. */
function classesOf(target: NdArray): NdArray {
  const [batch = 0, anchors = 0, planes = 0, rows = 0, columns = 0] = target.shape;
  const classes = Array.from({ length: planes - CLASS_PLANE }, (_, each) =>
    planeOf(target, CLASS_PLANE + each),
  );
  const cells = Array.from({ length: batch * anchors * rows * columns }, (_, cell) => cell);
  const values = cells.flatMap((cell) => classes.map((plane) => plane[cell] ?? Number.NaN));
  return ndArray("f32", [batch, anchors, rows, columns, classes.length], values);
}

/** Decoded boxes of every scale, and those that stay of every image. */
export async function compareBoxes(
  fixture: Fixture,
  recorded: RecordedYolo,
): Promise<readonly Finding[]> {
  const { logits, anchors, imageSize, counts, confThreshold, tolerance } = recorded;
  const findings: Finding[] = [];
  const scales = logits.map((map, k) => decodeBoxes(map, { anchors: anchors[k] ?? [], imageSize }));
  for (const [k, got] of scales.entries()) {
    const name = `out/${k}/decoded`;
    findings.push(...compareRows(name, got, await fixture.tensor(name), tolerance));
  }
  const candidates: number[] = [];
  for (const image of counts.kept.keys()) {
    const decoded = rowsOf(scales, image);
    const sure = decoded.filter((row) => (row[OBJECTNESS] ?? 0) >= confThreshold);
    candidates.push(sure.length);
    findings.push(...(await compareKept(fixture, recorded, { name: `nms/${image}`, decoded })));
  }
  findings.push(
    compareExactly({ name: "candidates", got: candidates, expected: counts.candidates }),
  );
  if (!fixture.tensorNames.includes("in/nms-ties")) return findings;
  const decoded = rowsOf([await fixture.tensor("in/nms-ties")], 0);
  return [...findings, ...(await compareKept(fixture, recorded, { name: "nms-ties", decoded }))];
}

/** The rows of one image, [boxes, numbers], of several scales one after another. */
function rowsOf(scales: readonly NdArray[], image: number): readonly Float64Array[] {
  return scales.flatMap((scale) => {
    const [, boxes = 0, numbers = 0] = scale.shape;
    const values = toDoubles(scale);
    return Array.from({ length: boxes }, (_, box) => {
      const from = (image * boxes + box) * numbers;
      return values.subarray(from, from + numbers);
    });
  });
}

async function compareKept(
  fixture: Fixture,
  { confThreshold, nmsThreshold, tolerance }: RecordedYolo,
  { name, decoded }: { readonly name: string; readonly decoded: readonly Float64Array[] },
): Promise<readonly Finding[]> {
  const numbers = decoded[0]?.length ?? 0;
  const all = Float64Array.from(decoded.flatMap((row) => Array.from(row)));
  const options = { minObjectness: confThreshold, maxOverlap: nmsThreshold };
  const got = recordedForm(suppressBoxes(all, numbers, options));
  const expected = await fixture.tensor(`out/${name}`);
  const different = Math.abs((got.shape[0] ?? 0) - (expected.shape[0] ?? 0));
  const count = countFinding(`kept/${name}`, different);
  return different > 0 ? [count] : [count, ...compareRows(`out/${name}`, got, expected, tolerance)];
}

/** [boxes, 7]: corners, objectness, the class's probability, the class. */
function recordedForm({ boxes, scores, labels, probabilities }: SuppressedBoxes): NdArray {
  const rows = Array.from(scores, (score, i) => [
    ...boxes.subarray(4 * i, 4 * i + 4),
    ...[score, probabilities[i] ?? Number.NaN, labels[i] ?? Number.NaN],
  ]);
  return ndArray("f64", [rows.length, 7], rows.flat());
}

/** Rows of numbers of boxes: all of it, and the objectness by itself, whose error the pixels would hide. */
function compareRows(
  name: string,
  got: NdArray,
  expected: NdArray,
  tolerance: Tolerance,
): readonly Finding[] {
  const sure = compareTensor({
    ...{ name: `${name} (objectness)`, tolerance },
    got: objectnessOf(got),
    expected: objectnessOf(expected),
  });
  return [...compareTensor({ name, got, expected, tolerance }), ...sure];
}

function objectnessOf(rows: NdArray): NdArray {
  const numbers = rows.shape.at(-1) ?? 0;
  const values = toDoubles(rows).filter((_, i) => i % numbers === OBJECTNESS);
  return ndArray("f64", [values.length], Array.from(values));
}
