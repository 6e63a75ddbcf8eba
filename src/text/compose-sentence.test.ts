import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { composeSentence } from "./compose-sentence.ts";

/** The sentence for given draws, and how many were taken. */
function compose(
  report: string,
  { context = "C.", draws }: { context?: string; draws: readonly number[] },
): [sentence: string, drawn: number] {
  let drawn = 0;
  const sentence = composeSentence({ report, context }, () => draws[drawn++] ?? Number.NaN);
  return [sentence, drawn];
}

test("composeSentence() leaves the report alone at 0.8 and above, with one draw", () => {
  assert.deepEqual(compose("A. B.", { draws: [0.8, 0] }), ["[CLS] A. B.", 1]);
  assert.deepEqual(compose("A. B.", { draws: [0.7999, 0] }), ["[CLS] C.A. B.", 2]);
});

test("composeSentence() inserts before any sentence and after the empty last one", () => {
  // "A. B." has the parts "A", " B" and "": four places, a quarter of the second draw each.
  const at = (draw: number): string => compose("A. B.", { draws: [0, draw] })[0];
  assert.equal(at(0), "[CLS] C.A. B.");
  assert.equal(at(0.25), "[CLS] A.C. B.");
  assert.equal(at(0.5), "[CLS] A. B.C.");
  assert.equal(at(0.75), "[CLS] A. B.C.");
  assert.equal(at(0.999), "[CLS] A. B.C.");
});

test("composeSentence() ends what has no final dot with one, when it inserts", () => {
  assert.deepEqual(compose("A", { draws: [0, 0.5] }), ["[CLS] A.C.", 2]);
  assert.deepEqual(compose("A", { draws: [0.9] }), ["[CLS] A", 1]);
});

test("composeSentence() takes both draws for an empty context, and rewrites the report", () => {
  assert.deepEqual(compose("A", { context: "", draws: [0, 0] }), ["[CLS] A.", 2]);
});

test("composeSentence() accepts an empty report", () => {
  assert.deepEqual(compose("", { draws: [0, 0] }), ["[CLS] C.", 2]);
  assert.deepEqual(compose("", { draws: [0, 0.9] }), ["[CLS] .C.", 2]);
  assert.deepEqual(compose("", { draws: [0.9] }), ["[CLS] ", 1]);
});

test("composeSentence() halves doubled dots once, from the left, in both branches", () => {
  assert.deepEqual(compose("A.. B...", { draws: [0.9] })[0], "[CLS] A. B..");
  // parts "A", "", "" give "A." + "." + "." after "C."
  assert.deepEqual(compose("A..", { draws: [0, 0] })[0], "[CLS] C.A..");
});

test("composeSentence() cuts decimals as it cuts sentences", () => {
  assert.equal(compose("2.5 cm", { draws: [0, 0.4] })[0], "[CLS] 2.C.5 cm.");
});

test("composeSentence() keeps every word of report and context", () => {
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.string(), fc.string(), draw, draw, (report, context, insert, location) => {
      const [sentence] = compose(report, { context, draws: [insert, location] });
      const bare = (text: string): string => text.replaceAll(".", "");
      const rest = bare(sentence.slice("[CLS] ".length));
      assert.equal(rest.length, bare(report).length + (insert < 0.8 ? bare(context).length : 0));
      assert.ok(rest.includes(insert < 0.8 ? bare(context) : bare(report)));
    }),
    { seed: 6, numRuns: 300 },
  );
});
