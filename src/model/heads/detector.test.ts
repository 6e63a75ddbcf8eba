import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertClose } from "../../../test/close.ts";
import { normal } from "../../../test/draw.ts";
import { traceLayer } from "../../../test/trace-layer.ts";
import { input } from "../../engine/tensor.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { ConfigError } from "../../util/errors.ts";
import { detectionAnchors } from "./detection-anchors.ts";
import {
  type DetectorConfig,
  detector,
  detectorFeatures,
  detectorGrids,
  detectorHead,
} from "./detector.ts";

const CONFIG: DetectorConfig = {
  ...{ imageSize: 32, patch: 8, dim: 8, depth: 1, heads: 2, mlpRatio: 2, layerNormEps: 1e-6 },
  positionExponent: "k/(2d)",
  classes: 2,
  expansion: 4,
  anchors: detectionAnchors(32),
  channels: [32, 16, 8],
};
const IMAGE = [2, 3, 32, 32] as const;

/** Everything that a detector declares, by name. */
function declared(config: DetectorConfig, training = true): ReadonlyMap<string, readonly number[]> {
  const trace = new Trace();
  const size = config.imageSize;
  detector(new Scope(trace), input("image", "f32", [2, 3, size, size]), { ...config, training });
  return new Map([...trace.parameters].map(([name, { shape }]) => [name, shape]));
}

describe("detector()", () => {
  test("gives a map for each scale, the coarsest first, of its own number of anchors", () => {
    const anchors = [
      CONFIG.anchors[0] ?? [],
      (CONFIG.anchors[1] ?? []).slice(0, 1),
      [[3, 3]],
    ] as const;
    const image = input("image", "f32", IMAGE);
    const options = { ...CONFIG, anchors, training: true };
    const maps = detector(new Scope(new Trace()), image, options);
    assert.deepEqual(
      maps.map(({ shape }) => shape),
      [
        [2, 21, 2, 2],
        [2, 7, 4, 4],
        [2, 7, 8, 8],
      ],
    );
    assert.deepEqual(detectorGrids({ imageSize: 224, patch: 16 }), [7, 14, 28]);
  });

  test("has the same parameters in training and evaluation, of the published widths", () => {
    const { channels: _, ...published } = CONFIG;
    const parameters = declared({ ...published, expansion: 8 });
    assert.deepEqual(declared({ ...published, expansion: 8 }, false), parameters);
    const shapes: Readonly<Record<string, readonly number[]>> = {
      "backbone.encoder.det_head.weight": [8, 8],
      "backbone.layers.traspose.weight": [1024, 8, 1, 1],
      "backbone.layers.transpose1.bias": [512],
      "backbone.layers.downsample.weight": [2048, 8, 1, 1],
      "backbone.layers.layer3.conv2.weight": [256, 256, 3, 3],
      "embedding0.0.conv.weight": [512, 2048, 1, 1],
      "embedding1_cbl.conv.weight": [256, 512, 1, 1],
      "embedding1.0.conv.weight": [256, 1280, 1, 1],
      "embedding2.0.conv.weight": [128, 640, 1, 1],
      "embedding2.conv_out.weight": [21, 256, 1, 1],
    };
    for (const [name, shape] of Object.entries(shapes))
      assert.deepEqual(parameters.get(name), shape, name);
    assert.ok(!parameters.has("backbone.layers.downsample.bias"));
    const wider = declared({ ...published, expansion: 4 });
    assert.deepEqual(wider.get("backbone.layers.layer3.conv2.weight"), [512, 512, 3, 3]);
  });

  test("is its head over its features, which hold nothing that is trained with a frozen encoder", () => {
    const layer = traceLayer(
      (s, { image }) => {
        const features = detectorFeatures(s, image, CONFIG);
        return [
          ...detector(s, image, { ...CONFIG, training: false }),
          ...detectorHead(s, features, { ...CONFIG, training: false }),
        ];
      },
      { image: normal(...IMAGE) },
    );
    for (const k of [0, 1, 2]) {
      const [actual, expected] = [layer.output(k), layer.output(3 + k)];
      assertClose({ what: `map ${k}`, actual, expected, tolerance: 1e-12 });
    }
    const trace = new Trace();
    detectorFeatures(new Scope(trace), input("image", "f32", IMAGE), CONFIG);
    const names = [...trace.parameters.keys()];
    assert.ok(names.every((name) => /^backbone\.encoder\.(?!det_head)/.test(name)));
    assert.ok(!names.some((name) => name.startsWith("backbone.encoder.norm")));
  });

  test("refuses images whose scales do not fit, and channels that do not divide", () => {
    assert.throws(
      () => declared({ ...CONFIG, imageSize: 40 }),
      (error) => error instanceof ConfigError && /there are 5 along a side/.test(error.message),
    );
    const narrow = { ...CONFIG, expansion: 16 };
    assert.throws(() => declared(narrow), /32, 16, 8 channels with expansion 16/);
    const odd = { ...CONFIG, channels: [32, 16, 6] as const, expansion: 2 };
    assert.throws(() => declared(odd), ConfigError);
  });
});
