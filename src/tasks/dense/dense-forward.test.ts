import assert from "node:assert/strict";
import { test } from "node:test";
import { SMALL_ENCODER } from "../../../test/finetune-runs.ts";
import type { SegmentationFields } from "../../data/segmentation-job.ts";
import { openDevice } from "../../engine/runtime/device.ts";
import { input } from "../../engine/tensor.ts";
import type { SegmenterConfig } from "../../model/heads/segmenter.ts";
import { initialValues } from "../../nn/initializers.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { ExecutionError } from "../../util/errors.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { segmentHead } from "../segment/segment-head.ts";
import { DenseForward } from "./dense-forward.ts";

const SIDE = SMALL_ENCODER.imageSize;
const CONFIG: SegmenterConfig = {
  ...SMALL_ENCODER,
  ...{ classes: ["Block", "Ghost"], decoders: "shared", decoderWidths: [8, 4] },
};
const HEAD = segmentHead(CONFIG, {});

function drawnParameters(): Map<string, NdArray<"f32">> {
  const trace = new Trace();
  const image = input("image", "f32", [1, 3, SIDE, SIDE]);
  HEAD.outputs(new Scope(trace), image, { training: false });
  return new Map(
    [...trace.parameters.values()].map(
      (parameter) => [parameter.name, initialValues({ ...parameter, seed: 3 })] as const,
    ),
  );
}

const pictures = (batch: number): NdArray =>
  ndArray(
    "u8",
    [batch, SIDE, SIDE],
    Uint8Array.from({ length: batch * SIDE * SIDE }, (_, i) => (i * 37) % 256),
  );

test("DenseForward gives each picture the same in batches of any size, and no losses unless asked", async () => {
  await using forward = new DenseForward<SegmentationFields>({
    ...{ head: HEAD, imageSize: SIDE, normalization: SMALL_ENCODER },
    ...{ device: openDevice({}), withLosses: false },
  });
  const parameters = drawnParameters();
  const both = await forward.run(pictures(2), parameters);
  const one = await forward.run(pictures(1), parameters);
  assert.deepEqual(both.losses, {});
  const [many = new Float32Array(), single = new Float32Array()] = [both, one].map(({ outputs }) =>
    outputs.get("logits"),
  );
  assert.equal(many.length, 2 * 2 * SIDE * SIDE);
  assert.ok(single.every((logit, i) => Math.abs(logit - (many[i] ?? Number.NaN)) < 1e-5));
  assert.ok(new Set(single).size > SIDE);
});

test("DenseForward refuses logits that are not finite", async () => {
  await using forward = new DenseForward<SegmentationFields>({
    ...{ head: HEAD, imageSize: SIDE, normalization: SMALL_ENCODER },
    ...{ device: openDevice({}), withLosses: false },
  });
  const parameters = drawnParameters();
  parameters.get("decoder.final_out.bias")?.data.fill(Number.NaN);
  await assert.rejects(forward.run(pictures(1), parameters), (error: unknown) => {
    assert.ok(error instanceof ExecutionError);
    assert.match(error.message, /its logits are not finite; .* or its training diverged/);
    return true;
  });
});
