import assert from "node:assert/strict";
import { test } from "node:test";
import { normalize } from "./normalize.ts";

test("normalize() puts channels first", () => {
  const data = Uint8Array.of(0, 51, 255, 255, 51, 0);
  const { shape, data: out } = normalize(
    { width: 1, height: 2, channels: 3, data },
    { mean: 0, std: 1 },
  );
  assert.deepEqual(shape, [3, 2, 1]);
  assert.deepEqual(
    [...out],
    [0, 255, 51, 51, 255, 0].map((level) => Math.fround(level / 255)),
  );
});

test("normalize() rounds each of its steps to f32", () => {
  const data = Uint8Array.from({ length: 256 }, (_, level) => level);
  const statistics = { mean: 0.4721, std: 0.3037 };
  const { data: out } = normalize({ width: 256, height: 1, channels: 1, data }, statistics);
  const step = new Float32Array(1);
  const round = (value: number): number => {
    step[0] = value;
    return step[0];
  };
  const [mean, std] = [round(statistics.mean), round(statistics.std)];
  let unlikeDouble = 0;
  out.forEach((value, level) => {
    assert.equal(value, round(round(round(level / 255) - mean) / std));
    if (value !== round((level / 255 - statistics.mean) / statistics.std)) unlikeDouble++;
  });
  assert.ok(unlikeDouble > 0, "one rounding at the end would give the same numbers");
});
