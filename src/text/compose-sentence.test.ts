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

test("composeSentence() with sentences puts the context between two, a space on either side", () => {
  const at = (report: string, draw: number): string => {
    const draws = [0, draw];
    return composeSentence(
      { report, context: "no edema.", sentences: "sentence" },
      () => draws.shift() ?? Number.NaN,
    );
  };
  const report = "A 2.5 cm nodule.. Seen by Dr. Lee.";
  assert.equal(at(report, 0), `[CLS] no edema. ${report}`);
  assert.equal(at(report, 0.34), "[CLS] A 2.5 cm nodule.. no edema. Seen by Dr. Lee.");
  assert.equal(at(report, 0.99), `[CLS] ${report} no edema.`);
  assert.equal(at("No nodule", 0.5), "[CLS] No nodule. no edema.");
  assert.equal(at("", 0.5), "[CLS] no edema.");
  assert.equal(at(" \n", 0.5), "[CLS] no edema.");
});

test("composeSentence() with sentences leaves the report as it is without a context, and takes the same draws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.boolean(), (report, inserts) => {
      let drawn = 0;
      const sentence = composeSentence({ report, context: " ", sentences: "sentence" }, () => {
        drawn += 1;
        return inserts ? 0.3 : 0.9;
      });
      assert.equal(sentence, `[CLS] ${report}`);
      assert.equal(drawn, inserts ? 2 : 1);
    }),
    { seed: 4 },
  );
});
