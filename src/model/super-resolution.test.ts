import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { normal } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { add, relu } from "../engine/ops/elementwise.ts";
import { conv3x3 } from "../nn/conv.ts";
import { resizeImage } from "../nn/resize.ts";
import { superResolution } from "./super-resolution.ts";

const IMAGE = { image: normal(1, 3, 4, 4) };

describe("superResolution()", () => {
  for (const finalRelu of [true, false]) {
    test(`adds two convolutions to the doubled image, final ReLU ${finalRelu ? "on" : "off"}`, () => {
      const layer = traceLayer(
        (s, { image }) => superResolution(s, image, { ...NANO, finalRelu }),
        IMAGE,
      );
      const byHand = traceLayer((s, { image }) => {
        const u = resizeImage(image, { height: 8, width: 8, interpolation: "bilinear" });
        const y = conv3x3(s.at("conv2"), relu(conv3x3(s.at("conv1"), u, 3)), 3);
        return finalRelu ? relu(add(y, u)) : add(y, u);
      }, IMAGE);
      const actual = layer.output();
      assert.deepEqual(actual.shape, [1, 3, 8, 8]);
      assert.equal(
        actual.data.some((value) => value < 0),
        !finalRelu,
      );
      assertClose({ what: "image", actual, expected: byHand.output(), tolerance: 1e-12 });
      checkTracedGradients(layer, { elements: 4 });
    });
  }
});
