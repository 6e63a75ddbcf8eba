/** @file Replays the `schedule-downstream` fixture: the factor of the base rate at given steps (SPEC 4.1). */
import { z } from "zod";
import { factorAtStep, type StepSchedule } from "../../train/schedule.ts";
import { fixtureCases, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { countFinding, worstFinding } from "../tolerance.ts";

const fixtureSchema = z.object({
  /** Half a cosine is the only one that the published programs use. */
  config: z.object({ cycles: z.literal(0.5) }),
  expect: z.object({ cases: z.int() }),
  /** Relative to the base rate. */
  tolerance: z.object({ default: z.number() }),
});

const caseSchema = z
  .object({
    kind: z.enum(["cosine", "linear"]),
    base: z.number(),
    warmup: z.number(),
    total: z.number(),
    steps: z.array(z.int()),
    lambda: z.array(z.number()),
    rateBeforeTheFirstStep: z.number(),
    rateUsedByOptimiserSteps1to6: z.array(z.number()),
  })
  .refine(
    ({ steps, lambda }) => steps.length === lambda.length,
    "a factor is expected for each step",
  );

type FactorCase = z.infer<typeof caseSchema>;

/** The step and the recorded factor of everything that a case holds. */
function recordedFactors(recorded: FactorCase): readonly (readonly [number, number])[] {
  const { base, steps, lambda, rateBeforeTheFirstStep, rateUsedByOptimiserSteps1to6 } = recorded;
  return [
    ...steps.map((step, i) => [step, lambda[i] ?? Number.NaN] as const),
    [0, rateBeforeTheFirstStep / base],
    ...rateUsedByOptimiserSteps1to6.map((rate, i) => [i + 1, rate / base] as const),
  ];
}

/** For each schedule, the largest error of its factor over all steps. */
export const replayScheduleDownstream: Replay = async (fixture) => {
  const { expect, tolerance } = fixtureFields(fixture, fixtureSchema);
  const cases = await fixtureCases(fixture, caseSchema);
  const findings = cases.map((recorded): Finding => {
    const { kind, base, warmup, total } = recorded;
    const schedule: StepSchedule = { decay: kind, warmupSteps: warmup, totalSteps: total };
    const name = `${kind} (${base}, warm-up ${warmup}, total ${total})`;
    return worstFinding(
      recordedFactors(recorded).map(([step, factor]) => ({
        name,
        error: Math.abs(factorAtStep(schedule, step) - factor),
        tolerance: tolerance.default,
      })),
    );
  });
  return [countFinding("cases", Math.abs(cases.length - expect.cases)), ...findings];
};
