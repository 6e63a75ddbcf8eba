import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { EcampConfig } from "../../model/config.ts";
import { declareEcampParameters } from "../../model/declare-parameters.ts";
import { positionTable } from "../../model/position-table.ts";
import {
  constant,
  convDefaultUniform,
  type Initializer,
  normal,
  table,
  xavierUniform,
} from "../../nn/initializers.ts";
import { fixtureFields, openFixture } from "../fixture.ts";
import { compareInitialisation, type DeclaredParameter } from "./initialisation.ts";
import {
  initialisationSchema,
  type RecordedParameter,
  recordedConfig,
} from "./initialisation-record.ts";

const COPY = fileURLToPath(new URL("../../../test/fixtures/initialisation", import.meta.url));

/** The copied parameters by SPEC 3.5, written out by hand. */
const BY_HAND: Readonly<Record<string, Initializer>> = {
  cls_token: normal({ std: 0.02 }),
  pos_embed: table(positionTable({ grid: 14, width: 768, exponent: "k/(2d)" })),
  mask_token: normal({ std: 0.02 }),
  "patch_embed.proj.weight": xavierUniform(768, 768),
  "patch_embed.proj.bias": convDefaultUniform(768),
  "blocks.0.norm1.weight": constant(1),
  "blocks.0.norm1.bias": constant(0),
  "blocks.0.attn.qkv.weight": xavierUniform(768, 2304),
  "blocks.0.attn.qkv.bias": constant(0),
  "super_res.conv1.weight": convDefaultUniform(27),
  "super_res.conv1.bias": convDefaultUniform(27),
  "bert_encoder.model.bert.embeddings.token_type_embeddings.weight": normal({ std: 0.02 }),
};

let recorded: readonly RecordedParameter[] = [];
before(async () => {
  const fixture = await openFixture(COPY);
  recorded = fixtureFields(fixture, initialisationSchema).parametersInOrder;
});

/** What the model would declare, with some parameters changed. */
function declare(
  changes: Readonly<Record<string, Partial<DeclaredParameter>>> = {},
): Map<string, DeclaredParameter> {
  return new Map(
    recorded.map(({ name, shape }) => {
      const initializer = BY_HAND[name] ?? constant(Number.NaN);
      return [name, { shape, initializer, trainable: name !== "pos_embed", ...changes[name] }];
    }),
  );
}

function failures(declared: ReadonlyMap<string, DeclaredParameter>): readonly string[] {
  return compareInitialisation(recorded, { declared, seed: 0 })
    .filter(({ error, tolerance }) => !(error <= tolerance))
    .map(({ name }) => name);
}

/** An initializer that claims to follow a rule and draws otherwise. */
function pretender(claimed: Initializer, draw: (value: number) => number): Initializer {
  return {
    ...claimed,
    fill: (out, shape, stream) => {
      claimed.fill(out, shape, stream);
      out.set(out.map(draw));
    },
  };
}

