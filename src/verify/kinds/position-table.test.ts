import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ndArray } from "../../util/nd-array.ts";
import { type Fixture, openFixture } from "../fixture.ts";
import { replayPositionTable } from "./position-table.ts";

const COPY = fileURLToPath(new URL("../../../test/fixtures/posembed", import.meta.url));
const OPTIONS = { device: "cpu", threads: 1 };

async function failures(fixture: Fixture): Promise<readonly string[]> {
  const findings = await replayPositionTable(fixture, OPTIONS);
  return findings.filter(({ error, tolerance }) => !(error <= tolerance)).map(({ name }) => name);
}

describe("replayPositionTable()", () => {
  test("compares every table of the fixture and finds them equal", async () => {
    const fixture = await openFixture(COPY);
    const findings = await replayPositionTable(fixture, OPTIONS);
    const compared = findings.map(({ name }) => name).sort();
    const recorded = fixture.tensorNames.filter((name) => name.startsWith("out/")).sort();
    assert.deepEqual(compared, recorded);
    assert.deepEqual(await failures(fixture), []);
  });

  test("notices another number in any table", async () => {
    const fixture = await openFixture(COPY);
    const outputs = fixture.tensorNames.filter((name) => name.startsWith("out/"));
    assert.ok(outputs.length > 0);
    for (const tampered of outputs) {
      const tensor: Fixture["tensor"] = async (name) => {
        const { dtype, shape, data } = await fixture.tensor(name);
        if (name !== tampered) return { dtype, shape, data };
        const values = Array.from(data, Number);
        values[values.length - 2] = (values.at(-2) ?? 0) + 2e-5;
        return ndArray(dtype, shape, values);
      };
      assert.deepEqual(await failures({ ...fixture, tensor }), [tampered]);
    }
  });

  test("takes the sizes from the fixture", async () => {
    const fixture = await openFixture(COPY);
    const config = { ...Object(fixture.json["config"]), fullWidth: 28 };
    await assert.rejects(
      replayPositionTable({ ...fixture, json: { ...fixture.json, config } }, OPTIONS),
      /Cannot read tensor "out\/d28\/published\/f64"/,
    );
  });
});
