import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bothLabels, TinyClassifier } from "../../../test/tiny-classifier.ts";
import { positiveWeightsOf } from "./classifier-model.ts";
import { openClassifier } from "./open-classifier.ts";

let tiny: TinyClassifier;
before(async () => {
  tiny = await TinyClassifier.create();
});
after(() => tiny[Symbol.asyncDispose]());

async function firstLoss(out: string): Promise<number> {
  const [line = "{}"] = (await readFile(join(out, "log.jsonl"), "utf8")).split("\n");
  return Number(JSON.parse(line).losses.loss);
}

describe("train.positiveWeight", () => {
  test("is how much rarer presence is than absence, at most a hundred times; none without one", () => {
    const counts = [
      { present: 10, absent: 30, unknown: 5 },
      { present: 30, absent: 10, unknown: 0 },
      { present: 1, absent: 250, unknown: 0 },
      { present: 0, absent: 40, unknown: 0 },
      { present: 40, absent: 0, unknown: 0 },
    ];
    assert.deepEqual(positiveWeightsOf({ positiveWeight: "balanced" }, { counts }), [
      3,
      1 / 3,
      100,
      1,
      1,
    ]);
    assert.equal(positiveWeightsOf({ positiveWeight: "none" }, { counts }), undefined);
  });

  test("makes presence and absence count the same in a run's first loss", async () => {
    // A quarter of the records to learn from shows Upper, and half of those whose Coin is known.
    const data = await tiny.dataset("rare", {
      describe: ({ i }) => ({
        labels: { Upper: i % 8 === 2 ? 1 : 0, Coin: i % 4 === 3 ? (i % 8 === 3 ? 1 : 0) : -1 },
      }),
    });
    const train = { batch: 16, steps: 1 } as const;
    const plain = await tiny.run(tiny.config(data, { train }), "plain");
    const balanced = await tiny.run(
      tiny.config(data, { train: { ...train, positiveWeight: "balanced" } }),
      "balanced",
    );
    // A head is drawn so small that every class starts at even odds: each label costs ln 2 times its weight.
    const upper = { present: 4, absent: 12 };
    const coin = { present: 4, absent: 4 };
    const known = upper.present + upper.absent + coin.present + coin.absent;
    const close = (actual: number, expected: number) =>
      assert.ok(Math.abs(actual - expected) < 1e-3, `${actual} is not ${expected}`);
    close(await firstLoss(plain.out), Math.LN2);
    close(await firstLoss(balanced.out), (Math.LN2 * (2 * upper.absent + 2 * coin.absent)) / known);
  });
});

test("a class of which no label is known does not move the head, and another one does", async () => {
  const data = await tiny.dataset("unknown", {
    describe: (drawn) => ({ labels: { Upper: bothLabels(drawn).labels.Upper, Coin: -1 } }),
  });
  const { model } = await tiny.run(tiny.config(data, { train: { lr: 1 } }), "masked");
  const { parameters } = await openClassifier(model);
  const [upper, coin] = Array.from(parameters.get("head.bias")?.data ?? [], Number);
  assert.notEqual(upper, 0);
  assert.equal(coin, 0);
  const asZeros = await tiny.run(
    tiny.config(data, { train: { lr: 1 }, data: { uncertain: "zeros" } }),
    "as zeros",
  );
  const moved = (await openClassifier(asZeros.model)).parameters.get("head.bias")?.data ?? [];
  assert.ok(Number(moved[1]) < 0);
});
