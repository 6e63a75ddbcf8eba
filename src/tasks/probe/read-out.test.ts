import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { auroc } from "../../metrics/auroc.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { RandomStream } from "../../util/random.ts";
import { fitReadOut, type ProbeSamples } from "./read-out.ts";

const COUNT = 120;
const WIDTH = 6;

function normals(count: number, width: number, name: string): NdArray<"f32"> {
  const stream = new RandomStream({ seed: 9, name });
  const data = Float32Array.from({ length: count * width }, () => stream.normal());
  return ndArray("f32", [count, width], data);
}

/** Labels that the sign of one feature gives, but for some that are turned round. */
function labelsBy(features: NdArray<"f32">, column: number, noise = 0): Int8Array {
  const stream = new RandomStream({ seed: 4, name: `labels ${column}` });
  return Int8Array.from({ length: features.shape[0] ?? 0 }, (_, row) => {
    const present = (features.data[row * WIDTH + column] ?? 0) > 0;
    return present === stream.uniform() >= noise ? 1 : 0;
  });
}

function samplesOf(
  labels: Readonly<Record<string, Int8Array>>,
  features: NdArray<"f32">,
): ProbeSamples {
  const patients = Array.from({ length: features.shape[0] ?? 0 }, (_, i) => `p${i}`);
  return { features, labels: new Map(Object.entries(labels)), patients };
}

const features = normals(COUNT, WIDTH, "features");
const fresh = normals(200, WIDTH, "fresh");

describe("fitReadOut()", () => {
  test("reads labels that are linear in the features, of samples it has not seen", () => {
    const labels = { first: labelsBy(features, 0), second: labelsBy(features, 3) };
    const scores = fitReadOut(samplesOf(labels, features), { seed: 1 }).score(fresh);
    for (const [name, column] of [
      ["first", 0],
      ["second", 3],
    ] as const) {
      const area = auroc(scores.get(name) ?? [], labelsBy(fresh, column)) ?? 0;
      assert.ok(area > 0.97, `${name}: ${area}`);
    }
  });

  test("is the same for the same seed, and holds out others for another", () => {
    const samples = samplesOf({ noisy: labelsBy(features, 0, 0.4) }, features);
    const penalties = Array.from({ length: 8 }, (_, seed) => fitReadOut(samples, { seed }).penalty);
    assert.equal(fitReadOut(samples, { seed: 3 }).penalty, penalties[3]);
    assert.ok(new Set(penalties).size > 1, `${penalties}`);
    const again = fitReadOut(samples, { seed: 3 }).score(fresh);
    assert.deepEqual(fitReadOut(samples, { seed: 3 }).score(fresh), again);
  });

  test("leaves samples of unknown label out of their class only", () => {
    const first = labelsBy(features, 0);
    const half = first.map((label, row) => (row % 2 === 0 ? label : -1));
    const changed = ndArray("f32", features.shape, Float32Array.from(features.data));
    for (let row = 1; row < COUNT; row += 2) changed.data.fill(99, row * WIDTH, (row + 1) * WIDTH);
    const alone = fitReadOut(samplesOf({ half }, features), { seed: 1 });
    const aloneChanged = fitReadOut(samplesOf({ half }, changed), { seed: 1 });
    assert.equal(aloneChanged.penalty, alone.penalty);
    assert.deepEqual(aloneChanged.score(fresh), alone.score(fresh));
  });

  test("leaves out classes that are only present or only absent", () => {
    const one = new Int8Array(COUNT).fill(1);
    const none = new Int8Array(COUNT).fill(-1);
    const labels = { one, first: labelsBy(features, 0), none };
    const readOut = fitReadOut(samplesOf(labels, features), { seed: 1 });
    assert.deepEqual([...readOut.score(fresh).keys()], ["first"]);
  });

  test("takes the usual penalty when there is nothing to choose it on", () => {
    const few = normals(3, WIDTH, "few");
    const labels = { only: Int8Array.of(1, 0, 1) };
    assert.equal(fitReadOut(samplesOf(labels, few), { seed: 1 }).penalty, 1);
  });

  test("chooses the penalty on other patients: copies of the training samples would choose none", () => {
    // Labels are noise. Each sample stands four times; its copies are of one patient.
    const base = normals(40, 30, "noise");
    const data = Float32Array.from({ length: 4 * 40 * 30 }, (_, i) => base.data[i % 1200] ?? 0);
    const copied = ndArray("f32", [160, 30], data);
    const stream = new RandomStream({ seed: 4, name: "coin" });
    const coins = Int8Array.from({ length: 40 }, () => stream.integer(2));
    const noise = Int8Array.from({ length: 160 }, (_, i) => coins[i % 40] ?? 0);
    const penaltyOf = (patients: readonly string[]): number =>
      fitReadOut({ features: copied, labels: new Map([["noise", noise]]), patients }, { seed: 6 })
        .penalty;
    const honest = penaltyOf(Array.from({ length: 160 }, (_, i) => `p${i % 40}`));
    const leaking = penaltyOf(Array.from({ length: 160 }, (_, i) => `p${i}`));
    assert.ok(leaking < honest, `${leaking} and ${honest}`);
  });
});
