import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WeightsError } from "../util/errors.ts";
import type { Shape } from "../util/nd-array.ts";
import { describeLoad, matchWeights, requireLoad } from "./load-report.ts";

const WANTED: readonly (readonly [string, Shape])[] = [
  ["cls_token", [1, 1, 8]],
  ["pos_embed", [1, 197, 8]],
  ["norm.weight", [8]],
  ["bert.context_fusion_layer.gap_mlp.bias", [8]],
  ["cls.predictions.bias", [30]],
];

const terms = { file: "ecamp.pth", model: "ecamp-nano" };

describe("matchWeights()", () => {
  test("sorts every parameter and every tensor into one list", () => {
    const report = matchWeights({
      available: [
        ["cls_token", [1, 1, 8]],
        ["fc_norm.weight", [8]],
        ["pos_embed", [1, 50, 8]],
        ["bert.cross_attn_layer.gap_mlp.bias", [8]],
        ["cls.predictions.decoder.bias", [30]],
      ],
      wanted: WANTED,
    });
    assert.deepEqual(report, {
      loaded: [
        { name: "cls_token", sources: ["cls_token"] },
        {
          name: "bert.context_fusion_layer.gap_mlp.bias",
          sources: ["bert.cross_attn_layer.gap_mlp.bias"],
        },
        { name: "cls.predictions.bias", sources: ["cls.predictions.decoder.bias"] },
      ],
      missing: ["norm.weight"],
      unexpected: ["fc_norm.weight"],
      reshaped: [
        { name: "pos_embed", sources: ["pos_embed"], found: [1, 50, 8], wanted: [1, 197, 8] },
      ],
      repeated: [],
    });
    assert.equal(
      describeLoad(report),
      "3 loaded, 1 missing (norm.weight), 1 unexpected (fc_norm.weight), " +
        "1 reshaped (pos_embed: [1,50,8] for [1,197,8])",
    );
  });

  test("takes a parameter's own name before another spelling, in either order", () => {
    const both: readonly (readonly [string, Shape])[] = [
      ["cls.predictions.decoder.bias", [30]],
      ["cls.predictions.bias", [30]],
    ];
    for (const available of [both, [...both].reverse()]) {
      const { loaded, unexpected, repeated } = matchWeights({
        available,
        wanted: [["cls.predictions.bias", [30]]],
      });
      assert.deepEqual(loaded, [
        { name: "cls.predictions.bias", sources: ["cls.predictions.bias"] },
      ]);
      assert.deepEqual(unexpected, []);
      assert.deepEqual(repeated, [
        { name: "cls.predictions.bias", sources: ["cls.predictions.decoder.bias"] },
      ]);
    }
  });

  test("uses another spelling as it is where the model itself has that name", () => {
    const { loaded } = matchWeights({
      available: [["cross_attn_layer.weight", [2]]],
      wanted: [["cross_attn_layer.weight", [2]]],
    });
    assert.deepEqual(loaded, [
      { name: "cross_attn_layer.weight", sources: ["cross_attn_layer.weight"] },
    ]);
  });
});

describe("requireLoad()", () => {
  const report = matchWeights({
    available: [
      ["cls_token", [1, 1, 8]],
      ["pos_embed", [1, 50, 8]],
      ["fc_norm.weight", [8]],
    ],
    wanted: WANTED.slice(0, 3),
  });

  test("says what is missing, unexpected and of another shape", () => {
    assert.throws(
      () => requireLoad(report, terms),
      new WeightsError(
        'Cannot load weights "ecamp.pth" into ecamp-nano: 1 missing (norm.weight), ' +
          "1 unexpected (fc_norm.weight), 1 reshaped (pos_embed: [1,50,8] for [1,197,8])",
      ),
    );
  });

  test("passes what the terms allow and nothing else", () => {
    const allowed = {
      ...terms,
      mayMiss: (name: string) => name.startsWith("norm."),
      mayIgnore: (name: string) => name.startsWith("fc_norm."),
      converts: ({ name }: { name: string }) => name === "pos_embed",
    };
    requireLoad(report, allowed);
    for (const term of ["mayMiss", "mayIgnore", "converts"] as const) {
      assert.throws(() => requireLoad(report, { ...allowed, [term]: () => false }), WeightsError);
    }
  });

  test("shortens long lists and says when no name is known", () => {
    const strangers = matchWeights({
      available: [],
      wanted: Array.from({ length: 9 }, (_, i) => [`p${i}`, [1]] as const),
    });
    assert.throws(() => requireLoad(strangers, terms), {
      message:
        'Cannot load weights "ecamp.pth" into ecamp-nano: no name is known, 9 missing (p0, p1, p2, p3, p4 and 4 more)',
    });
  });
});
