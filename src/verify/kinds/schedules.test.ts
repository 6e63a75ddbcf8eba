import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Fixture, openFixture } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { replayScheduleDownstream } from "./schedule-downstream.ts";
import { replaySchedulePretrain } from "./schedule-pretrain.ts";

const OPTIONS = { device: "cpu", threads: 1 };

const copyOf = (name: string): Promise<Fixture> =>
  openFixture(fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url)));

async function failures(replay: Replay, fixture: Fixture): Promise<readonly string[]> {
  const findings: readonly Finding[] = await replay(fixture, OPTIONS);
  return findings.filter(({ error, tolerance }) => !(error <= tolerance)).map(({ name }) => name);
}

/** The fixture with one of its cases changed. */
async function withCase(
  fixture: Fixture,
  index: number,
  change: (recorded: Record<string, unknown>) => object,
): Promise<Fixture> {
  const cases = await fixture.cases();
  const changed = cases.map((recorded, i) => (i === index ? change(Object(recorded)) : recorded));
  return { ...fixture, cases: async () => changed };
}

describe("replaySchedulePretrain()", () => {
  test("finds the recorded rates", async () => {
    assert.deepEqual(await failures(replaySchedulePretrain, await copyOf("schedule-pretrain")), []);
  });

  test("notices another rate, scaled rate, scale or number of cases", async () => {
    const fixture = await copyOf("schedule-pretrain");
    const nudge = (value: unknown): number => Number(value) * (1 + 1e-11);
    const rate = await withCase(fixture, 3, (one) => ({ ...one, expect: nudge(one["expect"]) }));
    const name = "(0.00015 to 0, warm-up 40, end 200)";
    assert.deepEqual(await failures(replaySchedulePretrain, rate), [`rate ${name}`]);
    const scaled = await withCase(fixture, 3, (one) => ({
      ...one,
      expectScaled: nudge(one["expectScaled"]),
    }));
    assert.deepEqual(await failures(replaySchedulePretrain, scaled), [`scaled ${name}`]);
    const config = { ...Object(fixture.json["config"]), lrScale: 0.7, cases: 80 };
    const other = await failures(replaySchedulePretrain, {
      ...fixture,
      json: { ...fixture.json, config },
    });
    assert.ok(other.includes("cases"));
    assert.equal(other.filter((found) => found.startsWith("scaled ")).length, 4);
  });
});

describe("replayScheduleDownstream()", () => {
  test("finds the recorded factors and rates", async () => {
    assert.deepEqual(
      await failures(replayScheduleDownstream, await copyOf("schedule-downstream")),
      [],
    );
  });

  test("notices another factor, first rate, step rate or number of cases", async () => {
    const fixture = await copyOf("schedule-downstream");
    const name = "linear (0.03, warm-up 50, total 3000)";
    const changes: readonly ((one: Record<string, unknown>) => object)[] = [
      (one) => ({ ...one, lambda: Array.from(Object(one["lambda"]), (v) => Number(v) + 1e-11) }),
      (one) => ({ ...one, rateBeforeTheFirstStep: 1e-12 }),
      (one) => ({ ...one, rateUsedByOptimiserSteps1to6: [0, 0.0006] }),
    ];
    for (const change of changes) {
      const changed = await withCase(fixture, 1, change);
      assert.deepEqual(await failures(replayScheduleDownstream, changed), [name]);
    }
    const fewer = { ...fixture, cases: async () => (await fixture.cases()).slice(1) };
    assert.deepEqual(await failures(replayScheduleDownstream, fewer), ["cases"]);
  });

  test("refuses factors that do not stand beside a step each", async () => {
    const fixture = await copyOf("schedule-downstream");
    const changed = await withCase(fixture, 0, (one) => ({ ...one, steps: [1] }));
    await assert.rejects(failures(replayScheduleDownstream, changed), /case 1: /);
  });
});
