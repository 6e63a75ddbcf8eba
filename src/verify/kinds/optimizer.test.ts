import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  openCopy,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import type { Fixture } from "../fixture.ts";
import { replayOptimizer } from "./optimizer.ts";

const OPTIONS = { device: "cpu", threads: 1 };

const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replayOptimizer(fixture, OPTIONS));

describe("replayOptimizer()", () => {
  test("compares every recorded parameter, moment and norm, and finds them equal", async () => {
    const fixture = await openCopy("optimizers");
    const findings = await replayOptimizer(fixture, OPTIONS);
    const names = namesOf(findings);
    const recorded = fixture.tensorNames.filter((name) => name.startsWith("out/"));
    assert.deepEqual(names.filter((name) => name.startsWith("out/")).sort(), [...recorded].sort());
    assert.equal(names.length - recorded.length, 20, "norms of four cases, five steps each");
    assert.deepEqual(failuresOf(findings), []);
  });

  test("notices every number that is another", async () => {
    const fixture = await openCopy("optimizers");
    const tensors = withTensors(fixture, (name, array) =>
      name.startsWith("out/") ? mapElements(array, (value) => value * (1 + 1e-4) + 1e-12) : array,
    );
    const expect = mapNumbers(fixture.json["expect"], (value) => value * (1 + 1e-4));
    const findings = await replayOptimizer(withFields(tensors, { expect }), OPTIONS);
    assert.deepEqual(failuresOf(findings), namesOf(findings));
  });

  test("takes rates, decay and clipping from the fixture", async () => {
    const fixture = await openCopy("optimizers");
    const lr = [1e-3, 2e-3, 6e-3, 4e-3, 1e-4];
    const faster = await failures(withFields(fixture, { config: { lr } }));
    assert.ok(
      faster.length > 0 &&
        faster.every((name) => /\/after\/[345]\//.test(name) || /sgd-decay/.test(name)),
    );
    assert.ok(faster.includes("out/sgd/after/3/matrix"));
    const decayed = await failures(withFields(fixture, { config: { noDecay: ["vector"] } }));
    assert.ok(decayed.length > 0 && decayed.every((name) => name.endsWith("/norm.bias")));
    const cases = { sgd: { kind: "sgd", momentum: 0.9, weightDecay: 0, clip: 1 } };
    assert.ok((await failures(withFields(fixture, { config: { cases } }))).length > 0);
  });

  test("fails a moment that no optimiser has", async () => {
    const fixture = await openCopy("optimizers");
    const tensorNames = [...fixture.tensorNames, "out/sgd/velocity/1/vector"];
    assert.deepEqual(await failures({ ...fixture, tensorNames }), ["out/sgd/velocity/1/vector"]);
  });
});
