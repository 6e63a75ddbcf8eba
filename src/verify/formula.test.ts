import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NdArray, Shape } from "../util/nd-array.ts";
import { formulaParameter, formulaTensor } from "./formula.ts";

/** The bits of an element, as eight hexadecimal digits. */
function hexOf({ data }: NdArray<"f32">, index: number): string {
  const bits = new Uint32Array(data.slice(index, index + 1).buffer)[0] ?? 0;
  return `0x${bits.toString(16).padStart(8, "0")}`;
}

/** Recorded with the formula's definition: the first three elements and the last. */
const RECORDED: readonly (readonly [string, Shape, readonly string[]])[] = [
  ["cls_token", [1, 1, 768], ["0x3c4b90e4", "0x3aaeba00", "0xbc838fc5", "0xbc507312"]],
  [
    "patch_embed.proj.weight",
    [768, 3, 16, 16],
    ["0xbceb224e", "0x3c47b34d", "0x3c6e19dd", "0xbc76be9d"],
  ],
  ["blocks.11.mlp.fc2.bias", [768], ["0xbba8b45a", "0xbcc01aad", "0xbcb6412d", "0x3d21d54a"]],
  [
    "bert_encoder.model.bert.embeddings.LayerNorm.weight",
    [768],
    ["0x3f80e1eb", "0x3f89446f", "0x3f68bfdd", "0x3f88474e"],
  ],
  [
    "bert_encoder.model.cls.predictions.bias",
    [30000],
    ["0xbc752a66", "0xbc1db353", "0x3d07f180", "0xbd14b018"],
  ],
  [
    "bert_encoder.model.cls.predictions.decoder.weight",
    [30000, 768],
    ["0x3d018b6b", "0xbd020691", "0x39326a2e", "0x3c0797a2"],
  ],
];

describe("formulaParameter()", () => {
  test("gives the recorded bits", () => {
    for (const [name, shape, expected] of RECORDED) {
      const array = formulaParameter({ name, shape });
      const found = [0, 1, 2, array.data.length - 1].map((index) => hexOf(array, index));
      assert.deepEqual(found, expected, name);
      assert.deepEqual(array.shape, shape);
    }
  });

  test("scales by the last part of the name and by the shape", () => {
    const u = formulaTensor({ name: "u", shape: [64], shift: 0, scale: 1 }).data;
    assert.ok(u.every((value) => value >= -1 && value < 1));
    const scales: readonly (readonly [string, Shape, number, number])[] = [
      ["bn.running_var", [64], 1, 0.25],
      ["bn.running_mean", [64], 0, 0.05],
      ["fc.bias", [64], 0, 0.05],
      ["norm.weight", [64], 1, 0.1],
      ["fc.weight", [4, 16], 0, 1 / 4],
      ["conv.weight", [1, 4, 4, 4], 0, 1 / 8],
      ["pos_embed", [1, 8, 8], 0, 0.02],
      ["weight_g", [64], 0, 0.02],
      ["bias", [64], 0, 0.05],
    ];
    for (const [name, shape, shift, scale] of scales) {
      assert.deepEqual(
        formulaParameter({ name, shape }),
        formulaTensor({ name, shape, shift, scale }),
        name,
      );
    }
  });

  test("puts the salt before the name, but judges the name without it", () => {
    assert.deepEqual(
      formulaParameter({ name: "bias", shape: [4], salt: "seven." }),
      formulaTensor({ name: "seven.bias", shape: [4], shift: 0, scale: 0.05 }),
    );
    assert.notDeepEqual(
      formulaParameter({ name: "bias", shape: [4], salt: "seven." }),
      formulaParameter({ name: "bias", shape: [4] }),
    );
  });
});

describe("formulaTensor()", () => {
  test("hashes a name's UTF-8 bytes, and follows the definition element by element", () => {
    const name = "in/é𝄞";
    let hash = 0x811c9dc5n;
    for (const byte of Buffer.from(name, "utf8")) {
      hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
    }
    const u = (i: number): number => {
      let x = (BigInt(i + 1) * 0x9e3779b1n + hash) & 0xffffffffn;
      x ^= x >> 16n;
      x = (x * 0x85ebca6bn) & 0xffffffffn;
      x ^= x >> 13n;
      x = (x * 0xc2b2ae35n) & 0xffffffffn;
      x ^= x >> 16n;
      return Number(x >> 8n) / 2 ** 23 - 1;
    };
    const { data } = formulaTensor({ name, shape: [500], shift: 0.25, scale: 1.7 });
    const expected = Float32Array.from({ length: 500 }, (_, i) => 0.25 + 1.7 * u(i));
    assert.deepEqual(data, expected);
  });
});
