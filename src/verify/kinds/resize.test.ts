import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  failuresOf,
  mapElements,
  namesOf,
  openCopy,
  withFields,
  withTensors,
} from "../../../test/fixture-copy.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { replayResize } from "./resize.ts";

const OPTIONS = { device: "cpu", threads: 1 };

/** Rows for columns. */
function transposed({ dtype, shape, data }: NdArray): NdArray {
  const [height = 0, width = 0] = shape;
  const values = Array.from(data, Number);
  const turned = values.map((_, i) => values[(i % height) * width + Math.floor(i / height)] ?? 0);
  return ndArray(dtype, [width, height], turned);
}

describe("replayResize()", () => {
  test("finds every recorded picture equal", async () => {
    const fixture = await openCopy("bicubic-small");
    const findings = await replayResize(fixture, OPTIONS);
    assert.deepEqual(namesOf(findings), ["out/448x448", "out/450x300"]);
    assert.deepEqual(failuresOf(findings), []);
  });

  test("takes sizes and normalisation from the fixture", async () => {
    const fixture = await openCopy("bicubic-small");
    const turned = withFields(fixture, { config: { sizes: [[300, 450]] } });
    const tensor = async (name: string): Promise<NdArray> =>
      transposed(await fixture.tensor(name.replace("300x450", "450x300")));
    const findings = await replayResize({ ...turned, tensor }, OPTIONS);
    assert.deepEqual(namesOf(findings), ["out/300x450"]);
    assert.deepEqual(failuresOf(findings), []);
    const darker = withFields(fixture, { config: { mean: 0.473 } });
    assert.equal(failuresOf(await replayResize(darker, OPTIONS)).length, 2);
  });

  test("notices another pixel in a picture and another number in a result", async () => {
    const fixture = await openCopy("bicubic-small");
    for (const tampered of ["in/450x300_u8", "out/450x300"]) {
      const changed = withTensors(fixture, (name, array) =>
        name === tampered
          ? mapElements(array, (value, position) => (position === 5000 ? value + 1 : value))
          : array,
      );
      assert.deepEqual(failuresOf(await replayResize(changed, OPTIONS)), ["out/450x300"]);
    }
  });
});
