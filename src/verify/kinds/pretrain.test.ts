import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  failuresOf,
  mapElements,
  mapNumbers,
  namesOf,
  openCopy,
  withDoubledBatch,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { toDoubles } from "../../util/nd-array.ts";
import type { Fixture } from "../fixture.ts";
import { replayPretrain } from "./pretrain.ts";

const OPTIONS = { device: "cpu", threads: 1 };
const LOSSES = ["mim", "res", "mlm", "total"];

const failures = async (fixture: Fixture): Promise<readonly string[]> =>
  failuresOf(await replayPretrain(fixture, OPTIONS));

/** The fixture with one element of a tensor changed. */
const withElement = (
  fixture: Fixture,
  tampered: string,
  change: (value: number) => number,
): Fixture =>
  withTensors(fixture, (name, array) =>
    name === tampered
      ? mapElements(array, (value, position) => (position === 1 ? change(value) : value))
      : array,
  );

describe("replayPretrain()", () => {
  test("compares every stage, loss and gradient, at both mask ratios, and finds them equal", async () => {
    const fixture = await openCopy("pretrain-nano");
    const findings = await replayPretrain(fixture, OPTIONS);
    const names = namesOf(findings);
    const tensors = new Set(names.map((name) => name.replace(/\[.*/, "")));
    for (const name of fixture.tensorNames) {
      if (/^(out|grad)\//.test(name)) assert.ok(tensors.has(name), `${name} is not compared`);
    }
    for (const name of LOSSES)
      assert.ok(names.includes(name) && names.includes(`atMaskRatio0/${name}`));
    for (const name of ["gradNorm", "predSum", "superResSum", "logitsSum"]) {
      assert.ok(names.includes(name), `${name} is not compared`);
    }
    assert.deepEqual(failuresOf(findings), []);
  });

  test("finds every sample twice equal, in a batch of twice the size", async () => {
    const doubled = withDoubledBatch(await openCopy("pretrain-nano"));
    const twice = (json: unknown): object => {
      const { predSum, superResSum, logitsSum, ...rest } = Object(json);
      return {
        ...rest,
        predSum: 2 * predSum,
        superResSum: 2 * superResSum,
        logitsSum: 2 * logitsSum,
      };
    };
    const { expect, expect64 } = doubled.json;
    const fields = { expect: twice(expect), expect64: twice(expect64) };
    assert.deepEqual(await failures(withFields(doubled, fields)), []);
  });

  test("notices every recorded number that is another", async () => {
    const fixture = await openCopy("pretrain-nano");
    const tensors = withTensors(fixture, (name, array) => {
      if (!/^(out|grad)\//.test(name)) return array;
      const largest = Math.max(...toDoubles(array).map(Math.abs));
      const offset = array.dtype === "i64" ? 1 : 1e-3 * largest + 1e-7;
      return mapElements(array, (value) => value + offset);
    });
    const nudge = (json: unknown): unknown =>
      mapNumbers(json, (value) => value * (1 + 1e-4) + 1e-6);
    const { expect, expect64, tolerance } = fixture.json;
    const notZero = { name: "grad/norm.bias", from: 0, to: 4, bound: 1e-9 };
    const zero: { name: string; from: number; to: number }[] = Object(tolerance)["zero"];
    const changed = withFields(tensors, {
      expect: nudge(expect),
      expect64: nudge(expect64),
      tolerance: { ...Object(tolerance), zero: [...zero, notZero] },
    });
    const findings = await replayPretrain(changed, OPTIONS);
    const trulyZero = zero.map(({ name, from, to }) => `${name}[${from}:${to}]`);
    const expected = namesOf(findings).filter((name) => !trulyZero.includes(name));
    assert.deepEqual(failuresOf(findings), expected);
    assert.ok(expected.includes("grad/norm.bias[0:4]"));
  });

  test("notices another number in a parameter or an input, and shows where it matters", async () => {
    const fixture = await openCopy("pretrain-nano");
    const cases = [
      { tensor: "param/pos_embed", by: 0.01, far: "out/logits", untouched: "out/small" },
      {
        tensor: "param/decoder_blocks.0.attn.qkv.weight",
        by: 0.05,
        far: "out/pred",
        untouched: "out/logits",
      },
      {
        tensor: "param/bert_encoder.model.bert.context_fusion_layer.gap_mlp.bias",
        by: 0.01,
        far: "mlm",
        untouched: "out/crossAttention",
      },
      { tensor: "in/weights", by: 0.01, far: "mlm", untouched: "out/logits" },
      { tensor: "in/column", by: 1, far: "res", untouched: "out/superRes" },
    ];
    for (const { tensor, by, far, untouched } of cases) {
      const failed = await failures(withElement(fixture, tensor, (value) => value + by));
      assert.ok(failed.includes(far), `${tensor}: ${far} does not fail`);
      assert.ok(!failed.includes(untouched), `${tensor}: ${untouched} fails`);
    }
  });

  test("passes no stage or scalar that it does not know", async () => {
    const fixture = await openCopy("pretrain-nano");
    const expect = { ...Object(fixture.json["expect"]), tokenLoss: 1 };
    const tensor: Fixture["tensor"] = (name) =>
      fixture.tensor(name === "out/hidden" ? "out/gap" : name);
    const tensorNames = [...fixture.tensorNames, "out/hidden"];
    const changed = { ...withFields(fixture, { expect }), tensor, tensorNames };
    assert.deepEqual((await failures(changed)).toSorted(), ["out/hidden", "tokenLoss"]);
  });
});
