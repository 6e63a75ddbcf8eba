import assert from "node:assert/strict";
import { test } from "node:test";
import { plane } from "./plane.ts";
import { joinPiece, TubePainter } from "./tubes.ts";

const SIZE = 40;

function sum(data: Float32Array): number {
  return data.reduce((total, value) => total + value, 0);
}

test("add() draws the chord of a cylinder across a straight tube", () => {
  const target = plane(SIZE);
  new TubePainter(SIZE).add(target, [
    { x: -20, y: 20.5, radius: 5, gain: 10 },
    { x: 60, y: 20.5, radius: 5, gain: 10 },
  ]);
  for (const [row, offset] of [
    [20, 0],
    [17, 3],
    [24, 4],
  ] as const) {
    const chord = 10 * Math.sqrt(1 - (offset / 5) ** 2);
    assert.ok(Math.abs((target.data[row * SIZE + 20] ?? 0) - chord) < 1e-5, `row ${row}`);
  }
  assert.equal(target.data[10 * SIZE + 20], 0);
});

test("add() neither doubles nor tears a tube at its joints", () => {
  const straight = plane(SIZE);
  const jointed = plane(SIZE);
  const vertex = (x: number): { x: number; y: number; radius: number; gain: number } => ({
    x,
    y: 20.5,
    radius: 4,
    gain: 3,
  });
  const painter = new TubePainter(SIZE);
  painter.add(straight, [vertex(5), vertex(35)]);
  painter.add(jointed, [5, 11, 18, 19, 30, 35].map(vertex));
  for (const [i, value] of straight.data.entries()) {
    assert.ok(Math.abs(value - (jointed.data[i] ?? 0)) < 1e-5, `pixel ${i}`);
  }
});

test("add() adds to what another tube drew", () => {
  const target = plane(SIZE);
  const painter = new TubePainter(SIZE);
  const tube = [
    { x: 5, y: 20.5, radius: 3, gain: 2 },
    { x: 35, y: 20.5, radius: 3, gain: 2 },
  ];
  painter.add(target, tube);
  const once = sum(target.data);
  painter.add(target, tube);
  assert.ok(Math.abs(sum(target.data) - 2 * once) < 1e-3);
});

test("joinPiece() keeps the larger chord where pieces meet", () => {
  const target = plane(SIZE);
  const from = { x: 8, y: 20.5, radius: 3, gain: 6 };
  const to = { x: 30, y: 20.5, radius: 3, gain: 6 };
  joinPiece(target, from, to);
  const once = target.data.slice();
  joinPiece(target, from, to);
  assert.deepEqual(target.data, once);
  assert.ok(Math.abs((once[20 * SIZE + 20] ?? 0) - 6) < 1e-5);
});

test("joinPiece() draws tubes finer than a pixel fainter, not broken", () => {
  const target = plane(SIZE);
  const fine = { y: 20.3, radius: 0.2, gain: 0.4 };
  joinPiece(target, { x: 4, ...fine }, { x: 36, ...fine });
  for (let column = 6; column < 34; column++) {
    const value = target.data[20 * SIZE + column] ?? 0;
    assert.ok(value > 0 && value < 0.4, `column ${column}: ${value}`);
  }
});
