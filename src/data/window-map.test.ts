import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeWindowMap, encodeWindowMap, WINDOW_MAP_TEXT } from "./window-map.ts";

describe("encodeWindowMap()", () => {
  test("keeps a map to half a step of its square root, in 264 characters", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 196, maxLength: 196 }),
        (map) => {
          const text = encodeWindowMap(map);
          assert.match(text, WINDOW_MAP_TEXT);
          assert.equal(text.length, 264);
          const peak = Math.max(...map);
          for (const [cell, level] of decodeWindowMap(text).entries()) {
            const expected = peak > 0 ? 255 * Math.sqrt((map[cell] ?? 0) / peak) : 0;
            assert.ok(Math.abs(Math.sqrt(level) - expected) <= 0.5 + 1e-9);
          }
          // What was read is written the same again.
          assert.equal(encodeWindowMap(decodeWindowMap(text)), peak > 0 ? text : ZEROS);
        },
      ),
      { seed: 4, numRuns: 100 },
    );
  });

  test("keeps the steps of weak patches beside one that draws nearly everything", () => {
    const map = Array.from({ length: 196 }, (_, cell) => (cell === 0 ? 0.9 : 0.0004 + cell * 1e-6));
    const decoded = decodeWindowMap(encodeWindowMap(map));
    const ratio = ((decoded[195] ?? 0) * 0.9) / (decoded[0] ?? 0) / (map[195] ?? 1);
    assert.ok(Math.abs(ratio - 1) < 0.2, `${ratio}`);
  });

  test("refuses another number of cells", () => {
    assert.throws(() => encodeWindowMap([1]), /Cannot write a map of 1 cells: 196 expected/);
    assert.throws(() => decodeWindowMap("AAAA"), /Cannot read a map of 3 bytes: 196 expected/);
  });
});

const ZEROS = encodeWindowMap(new Float64Array(196));
