import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { exactly, normal } from "../../test/draw.ts";
import { NANO } from "../../test/nano-model.ts";
import { build, read } from "../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../test/trace-layer.ts";
import { pixelDecoder } from "./pixel-decoder.ts";

/** The decoder of one sample's latent, [1, 1 + n, 8], with the patches at these places of the shuffled order. */
function decode(restore: readonly number[], latent: readonly number[]): TracedLayer {
  return traceLayer((s, inputs) => pixelDecoder(s, inputs.latent, inputs.restore, NANO), {
    latent: exactly("f32", [1, latent.length / 8, 8], latent),
    restore: exactly("i64", [1, 4], restore),
  });
}

const tokens = [...traceLayer((_, { x }) => x, { x: normal(5, 8) }).value("x").data];
/** Token rows by number; 0 is the class token. */
const rows = (...order: readonly number[]): number[] =>
  order.flatMap((row) => tokens.slice(8 * row, 8 * row + 8));

describe("pixelDecoder()", () => {
  test("puts every token back to its patch", () => {
    const straight = decode([0, 1, 2, 3], rows(0, 1, 2, 3, 4)).output();
    assert.deepEqual(straight.shape, [1, 4, 12]);
    // Shuffled order: patches 3, 1, 4, 2; so patch 1 stands at place 1, patch 2 at place 3 …
    const shuffled = decode([1, 3, 0, 2], rows(0, 3, 1, 4, 2)).output();
    assertClose({ what: "pred", actual: shuffled, expected: straight, tolerance: 1e-12 });
  });

  test("fills removed patches with the mask token, told apart by their positions only", () => {
    const masked = decode([1, 2, 0, 3], rows(0, 3, 1));
    const exchanged = decode([1, 3, 0, 2], rows(0, 3, 1));
    assert.deepEqual(masked.output(), exchanged.output());
    assert.ok(masked.trace.parameters.has("layer.mask_token"));
    const pred = masked.output();
    const first = build([12], ([i = 0]) => read(pred, [0, 1, i]));
    const second = build([12], ([i = 0]) => read(pred, [0, 3, i]));
    assert.notDeepEqual(first, second);
    checkTracedGradients(masked, { elements: 3 });
  });
});
