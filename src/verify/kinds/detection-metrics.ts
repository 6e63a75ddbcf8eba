/** @file Replays the `detection-metrics` fixture: mean average precision of recorded boxes, and from a detector's numbers to it. */
import { z } from "zod";
import type { DetectionImage, LabelledBoxes } from "../../metrics/boxes.ts";
import { meanAveragePrecision, type PrecisionOptions } from "../../metrics/detection-precision.ts";
import { detectionAnchors } from "../../model/heads/detection-anchors.ts";
import { decodeBoxes } from "../../tasks/detect/decode-boxes.ts";
import { type SuppressOptions, suppressBoxes } from "../../tasks/detect/suppress-boxes.ts";
import { type NdArray, ndArray, toDoubles } from "../../util/nd-array.ts";
import { type Fixture, fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import {
  compareExactly,
  compareScalar,
  type Tolerance,
  toleranceSchema,
  worstFinding,
} from "../tolerance.ts";

const fixtureSchema = z.object({
  recordedWith: z.looseObject({ torchmetrics: z.string(), torchmetrics_pinned: z.string() }),
  config: z.object({
    iouThresholds: z.array(z.number()).min(1),
    maxDetections: z.int(),
    confThreshold: z.number(),
    nmsThreshold: z.number(),
  }),
  expect: z.looseObject({ validDetections: z.array(z.int()) }),
  tolerance: toleranceSchema,
});

const figuresSchema = z.object({
  map: z.number(),
  mapFiltered: z.number(),
  perThreshold: z.array(z.number()),
  perThresholdFiltered: z.array(z.number()),
});

const rows = (length: number) => z.array(z.array(z.array(z.number()).length(length)));
const caseSchema = z.looseObject({ name: z.string(), predictions: rows(6), targets: rows(5) });
const validSchema = z.array(z.object({ batchSize: z.int(), map: z.number() })).min(1);

/** One of the programs that computed the recorded figures, and how we compute as it does. */
interface Program {
  /** `torchmetrics_…`, the key of its figures. */
  readonly key: string;
  readonly options: PrecisionOptions;
}

interface Context {
  readonly programs: readonly Program[];
  readonly iouThresholds: readonly number[];
  readonly tolerance: Tolerance;
}

/** Recomputes every case, and the recorded validation. */
export const replayDetectionMetrics: Replay = async (fixture) => {
  const { recordedWith, config, expect, tolerance } = fixtureFields(fixture, fixtureSchema);
  const thresholds = toDoubles(await fixture.tensor("in/recallThresholds"));
  const { iouThresholds, maxDetections } = config;
  // The pinned one filters by itself, wants more than the threshold, and computes recalls in f32.
  const programs: readonly Program[] = [
    {
      key: `torchmetrics_${recordedWith.torchmetrics_pinned}`,
      options: {
        ...{ maxDetections, strict: true, filtered: true },
        recalls: { thresholds, round: Math.fround },
      },
    },
    {
      key: `torchmetrics_${recordedWith.torchmetrics}`,
      options: { maxDetections, recalls: { thresholds } },
    },
  ];
  const context = { programs, iouThresholds, tolerance };
  const cases = await fixtureCases(fixture, caseSchema);
  const suppression = { minObjectness: config.confThreshold, maxOverlap: config.nmsThreshold };
  return [
    ...cases.flatMap((recorded) => caseFindings(recorded, context)),
    ...validFindings(await validImages(fixture, suppression), expect, context),
  ];
};

function caseFindings(
  recorded: z.infer<typeof caseSchema>,
  { programs, iouThresholds, tolerance }: Context,
): readonly Finding[] {
  const images = recorded.predictions.map((predictions, i): DetectionImage => {
    const found = boxesOf(predictions, 5);
    return {
      found: { ...found, scores: predictions.map(([, , , , score = Number.NaN]) => score) },
      truth: boxesOf(recorded.targets[i] ?? [], 4),
    };
  });
  return programs.flatMap(({ key, options }) => {
    const expected = figuresSchema.parse(recorded[key]);
    const name = `${recorded.name} (${key})`;
    const figure = (more: PrecisionOptions, value: number): Finding =>
      compareScalar({
        ...{ name, expected: value, tolerance },
        got: meanAveragePrecision(images, { ...options, ...more }) ?? NOTHING,
      });
    const apart = iouThresholds.flatMap((threshold, t) => [
      figure({ iouThresholds: [threshold] }, expected.perThreshold[t] ?? Number.NaN),
      figure(
        { iouThresholds: [threshold], filtered: true },
        expected.perThresholdFiltered[t] ?? Number.NaN,
      ),
    ]);
    const together = [
      figure({ iouThresholds }, expected.map),
      figure({ iouThresholds, filtered: true }, expected.mapFiltered),
    ];
    return [worstFinding([...together, ...apart])];
  });
}

/** What is recorded where there is nothing to measure. */
const NOTHING = -1;

/** Rows of corners, with the class in the column of that number. */
function boxesOf(list: readonly (readonly number[])[], labelColumn: number): LabelledBoxes {
  return {
    boxes: list.flatMap((row) => row.slice(0, 4)),
    labels: list.map((row) => row[labelColumn] ?? Number.NaN),
  };
}

/** Pixels of a cell of the coarsest scale. */
const COARSEST_STRIDE = 32;

async function validImages(
  fixture: Fixture,
  suppression: SuppressOptions,
): Promise<readonly DetectionImage[]> {
  const labels = await fixture.tensor("in/valid/labels");
  const scales = await Promise.all([0, 1, 2].map((k) => fixture.tensor(`in/valid/logits${k}`)));
  const imageSize = COARSEST_STRIDE * (scales[0]?.shape[3] ?? 0);
  const anchors = detectionAnchors(imageSize);
  const decoded = scales.map(({ shape, data }, k) =>
    decodeBoxes(ndArray("f32", shape, Array.from(data, Number)), {
      ...{ anchors: anchors[k] ?? [], imageSize },
    }),
  );
  const [batch = 0] = labels.shape;
  return Array.from({ length: batch }, (_, image) => {
    const candidates = decoded.flatMap((scale) => Array.from(partOf(scale, image)));
    const numbers = decoded[0]?.shape[2] ?? 0;
    return {
      found: suppressBoxes(Float64Array.from(candidates), numbers, suppression),
      truth: trueBoxes(partOf(labels, image), imageSize),
    };
  });
}

function partOf(array: NdArray, image: number): Float64Array {
  const values = toDoubles(array);
  const length = values.length / (array.shape[0] ?? 1);
  return values.subarray(image * length, (image + 1) * length);
}

/** Rows of class, centre and size, relative to the image; rows that sum to 0 are no boxes. */
function trueBoxes(labels: Float64Array, imageSize: number): LabelledBoxes {
  const boxes: number[] = [];
  const classes: number[] = [];
  for (let at = 0; at < labels.length; at += 5) {
    const [label = 0, x = 0, y = 0, width = 0, height = 0] = labels.subarray(at, at + 5);
    if (label + x + y + width + height === 0) continue;
    const corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    boxes.push(...corners.map((corner) => corner * imageSize));
    classes.push(label);
  }
  return { boxes, labels: classes };
}

function validFindings(
  images: readonly DetectionImage[],
  expect: z.infer<typeof fixtureSchema>["expect"],
  { programs, iouThresholds, tolerance }: Context,
): readonly Finding[] {
  const counts = images.map(({ found }) => found.labels.length);
  return [
    compareExactly({ name: "validDetections", got: counts, expected: expect.validDetections }),
    ...programs.map(({ key, options }) => {
      const name = `valid_${key}`;
      // The recorded validation filters before either program sees the images.
      const got = meanAveragePrecision(images, { ...options, iouThresholds, filtered: true });
      return worstFinding(
        validSchema
          .parse(expect[name])
          .map(({ map }) => compareScalar({ name, got: got ?? NOTHING, expected: map, tolerance })),
      );
    }),
  ];
}