describe("compareInitialisation()", () => {
  test("finds the rules of the paper's program where they are followed", () => {
    assert.deepEqual(failures(declare()), []);
  });

  test("notices another rule, shape or a table that is trained", () => {
    const changes: readonly (readonly [string, Partial<DeclaredParameter>])[] = [
      ["blocks.0.attn.qkv.weight", { initializer: xavierUniform(768, 768) }],
      ["patch_embed.proj.bias", { initializer: constant(0) }],
      ["super_res.conv1.weight", { initializer: xavierUniform(27, 27) }],
      ["cls_token", { initializer: normal({ std: 0.03 }) }],
      ["mask_token", { initializer: normal({ std: 0.02, zeroRow: 0 }) }],
      ["blocks.0.norm1.weight", { initializer: constant(0) }],
      ["blocks.0.norm1.bias", { shape: [1, 768] }],
      ["pos_embed", { trainable: true }],
      ["blocks.0.norm1.weight", { trainable: false }],
    ];
    for (const [name, change] of changes) {
      const found = failures(declare({ [name]: change }));
      assert.ok(found.includes(`rule/${name}`), name);
    }
  });

  test("notices values that do not follow the rule that they claim", () => {
    const xavier = xavierUniform(768, 2304);
    const large = "blocks.0.attn.qkv.weight";
    const cases: readonly (readonly [string, Initializer, string])[] = [
      [large, pretender(xavier, (value) => value * 0.97), `std/${large}`],
      [large, pretender(xavier, (value) => value * 0.99 + 2e-4), `mean/${large}`],
      [large, pretender(xavier, (value) => value * 1.001), `values/${large}`],
      ["blocks.0.norm1.bias", pretender(constant(0), () => 1e-9), "values/blocks.0.norm1.bias"],
      [
        "pos_embed",
        table(positionTable({ grid: 14, width: 768, exponent: "k/(d/2)" })),
        "mean/pos_embed",
      ],
    ];
    for (const [name, initializer, finding] of cases) {
      assert.deepEqual(
        failures(declare({ [name]: { initializer } })).filter((found) => found === finding),
        [finding],
      );
    }
  });

  test("wants the zero row at 0 and the others drawn", () => {
    const words: RecordedParameter = {
      name: "words",
      shape: [400, 8],
      rule: { kind: "normal", std: 0.02, zeroRow: 3 },
      mean: 0,
      std: 0.02,
      min: -0.08,
      max: 0.08,
      zeros: 8,
    };
    const failing = (initializer: Initializer): readonly string[] =>
      compareInitialisation([words], {
        declared: new Map([["words", { shape: [400, 8], initializer, trainable: true }]]),
        seed: 0,
      })
        .filter(({ error, tolerance }) => !(error <= tolerance))
        .map(({ name }) => name);
    const right = normal({ std: 0.02, zeroRow: 3 });
    assert.deepEqual(failing(right), []);
    assert.deepEqual(failing(normal({ std: 0.02 })), ["rule/words", "values/words"]);
    assert.deepEqual(failing(normal({ std: 0.02, zeroRow: 2 })), ["rule/words", "values/words"]);
  });

  test("counts parameters that only one side has", () => {
    const declared = declare();
    declared.delete("cls_token");
    declared.set("head.weight", { shape: [1], initializer: constant(0), trainable: true });
    const [parameters] = compareInitialisation(recorded, { declared, seed: 0 });
    assert.deepEqual(parameters, { name: "parameters", error: 2, tolerance: 0 });
  });
});

describe("recordedConfig()", () => {
  test("finds the sizes of a model from the shapes of its parameters", () => {
    const sizes = {
      imageSize: 64,
      bigImageSize: 128,
      patch: 16,
      dim: 24,
      depth: 3,
      mlpRatio: 4,
      decoderDim: 16,
      decoderDepth: 2,
      bertDim: 32,
      bertDepth: 5,
      bertMlpDim: 40,
      vocab: 50,
      positions: 20,
    };
    const config: EcampConfig = {
      ...sizes,
      heads: 3,
      layerNormEps: 1e-6,
      decoderHeads: 2,
      bertHeads: 4,
      bertLayerNormEps: 1e-12,
      dropout: 0.1,
      attentionDropout: 0.1,
      mean: 0.5,
      std: 0.25,
      positionExponent: "k/(d/2)",
      finalRelu: false,
      tiedDecoder: false,
    };
    const shapes = [...declareEcampParameters(config)].map(
      ([name, { shape }]): RecordedParameter => ({
        name,
        shape,
        rule: { kind: "constant", value: 0 },
        mean: 0,
        std: 0,
        min: 0,
        max: 0,
        zeros: 0,
      }),
    );
    const found = recordedConfig(shapes);
    for (const [key, size] of Object.entries(sizes)) {
      assert.equal(Reflect.get(found, key), size, key);
    }
  });
});
