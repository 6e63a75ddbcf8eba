/** @file Replays the `schedule-pretrain` fixture: learning rates at fractional epochs, past the end too (SPEC 3.6). */
import { z } from "zod";
import { type EpochSchedule, rateAtEpoch } from "../../train/schedule.ts";
import { fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareScalar, countFinding, toleranceSchema, worstFinding } from "../tolerance.ts";

const fixtureSchema = z.object({
  config: z.object({ lrScale: z.number(), cases: z.int() }),
  tolerance: toleranceSchema,
});

/** One moment of one schedule; `expectScaled` is the rate of a parameter group with the factor `lrScale`. */
const caseSchema = z.object({
  lr: z.number(),
  minLr: z.number(),
  warmupEpochs: z.number(),
  maxEpoch: z.number(),
  epoch: z.number(),
  expect: z.number(),
  expectScaled: z.number(),
});

type RateCase = z.infer<typeof caseSchema>;

function scheduleOf({ lr, minLr, warmupEpochs, maxEpoch }: RateCase): EpochSchedule {
  return { rate: lr, minRate: minLr, warmupEpochs, cosineEndEpoch: maxEpoch };
}

function describeSchedule({ lr, minLr, warmupEpochs, maxEpoch }: RateCase): string {
  return `${lr} to ${minLr}, warm-up ${warmupEpochs}, end ${maxEpoch}`;
}

/** For each schedule, the largest relative error of the rate and of the scaled rate over its epochs. */
export const replaySchedulePretrain: Replay = async (fixture) => {
  const { config, tolerance } = fixtureFields(fixture, fixtureSchema);
  const cases = await fixtureCases(fixture, caseSchema);
  const findings = new Map<string, Finding[]>();
  for (const recorded of cases) {
    const rate = rateAtEpoch(scheduleOf(recorded), recorded.epoch);
    const compared = {
      rate: { got: rate, expected: recorded.expect },
      scaled: { got: rate * config.lrScale, expected: recorded.expectScaled },
    };
    for (const [what, numbers] of Object.entries(compared)) {
      const name = `${what} (${describeSchedule(recorded)})`;
      const found = findings.get(name) ?? [];
      findings.set(name, [...found, compareScalar({ name, ...numbers, tolerance })]);
    }
  }
  return [
    countFinding("cases", Math.abs(cases.length - config.cases)),
    ...[...findings.values()].map(worstFinding),
  ];
};
