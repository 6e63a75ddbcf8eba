import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { swapSides } from "./swap-sides.ts";

const PAIRS: readonly (readonly [string, string])[] = [
  ["There is a left effusion.", "There is a right effusion."],
  ["Left-sided port; the RIGHT apex is clear.", "Right-sided port; the LEFT apex is clear."],
  ["Left greater than right.", "Right greater than left."],
  ["Lt lung, rt lung.", "Rt lung, lt lung."],
  ["leftward shift of the trachea", "rightward shift of the trachea"],
  ["Mild levoscoliosis.", "Mild dextroscoliosis."],
  ["Levoconvex curvature, levo-rotated.", "Dextroconvex curvature, dextro-rotated."],
];

describe("swapSides()", () => {
  test("exchanges the words of side, in their case", () => {
    for (const [text, mirrored] of PAIRS) assert.equal(swapSides(text), mirrored);
  });

  test("gives the text back when it is done twice", () => {
    for (const pair of PAIRS)
      for (const text of pair) assert.equal(swapSides(swapSides(text)), text);
  });

  test("leaves other words alone", () => {
    const text =
      "A bright opacity is cleft; uprights and leftovers stay, so does LTOT and art, levofloxacin and dextrose.";
    assert.equal(swapSides(text), text);
  });
});
