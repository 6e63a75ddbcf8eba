import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { escapeControls, escapeLine } from "./escape-controls.ts";

/** Any characters, those that matter more often. */
const text = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x2100 }).map((code) => String.fromCharCode(code)),
      fc.constantFrom("\u001b", "\u009b", "\u007f", "\r", "\n", "\t", "\u202e", "\u2066", "𝛼"),
    ),
  )
  .map((parts) => parts.join(""));

describe("escapeControls()", () => {
  test("shows what would steer a terminal, and keeps lines and every other script", () => {
    assert.equal(
      escapeControls("a\u001b[2Jb\u009b1mc\r\u0007"),
      "a\\u001b[2Jb\\u009b1mc\\u000d\\u0007",
    );
    assert.equal(escapeControls("\u202eevil\u2069"), "\\u202eevil\\u2069");
    assert.equal(escapeControls("Röntgen\t𝛼 胸部\nשלום\n"), "Röntgen\t𝛼 胸部\nשלום\n");
  });

  test("leaves JSON the same value, whatever it holds", () => {
    fc.assert(
      fc.property(text, (value) => {
        assert.equal(JSON.parse(escapeControls(JSON.stringify({ value }))).value, value);
      }),
      { numRuns: 500, seed: 13 },
    );
  });

  test("leaves nothing more to escape", () => {
    fc.assert(
      fc.property(text, (value) => {
        assert.equal(escapeControls(escapeLine(value)), escapeLine(value));
        assert.equal(escapeControls(escapeControls(value)), escapeControls(value));
      }),
      { numRuns: 500, seed: 13 },
    );
  });
});

describe("escapeLine()", () => {
  test("keeps a text on its line", () => {
    assert.equal(escapeLine("norm\n\tlooks like\u2028x"), "norm\\u000a\\u0009looks like\\u2028x");
  });
});
