import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../../test/check-gradients.ts";
import { assertClose } from "../../../test/close.ts";
import { normal } from "../../../test/draw.ts";
import { build, read } from "../../../test/reference/values.ts";
import { traceLayer } from "../../../test/trace-layer.ts";
import { isLeaf, topologicalOrder } from "../../engine/graph.ts";
import { input, type Node, type Tensor } from "../../engine/tensor.ts";
import { type TracedObjective, traceObjective } from "../../train/step-program.ts";
import { ConfigError } from "../../util/errors.ts";
import { vitTokens } from "../vit.ts";
import { segmentationDecoder } from "./segmentation-decoder.ts";
import { mixedLoss } from "./segmentation-loss.ts";
import {
  isSegmenterEncoder,
  type SegmenterConfig,
  segmenter,
  segmenterFeatures,
  segmenterHead,
} from "./segmenter.ts";

/** Four patches of 4 × 4 pixels, and two classes with a decoder each. */
const CONFIG: SegmenterConfig = {
  ...{ imageSize: 8, patch: 4, dim: 8, depth: 2, heads: 2, mlpRatio: 1.5, layerNormEps: 1e-6 },
  positionExponent: "k/(d/2)",
  classes: ["disc", "cup"],
  decoders: "separate",
  decoderWidths: [4, 3],
};
const IMAGE = { image: normal(2, 3, 8, 8) };
const FEATURES = { features: normal(2, 4, 8) };
const TRAINING = { ...CONFIG, training: true };

const namesOf = (config: SegmenterConfig): readonly string[] => {
  const layer = traceLayer(
    (s, { image }) => segmenter(s, image, { ...config, training: true }),
    IMAGE,
  );
  return [...layer.trace.parameters.keys()].map((name) => name.replace(/^layer\./, ""));
};

/** Names of a convolution and its normalisation, twice, and of the last convolution. */
const decoderNames = (decoder: string): readonly string[] => [
  ...[1, 2].flatMap((step) => {
    const norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
    const own = ["0.weight", "0.bias", ...norm.map((name) => `1.${name}`)];
    return own.map((name) => `${decoder}.decoder_${step}.${name}`);
  }),
  `${decoder}.final_out.weight`,
  `${decoder}.final_out.bias`,
];

describe("segmenter()", () => {
  test("gives a plane of the image's size for every class", () => {
    for (const decoders of ["shared", "separate"] as const) {
      const config = { ...TRAINING, decoders };
      const layer = traceLayer((s, { image }) => segmenter(s, image, config), IMAGE);
      assert.deepEqual(layer.outputs[0]?.shape, [2, 2, 8, 8], decoders);
    }
  });

  test("names its parameters as the authors do, with one decoder and with several", () => {
    const heads = (config: SegmenterConfig): readonly string[] =>
      namesOf(config).filter((name) => !isSegmenterEncoder(name));
    const map = ["encoder.seg_head.weight", "encoder.seg_head.bias"];
    assert.deepEqual(heads({ ...CONFIG, decoders: "shared" }), [
      ...map,
      ...decoderNames("decoder"),
    ]);
    assert.deepEqual(heads(CONFIG), [
      ...map,
      ...decoderNames("decoder_disc"),
      ...decoderNames("decoder_cup"),
    ]);
    const encoder = namesOf(CONFIG).filter(isSegmenterEncoder);
    assert.equal(encoder.length, 4 + 2 * 12); // two blocks of twelve; no norm behind them
    assert.ok(
      encoder.every((name) => /^encoder\.(blocks|patch_embed|cls_token|pos_embed)/.test(name)),
    );
  });

  test("is the head on the features", () => {
    const whole = traceLayer((s, { image }) => segmenter(s, image, TRAINING), IMAGE);
    const parts = traceLayer(
      (s, { image }) => segmenterHead(s, segmenterFeatures(s, image, CONFIG), TRAINING),
      IMAGE,
    );
    const [actual, expected] = [whole.output(), parts.output()];
    assertClose({ what: "logits", actual, expected, tolerance: 1e-12 });
  });
});

describe("segmenterFeatures()", () => {
  test("are the blocks' patch tokens, without norm and class token", () => {
    const layer = traceLayer((s, { image }) => segmenterFeatures(s, image, CONFIG), IMAGE);
    const tokens = traceLayer(
      (s, { image }) => vitTokens(s.at("encoder"), { image }, { ...CONFIG, trainsPositions: true }),
      IMAGE,
    );
    const all = tokens.output();
    const expected = build([2, 4, 8], ([b = 0, n = 0, d = 0]) => read(all, [b, n + 1, d]));
    assertClose({ what: "features", actual: layer.output(), expected, tolerance: 1e-12 });
    assert.equal(layer.trace.taps.get("layer.encoder.features"), layer.outputs[0]);
  });
});

