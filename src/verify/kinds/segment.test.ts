import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  openCopy,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { ManifestError } from "../../util/errors.ts";
import { toDoubles } from "../../util/nd-array.ts";
import { type Fixture, openFixture } from "../fixture.ts";
import { replaySegment } from "./segment.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const COPY = "segment-nano";
const SHARED = fileURLToPath(new URL("../../../../shared/fixtures", import.meta.url));

const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replaySegment(fixture, OPTIONS));

/** The fixture with one tensor's elements changed. */
const changed = (
  fixture: Fixture,
  tensor: string,
  change: (value: number, position: number) => number,
): Fixture =>
  withTensors(fixture, (name, array) => (name === tensor ? mapElements(array, change) : array));

/** Fails unless everything that is recorded is compared, and found equal. */
async function assertWhole(fixture: Fixture): Promise<void> {
  const findings = await replaySegment(fixture, OPTIONS);
  const names = new Set(namesOf(findings));
  for (const tensor of fixture.tensorNames.filter((name) => /^(out|grad|after)\//.test(name)))
    assert.ok(names.has(tensor), `${tensor} is not compared`);
  const decoders: readonly string[] = Object(fixture.json["config"]).decoders;
  const steps = [1, 2, 3].flatMap((step) => [
    ...["loss", "gradNorm", "lr"].map((scalar) => `${scalar}/${step}`),
    ...decoders.flatMap((each) => [`focalTerm/${step}/${each}`, `diceTerm/${step}/${each}`]),
    ...decoders.map((each) => `evalDicePerImage/${each}/${step}`), // as many pictures as steps
  ]);
  for (const scalar of ["trained", "unmoved", ...steps])
    assert.ok(names.has(scalar), `${scalar} is not compared`);
  assert.deepEqual(failuresOf(findings), []);
}

describe("replaySegment()", () => {
  test("compares every recorded number of segment-nano, and finds them equal", async () => {
    await assertWhole(await openCopy(COPY));
  });

  for (const name of ["segment-nano-unfrozen", "segment-riga-nano"]) {
    const folder = `${SHARED}/${name}`;
    const skip = existsSync(folder) ? false : `../shared/fixtures/${name} is absent`;
    test(`compares every recorded number of ${name}`, { skip }, async () => {
      await assertWhole(await openFixture(folder));
    });
  }

  test("notices every recorded number that is another", async () => {
    const fixture = await openCopy(COPY);
    // Convolution biases before a normalisation have no gradient but rounding, and bounds in its size.
    const tensors = withTensors(fixture, (name, array) => {
      if (!/^(out|grad|after)\//.test(name)) return array;
      if (array.dtype === "i64") return mapElements(array, (count) => count + 1);
      const largest = Math.max(...toDoubles(array).map(Math.abs));
      return mapElements(array, (value) => value + 1e-3 * largest + 0.02);
    });
    const nudge = (json: unknown): unknown =>
      mapNumbers(json, (value) => value * (1 + 1e-4) + 1e-5);
    const { expect, expect64, trained } = fixture.json;
    assert.ok(Array.isArray(trained));
    const other = withFields(tensors, {
      expect: nudge(expect),
      expect64: nudge(expect64),
      trained: [...trained.slice(1), "no such parameter"],
    });
    const findings = await replaySegment(other, OPTIONS);
    // How many scores there are is as it was, and nothing has moved that should not.
    const expected = namesOf(findings).filter(
      (name) => name !== "unmoved" && name !== "evalDicePerImage/decoder",
    );
    assert.deepEqual(failuresOf(findings), expected);
  });

  test("notices the fractional edge of a mask", async () => {
    const rounded = changed(await openCopy(COPY), "in/masks", Math.round);
    const failed = await failures(rounded);
    for (const name of ["loss/1", "focalTerm/1/decoder", "diceTerm/1/decoder"])
      assert.ok(failed.includes(name), name);
    assert.ok(failed.includes("grad/decoder.final_out.weight"));
    assert.ok(!failed.includes("out/logits"));
  });

  test("notices other running statistics, in evaluation too", async () => {
    const fixture = await openCopy(COPY);
    const buffer = "decoder.decoder_2.1.running_var";
    const start = await failures(changed(fixture, `param/${buffer}`, (value) => value + 1));
    assert.deepEqual(
      start.filter((name) => !name.startsWith("after/3/")),
      [`after/1/${buffer}`],
    );
    const after = await failures(changed(fixture, `after/3/${buffer}`, (value) => value * 1.1));
    assert.deepEqual(
      after.filter((name) => !name.startsWith("evalDice")),
      [`after/3/${buffer}`, "out/logits_eval_of_after_3"],
    );
    const count = "after/3/decoder.decoder_1.1.num_batches_tracked";
    assert.deepEqual(await failures(changed(fixture, count, (value) => value + 1)), [count]);
  });

  test("notices which parameters move, how fast, and how they decay", async () => {
    const fixture = await openCopy(COPY);
    const after = (change: Readonly<Record<string, unknown>>) =>
      failures(withFields(fixture, { config: change }));
    assert.ok((await after({ frozenEncoder: false })).includes("trained"));
    const optimiser = Object(Object(fixture.json["config"]).optimiser);
    for (const change of [
      { optimiser: { ...optimiser, weightDecay: 0.01 } },
      { optimiser: { ...optimiser, betas: [0.9, 0.99] } },
      { clipGradNorm: { max: 0.1 } },
      { schedule: { kind: "warmup-cosine", base: 4e-4, warmup: 2, total: 6 } },
    ]) {
      const failed = await after(change);
      assert.ok(failed.length > 0, JSON.stringify(change));
      assert.ok(
        failed.every((name) => /^(after|loss|gradNorm|lr|focalTerm|diceTerm)\//.test(name)),
        failed.join(" "),
      );
    }
  });

  test("refuses a normalisation that the model does not have", async () => {
    const fixture = await openCopy(COPY);
    const other = withFields(fixture, { config: { batchNorm: { eps: 1e-3, momentum: 0.1 } } });
    await assert.rejects(replaySegment(other, OPTIONS), ManifestError);
  });
});
