import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UsageError } from "../util/errors.ts";
import { type EvaluateArgs, type EvaluatedKind, requireFitting } from "./evaluate-arguments.ts";

const ARGS: EvaluateArgs = {
  ...{ run: "runs/a", split: "test", data: undefined, out: undefined, allowLeak: false },
  ...{ threshold: "youden", uncertain: "ignore", minPositives: 0, minObjectness: undefined },
  ...{ smallBelow: 0.01, pictures: 0, includeCases: false, resamples: 2000, seed: 0, json: false },
  ...{ device: undefined, threads: undefined, workers: undefined, onBadRecord: undefined },
};

describe("requireFitting()", () => {
  test("refuses an option that means nothing to the model, and names whom it is for", () => {
    const refuses = (kind: EvaluatedKind, given: Partial<EvaluateArgs>, message: RegExp): void =>
      assert.throws(
        () => requireFitting(kind, { ...ARGS, ...given }),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, message);
          return true;
        },
      );
    refuses(
      "segmenter",
      { threshold: "0.5" },
      /--threshold: "runs\/a" is a segmenter, .* classifier$/,
    );
    refuses("segmenter", { minObjectness: 0.5 }, /--min-objectness is for a detector$/);
    refuses("detector", { uncertain: "ones" }, /--uncertain is for a classifier$/);
    refuses("detector", { minPositives: 5 }, /--min-positives/);
    refuses("classifier", { pictures: 3 }, /--pictures is for a segmenter or a detector$/);
    refuses("classifier", { smallBelow: 0.1 }, /--small-below/);
    refuses("classifier", { includeCases: true }, /--include-cases/);
  });

  test("takes what fits, and defaults that are spelt out", () => {
    requireFitting("classifier", { ...ARGS, threshold: "f1", uncertain: "ones", minPositives: 5 });
    requireFitting("segmenter", { ...ARGS, pictures: 3, includeCases: true, smallBelow: 0.1 });
    requireFitting("detector", { ...ARGS, minObjectness: 0.5, pictures: 3, threshold: "youden" });
  });
});
