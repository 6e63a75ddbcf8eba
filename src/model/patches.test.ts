import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { normal } from "../../test/draw.ts";
import { read } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { input } from "../engine/tensor.ts";
import { ShapeError } from "../util/errors.ts";
import { patchify, unpatchify } from "./patches.ts";

const IMAGE = { image: normal(2, 3, 4, 6) };

describe("patchify()", () => {
  for (const order of ["channel-row-column", "row-column-channel"] as const) {
    test(`puts every pixel where it belongs, ${order}`, () => {
      const layer = traceLayer((_, { image }) => patchify(image, 2, order), IMAGE);
      const [image, patches] = [layer.value("image"), layer.output()];
      assert.deepEqual(patches.shape, [2, 6, 12]);
      for (let b = 0; b < 2; b++) {
        for (let c = 0; c < 3; c++) {
          for (let y = 0; y < 4; y++) {
            for (let x = 0; x < 6; x++) {
              const patch = Math.floor(y / 2) * 3 + Math.floor(x / 2);
              const [row, column] = [y % 2, x % 2];
              const element =
                order === "channel-row-column"
                  ? c * 4 + row * 2 + column
                  : (row * 2 + column) * 3 + c;
              assert.equal(read(patches, [b, patch, element]), read(image, [b, c, y, x]));
            }
          }
        }
      }
    });
  }
});

test("patchify() refuses a side that is no multiple of the patch", () => {
  assert.throws(
    () => patchify(input("image", "f32", [2, 3, 4, 6]), 4, "row-column-channel"),
    new ShapeError("Cannot cut f32[2,3,4,6] into patches of 4 × 4: a side is no multiple of 4"),
  );
});

describe("unpatchify()", () => {
  test("undoes patchify(), and the other way round", () => {
    const image = traceLayer(
      (_, x) => unpatchify(patchify(x.image, 2, "row-column-channel"), { patch: 2, channels: 3 }),
      { image: normal(2, 3, 6, 6) },
    );
    assert.deepEqual(image.output(), image.value("image"));
    const patches = traceLayer(
      (_, x) => patchify(unpatchify(x.patches, { patch: 2, channels: 3 }), 2, "row-column-channel"),
      { patches: normal(2, 9, 12) },
    );
    assert.deepEqual(patches.output(), patches.value("patches"));
    checkTracedGradients(patches, { elements: 20 });
  });
});
