import assert from "node:assert/strict";
import { test } from "node:test";
import { phraseCounter } from "./count-phrases.ts";

test("phraseCounter() counts reports by whole words, each phrase for itself", () => {
  const counter = phraseCounter(["there is no", "is no", "no"]);
  for (const report of ["There is  NO mass. There is no node.", "It is.no", "nothing", " \n", ""]) {
    counter.add(report);
  }
  assert.equal(counter.reports, 3);
  assert.deepEqual(
    [...counter.counts],
    [
      ["there is no", 1],
      ["is no", 1],
      ["no", 2],
    ],
  );
});
