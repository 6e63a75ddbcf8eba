import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ManifestError } from "../util/errors.ts";
import type { Box } from "./record.ts";
import { cutBox, isBeyond, knowsBoxes, usableBoxes } from "./usable-boxes.ts";

const size = { width: 100, height: 50 };
const box = (x: number, y: number, width: number, height: number, label = "mass"): Box => ({
  ...{ label, x, y, width, height },
});

describe("usableBoxes()", () => {
  test("leaves boxes inside alone, at the edge too, and those of other classes out", () => {
    const boxes = [box(0, 0, 100, 50), box(3.5, 4, 1, 2), box(1, 1, 1, 1, "lung")];
    const usable = usableBoxes({ boxes }, ["mass"], size);
    assert.deepEqual(usable, { boxes: boxes.slice(0, 2), repairs: {} });
  });

  test("cuts boxes at the edge, leaves out those outside, and counts both", () => {
    const boxes = [box(-5, 10, 10, 10), box(90, 40, 20, 20), box(100, 0, 5, 5), box(1, 2, 3, 4)];
    assert.deepEqual(usableBoxes({ boxes }, ["mass"], size), {
      boxes: [box(0, 10, 5, 10), box(90, 40, 10, 10), box(1, 2, 3, 4)],
      repairs: { "cut-box": 2, "dropped-box": 1 },
    });
  });

  test("refuses a record whose boxes all lie outside", () => {
    assert.throws(
      () => usableBoxes({ boxes: [box(500, 0, 5, 5), box(0, 60, 5, 5)] }, ["mass"], size),
      new ManifestError(
        "none of its 2 boxes lies in its picture of 100 x 50 pixels; are they in pixels of another file?",
      ),
    );
  });

  test("refuses more boxes than a model holds, and says how to raise it", () => {
    const boxes = Array.from({ length: 11 }, (_, i) => box(i, i, 2, 2));
    assert.throws(
      () => usableBoxes({ boxes }, ["mass"], size),
      /^ManifestError: it has 11 boxes, expected at most 10; raise maxBoxes to 11, /,
    );
    assert.equal(usableBoxes({ boxes }, ["mass"], { ...size, maxBoxes: 11 })?.boxes.length, 11);
    // What lies outside does not count.
    const outside = [...boxes.slice(1), box(200, 0, 1, 1)];
    assert.equal(usableBoxes({ boxes: outside }, ["mass"], size)?.boxes.length, 10);
  });

  test("knows of a picture without boxes by an empty list, or by labels that deny every class", () => {
    const none = { boxes: [], repairs: {} };
    assert.deepEqual(usableBoxes({ boxes: [] }, ["mass"], size), none);
    assert.deepEqual(usableBoxes({ labels: { mass: 0 } }, ["mass"], size), none);
    assert.equal(usableBoxes({ labels: { mass: 0 } }, ["mass", "lung"], size), undefined);
    assert.equal(usableBoxes({ labels: { mass: 1 } }, ["mass"], size), undefined);
    assert.equal(usableBoxes({}, ["mass"], size), undefined);
    assert.equal(knowsBoxes({ labels: { mass: -1 } }, ["mass"]), false);
  });

  test("any box: what is left lies inside both it and the picture", () => {
    const side = fc.double({ min: -200, max: 200, noNaN: true });
    const extent = fc.double({ min: 1e-3, max: 300, noNaN: true });
    fc.assert(
      fc.property(side, side, extent, extent, (x, y, width, height) => {
        const whole = box(x, y, width, height);
        const left = cutBox(whole, size);
        const touches = x < 100 && y < 50 && x + width > 0 && y + height > 0;
        assert.equal(left !== undefined, touches);
        if (left === undefined) return;
        assert.ok(!isBeyond(left, size));
        assert.ok(left.width > 0 && left.width <= width && left.height <= height);
        assert.ok(left.x >= x && left.y >= y);
        assert.deepEqual(cutBox(left, size), left);
      }),
      { seed: 7 },
    );
  });
});
