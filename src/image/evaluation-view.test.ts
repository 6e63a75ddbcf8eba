import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluationView } from "./evaluation-view.ts";
import { raster } from "./raster.ts";

describe("evaluationView()", () => {
  test("resizes the shorter side, takes the middle and makes it grey", () => {
    // 4 × 2: columns of 0, 100, 200, 50; the middle two remain.
    const columns = [0, 100, 200, 50];
    const grey = Uint8Array.from([...columns, ...columns]);
    const wide = raster({ width: 4, height: 2, channels: 1, data: grey });
    assert.deepEqual([...evaluationView(wide, { size: 2 }).data], [100, 200, 100, 200]);
    const red = raster({
      width: 2,
      height: 2,
      channels: 3,
      data: Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0),
    });
    assert.deepEqual([...evaluationView(red, { size: 2 }).data], [76, 76, 76, 76]);
  });

  test("cuts the middle out of a larger view where that is wanted", () => {
    const data = Uint8Array.from({ length: 16 }, (_, i) => 10 * i);
    const square = raster({ width: 4, height: 4, channels: 1, data });
    const view = evaluationView(square, { size: 2, shorterSide: 4 });
    assert.deepEqual([...view.data], [50, 60, 90, 100]);
  });
});
