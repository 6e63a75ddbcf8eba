import assert from "node:assert/strict";
import { test } from "node:test";
import { smoothPlane } from "./smooth-plane.ts";

const SIZE = 50;

test("smoothPlane() leaves a constant as it is, at borders too", () => {
  const smooth = smoothPlane(new Float32Array(SIZE * SIZE).fill(7), {
    size: SIZE,
    block: 8,
    passes: 3,
  });
  const row = new Float32Array(SIZE);
  for (const y of [0, 24, SIZE - 1]) {
    smooth.readRow(y, row);
    for (const value of row) assert.ok(Math.abs(value - 7) < 1e-5);
  }
});

test("smoothPlane() follows a slope and flattens noise", () => {
  const slope = Float32Array.from(
    { length: SIZE * SIZE },
    (_, i) => (i % SIZE) + (i % 2 === 0 ? 5 : -5),
  );
  const row = new Float32Array(SIZE);
  smoothPlane(slope, { size: SIZE, block: 2, passes: 1 }).readRow(25, row);
  for (let column = 10; column < 40; column++) {
    assert.ok(Math.abs((row[column] ?? 0) - column) < 0.6, `column ${column}: ${row[column]}`);
  }
});
