import assert from "node:assert/strict";
import { test } from "node:test";
import { classWords } from "./mask-writer.ts";

test("classWords() are safe in names of files, without dots, and unlike each other", () => {
  const names = ["disc", "Disc", "../up", "a.png", "Kleine Läsion", "x/y", "x:y", "ß".repeat(99)];
  const words = classWords(names);
  assert.deepEqual(
    names.map((name) => words.get(name)),
    ["disc", "Disc-2", "-up", "a-png", "Kleine-Läsion", "x-y", "x-y-2", "ß".repeat(64)],
  );
});

test("classWords() do not meet a class that is called like a counted one", () => {
  const words = classWords(["x", "X", "x-2"]);
  assert.equal(new Set([...words.values()].map((word) => word.toLowerCase())).size, 3);
});
