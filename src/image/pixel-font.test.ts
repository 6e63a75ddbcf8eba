import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LETTER_HEIGHT, pixelWord } from "./pixel-font.ts";

describe("pixelWord()", () => {
  test("sets letter beside letter", () => {
    assert.deepEqual(pixelWord("it"), [
      "# #####",
      "#   #  ",
      "#   #  ",
      "#   #  ",
      "#   #  ",
      "#   #  ",
      "#   #  ",
    ]);
  });

  test("has letters of equal height whose rows are of equal length, each unlike the others", () => {
    const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-_+=<>/%()'";
    const drawn = Array.from(all, (letter) => {
      const rows = pixelWord(letter);
      assert.equal(rows.length, LETTER_HEIGHT, letter);
      assert.equal(new Set(rows.map((row) => row.length)).size, 1, letter);
      return rows.join("\n");
    });
    assert.equal(new Set([...drawn, pixelWord("☃").join("\n")]).size, all.length + 1);
  });

  test("leaves accents away, and draws a box for a letter of another script", () => {
    assert.deepEqual(pixelWord("Épanchement"), pixelWord("EPANCHEMENT"));
    assert.deepEqual(pixelWord("胸"), pixelWord("肺"));
    assert.equal(pixelWord("胸")[0], "#####");
  });
});
