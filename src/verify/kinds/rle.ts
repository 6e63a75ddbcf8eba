/** @file Replays the `rle` fixture: SIIM run lengths and RSNA boxes as masks (SPEC 4.2). */
import { z } from "zod";
import { type Mask, maskArea, maskOfBoxes } from "../../image/mask.ts";
import { decodeRunLengths, encodeRunLengths } from "../../image/run-lengths.ts";
import { sha256 } from "../../util/sha256.ts";
import { fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareExactly, countFinding } from "../tolerance.ts";

const fixtureSchema = z.object({
  expect: z.object({ cases: z.int() }),
  tolerance: z.object({ rule: z.literal("exact") }),
});

const size = { width: z.int().positive(), height: z.int().positive() };

/** What is recorded of a large mask. */
const summarySchema = z.object({
  shape: z.tuple([z.int(), z.int()]),
  sha256: z.string(),
  area: z.int(),
  box: z.tuple([z.int(), z.int(), z.int(), z.int()]).nullable(),
  sumX: z.int(),
  sumY: z.int(),
});

const corners = z.tuple([z.number(), z.number(), z.number(), z.number()]);

const caseSchema = z.discriminatedUnion("kind", [
  z.object({
    ...{ kind: z.literal("decode"), name: z.string(), rle: z.string() },
    ...size,
    mask: z.array(z.array(z.int())),
    encodesBack: z.boolean(),
  }),
  z.object({
    ...{ kind: z.literal("siim"), name: z.string(), rows: z.array(z.string()) },
    ...size,
    mask: summarySchema,
  }),
  z.object({
    ...{ kind: z.literal("rsna"), name: z.string(), boxes: z.array(corners) },
    ...size,
    mask: summarySchema,
  }),
]);
type Case = z.infer<typeof caseSchema>;
type Summary = z.infer<typeof summarySchema>;

/** Decodes every recorded case. */
export const replayRle: Replay = async (fixture) => {
  const { expect } = fixtureFields(fixture, fixtureSchema);
  const cases = await fixtureCases(fixture, caseSchema);
  return [
    countFinding("cases", Math.abs(cases.length - expect.cases)),
    ...cases.flatMap((recorded) => findingsOf(recorded)),
  ];
};

function findingsOf(recorded: Case): readonly Finding[] {
  const { name, width, height } = recorded;
  if (recorded.kind === "rsna") {
    return [sameSummary(name, maskOfBoxes(recorded.boxes, { width, height }), recorded.mask)];
  }
  const codes = recorded.kind === "siim" ? recorded.rows : [recorded.rle];
  // The recorded program cuts a run at the picture's end and says nothing.
  const { mask } = decodeRunLengths(codes, { width, height, beyond: "cut" });
  if (recorded.kind === "siim") return [sameSummary(name, mask, recorded.mask)];
  const same = compareExactly({ name, got: mask.data, expected: recorded.mask.flat() });
  const back = encodeRunLengths(mask) === recorded.rle;
  return [same, countFinding(`${name} (encoded)`, Number(back !== recorded.encodesBack))];
}

function sameSummary(name: string, mask: Mask, expected: Summary): Finding {
  const list = ({ shape, sha256: hash, area, box, sumX, sumY }: Summary): readonly unknown[] => [
    ...shape,
    ...[hash, area, sumX, sumY],
    ...(box ?? ["none"]),
  ];
  return compareExactly({ name, got: list(summarize(mask)), expected: list(expected) });
}

function summarize(mask: Mask): Summary {
  const { width, height, data } = mask;
  const xs: number[] = [];
  const ys: number[] = [];
  for (const [i, pixel] of data.entries()) {
    if (pixel === 0) continue;
    xs.push(i % width);
    ys.push(Math.floor(i / width));
  }
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const range = (values: readonly number[]): readonly [least: number, end: number] => [
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) + 1,
  ];
  const [left, right] = range(xs);
  const [top, bottom] = range(ys);
  return {
    shape: [height, width],
    sha256: sha256(data),
    area: maskArea(mask),
    box: xs.length === 0 ? null : [left, top, right, bottom],
    ...{ sumX: sum(xs), sumY: sum(ys) },
  };
}
