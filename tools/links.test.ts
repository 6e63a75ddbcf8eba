import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenLinks } from "./links.ts";

const files: Readonly<Record<string, string>> = {
  "docs/parity.md": "# Parity\n\n## What `verify` says: now\n",
  "assets/demo.png": "",
};
const find = (path: string) => files[path];

test("brokenLinks() accepts files, anchors, other sites and what stands in code", () => {
  const text = [
    "# Top",
    "[parity](docs/parity.md) [same](#top) [part](docs/parity.md#what-verify-says-now)",
    '![demo](assets/demo.png) <img src="assets/demo.png" alt="x">',
    "[site](https://example.org/none.md) `[code](none.md)`",
    "```\n[block](none.md)\n```",
  ].join("\n");
  assert.deepEqual(brokenLinks("README.md", text, find), []);
});

test("brokenLinks() names missing files and headings, relative to the document", () => {
  assert.deepEqual(brokenLinks("docs/a.md", "[x](assets/demo.png) ![y](<../none.png>)", find), [
    'docs/a.md: "assets/demo.png" leads to "docs/assets/demo.png", which does not exist',
    'docs/a.md: "../none.png" leads to "none.png", which does not exist',
  ]);
  assert.deepEqual(brokenLinks("README.md", "[x](docs/parity.md#none)\n[r]: gone.md", find), [
    'README.md: "docs/parity.md#none" leads to no heading of "docs/parity.md"',
    'README.md: "gone.md" leads to "gone.md", which does not exist',
  ]);
});
