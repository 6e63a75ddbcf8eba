import assert from "node:assert/strict";
import { test } from "node:test";
import { filmId, splitOf } from "./film-record.ts";

test("splitOf() deals every ten films eight to train, one to val, one to test", () => {
  for (let start = 0; start < 200; start += 10) {
    const splits = Array.from({ length: 10 }, (_, i) => splitOf({ seed: 2, index: start + i }));
    assert.equal(splits.filter((split) => split === "train").length, 8);
    assert.equal(splits.filter((split) => split === "val").length, 1);
  }
});

test("splitOf() deals in another order in every ten and for every seed", () => {
  const places = (seed: number): string =>
    Array.from({ length: 100 }, (_, index) => splitOf({ seed, index }).charAt(1)).join("");
  assert.notEqual(places(1), places(2));
  assert.ok(new Set(places(1).match(/.{10}/g)).size > 5);
});

test("filmId() tells seeds and films apart", () => {
  assert.equal(filmId({ seed: 1, index: 23 }), "phantom-1-000023");
  assert.notEqual(filmId({ seed: 12, index: 3 }), filmId({ seed: 1, index: 23 }));
});
