import assert from "node:assert/strict";
import { test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { drawnParameters } from "../../test/pretrained-file.ts";
import { buildGraph } from "../engine/graph.ts";
import { openDevice } from "../engine/runtime/device.ts";
import { Program } from "../engine/runtime/program.ts";
import { ecamp, ecampInputs } from "../model/ecamp.ts";
import { randomMasking } from "../model/random-masking.ts";
import { Scope, Trace } from "../nn/scope.ts";
import type { NdArray } from "../util/nd-array.ts";
import { ndArray } from "../util/nd-array.ts";
import { fillUniform, RandomStream } from "../util/random.ts";
import { CrossAttention, traceCrossAttention } from "./cross-attention.ts";

const BATCH = 2;
const { positions: tokens, bertHeads: heads, bigImageSize: side } = NANO;
const patches = 4;
const device = openDevice({ threads: 1 });
const parameters = drawnParameters(NANO, 3);
const random = new RandomStream({ seed: 4, name: "pairs" });
const pairs = {
  image: ndArray(
    "u8",
    [BATCH, side, side],
    Uint8Array.from({ length: BATCH * side * side }, () => 256 * random.uniform()),
  ),
  ids: ndArray(
    "i64",
    [BATCH, tokens],
    BigInt64Array.from([2, 5, 7, 9, 6, 0, 2, 8, 10, 0, 0, 0], BigInt),
  ),
  attentionMask: ndArray(
    "f32",
    [BATCH, tokens],
    Float32Array.from([1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0]),
  ),
};

async function attend(batch = pairs, model = { config: NANO, parameters }) {
  await using attention = await CrossAttention.compile(model, { device, batch: BATCH });
  return await attention.run(batch);
}

test("CrossAttention gives probabilities over a picture's patches, row by row", async () => {
  const { shape, data } = await attend();
  assert.deepEqual(shape, [BATCH, heads, tokens, patches]);
  for (let row = 0; row < data.length; row += patches) {
    const sum = data.subarray(row, row + patches).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) < 1e-5);
  }
  assert.ok(Math.max(...data) > 0.3, "attention is not even");
});

test("CrossAttention sees the columns that shuffled patches have after ids_restore", async () => {
  const trace = new Trace();
  ecamp(new Scope(trace), ecampInputs(NANO, { batch: BATCH, tokens, kept: patches }), NANO);
  const [path, probs] =
    [...trace.taps].find(([name]) => name.includes("context_fusion_layer.cross_self_attention")) ??
    [];
  assert.ok(path !== undefined && probs !== undefined);
  await using program = await Program.compile(buildGraph({ probs }), device);
  const noise = new Float32Array(BATCH * patches);
  fillUniform(noise, { seed: 9, name: "noise" });
  const { idsKeep, idsRestore } = randomMasking(ndArray("f32", [BATCH, patches], noise), patches);
  assert.notDeepEqual([...idsKeep.data.subarray(0, patches)], [0n, 1n, 2n, 3n]);
  const feeds = new Map<string, NdArray>([...parameters, ...Object.entries(pairs)]);
  const shuffled = (await program.run(feeds.set("idsKeep", idsKeep))).get("probs");
  assert.ok(shuffled?.data instanceof Float32Array);
  const found = await attend();
  for (const [at, value] of found.data.entries()) {
    const pair = Math.floor(at / (heads * tokens * patches));
    const column = Number(idsRestore.data[pair * patches + (at % patches)]);
    const there = shuffled.data[at - (at % patches) + column] ?? Number.NaN;
    assert.ok(Math.abs(value - there) < 1e-6, `${value}, ${there}`);
  }
});

test("CrossAttention reads neither padding nor another pair of the batch", async () => {
  const ids = pairs.ids.data.slice();
  ids[5] = 4n; // behind the first text's end
  ids[7] = 3n; // in the second text
  const found = await attend({ ...pairs, ids: ndArray("i64", [BATCH, tokens], ids) });
  const usual = await attend();
  const row = (data: Float32Array, pair: number, token: number) =>
    [...data.subarray((pair * heads * tokens + token) * patches)].slice(0, patches);
  for (let token = 0; token < 5; token++) {
    assert.deepEqual(row(found.data, 0, token), row(usual.data, 0, token));
  }
  assert.notDeepEqual(row(found.data, 1, 1), row(usual.data, 1, 1));
});

test("traceCrossAttention() reads no decoder but the fusion layer's first half, and no dropout", () => {
  const trained = { ...NANO, dropout: 0.1, attentionDropout: 0.1 };
  const names = traceCrossAttention(trained, 1).parameters.map(({ name }) => name);
  assert.ok(names.includes("blocks.0.attn.qkv.weight"));
  assert.ok(names.some((name) => name.endsWith("cross_self_attention.key.weight")));
  const unread = /decoder|super_res|cls\.predictions|encoder\.layer|value\.weight$|pooler/;
  const beside = names.filter((name) => unread.test(name.replace("bert_encoder.", "")));
  assert.deepEqual(
    beside.filter((name) => !name.includes("attention.self.value")),
    [],
  );
});