describe("segmenterHead()", () => {
  const logitsOf = (config: SegmenterConfig, training: boolean) =>
    traceLayer((s, { features }) => segmenterHead(s, features, { ...config, training }), FEATURES);

  test("lays the mapped tokens out row by row", () => {
    const layer = logitsOf({ ...CONFIG, decoders: "shared" }, true);
    const [tokens, weight, bias] = [
      layer.value("features"),
      layer.value("layer.encoder.seg_head.weight"),
      layer.value("layer.encoder.seg_head.bias"),
    ];
    const map = build([2, 8, 2, 2], ([b = 0, d = 0, row = 0, column = 0]) => {
      let value = read(bias, [d]);
      for (let i = 0; i < 8; i++)
        value += read(weight, [d, i]) * read(tokens, [b, 2 * row + column, i]);
      return value;
    });
    const draw = () =>
      ({ dtype: "f32", shape: map.shape, data: Float32Array.from(map.data) }) as const;
    const byHand = traceLayer(
      (s, { x }) =>
        segmentationDecoder(s.at("decoder"), x, { widths: [4, 3], planes: 2, training: true }),
      { x: draw },
    );
    const [actual, expected] = [layer.output(), byHand.output()];
    assertClose({ what: "logits", actual, expected, tolerance: 1e-6 }); // the map is rounded to f32
  });

  test("gives every class the plane of its own decoder, in their order", () => {
    const both = logitsOf(CONFIG, true).output();
    for (const [plane, name] of CONFIG.classes.entries()) {
      const alone = logitsOf({ ...CONFIG, classes: [name] }, true).output();
      const actual = build([2, 1, 8, 8], ([b = 0, , y = 0, x = 0]) => read(both, [b, plane, y, x]));
      assertClose({ what: name, actual, expected: alone, tolerance: 1e-12 });
    }
  });

  test("has the gradient of finite differences, in training and in evaluation", () => {
    for (const training of [true, false]) {
      const layer = logitsOf({ ...CONFIG, decoders: "shared" }, training);
      checkTracedGradients(layer, { elements: 4, tolerance: 1e-6 });
    }
  });

  test("moves running statistics in training only", () => {
    assert.equal(logitsOf(CONFIG, true).trace.moves.size, 2 * 2 * 3);
    assert.equal(logitsOf(CONFIG, false).trace.moves.size, 0);
  });

  test("refuses widths that do not lead from patches to pixels, and classes that are none or twice", () => {
    const refused = (change: Partial<SegmenterConfig>): void => {
      assert.throws(() => logitsOf({ ...CONFIG, ...change }, true), ConfigError);
    };
    refused({ decoderWidths: [4] });
    refused({ decoderWidths: [4, 3, 2] });
    refused({ patch: 3, imageSize: 6 });
    refused({ classes: [] });
    refused({ classes: ["cup", "cup"] });
  });
});

/** Operators that only the differentiation has brought in. */
function backwardNodes({ objective, gradients }: TracedObjective): readonly Node[] {
  const forward = new Set(topologicalOrder([objective.loss]));
  return topologicalOrder(gradients.values()).filter((node) => !forward.has(node) && !isLeaf(node));
}

const traced = (trains: (name: string) => boolean): TracedObjective =>
  traceObjective(
    (scope) => {
      const logits = segmenter(scope, input("image", "f32", [2, 3, 8, 8]), TRAINING);
      const { loss } = mixedLoss(logits, { targets: input("targets", "f32", [2, 2, 8, 8]) });
      return { loss, parts: { loss } };
    },
    { trains },
  );

/** What the backward pass reads of the encoder's forward pass, its features apart. */
function readOfEncoder(objective: TracedObjective): readonly Tensor[] {
  const features = objective.taps.get("encoder.features");
  assert.ok(features);
  const encoder = new Set(topologicalOrder([features]).filter((node) => !isLeaf(node)));
  const inputs = new Set(backwardNodes(objective).flatMap((node) => node.inputs));
  return [...inputs].filter((tensor) => tensor !== features && encoder.has(tensor.node));
}

describe("a frozen encoder", () => {
  const frozen = traced((name) => !isSegmenterEncoder(name));

  test("has no gradient in the training graph: nothing of it but its features is read", () => {
    assert.equal(readOfEncoder(frozen).length, 0);
    const trained = frozen.trained.map(({ name }) => name);
    assert.ok(trained.includes("encoder.seg_head.weight"));
    assert.ok(!trained.some(isSegmenterEncoder));
    assert.ok(readOfEncoder(traced(() => true)).length > 20); // they are seen where it is trained
  });

  test("runs once", () => {
    const nodes = topologicalOrder([frozen.objective.loss, ...frozen.gradients.values()]);
    const gelus = nodes.filter(({ op }) => op.type === "Gelu");
    assert.equal(gelus.length, CONFIG.depth);
    assert.ok(backwardNodes(frozen).every(({ op }) => op.type !== "Erf"));
  });
});
