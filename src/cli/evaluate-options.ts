/** @file The options of `ecamp evaluate` that are about one kind of model. */
import type { Uncertain } from "../data/labels.ts";
import type { BooleanOption, ChoiceOption, NumberOption, StringOption } from "./option.ts";

/** Their names and kinds. */
interface EvaluateOptions {
  readonly threshold: StringOption & { readonly default: string };
  readonly uncertain: ChoiceOption & {
    readonly choices: readonly Uncertain[];
    readonly default: Uncertain;
  };
  readonly "min-positives": NumberOption & { readonly default: number };
  readonly "min-objectness": NumberOption;
  readonly "small-below": NumberOption & { readonly default: number };
  readonly pictures: NumberOption & { readonly default: number };
  readonly "include-cases": BooleanOption;
}

/** For classifiers, for detectors, for both that mark places. */
export const EVALUATE_OPTIONS: EvaluateOptions = {
  threshold: {
    type: "string",
    default: "youden",
    metavar: "RULE",
    help: "classifiers: youden, f1, or sensitivity=0.9 on the split val",
  },
  uncertain: {
    type: "choice",
    choices: ["ignore", "zeros", "ones"],
    default: "ignore",
    help: "classifiers: what an uncertain label counts as where it judges, whatever it did in training",
  },
  "min-positives": {
    type: "integer",
    min: 0,
    default: 0,
    help: "classifiers: records a mean's class needs",
  },
  "min-objectness": {
    type: "number",
    min: 0,
    max: 1,
    help: "detectors: boxes below it are no detections; if absent the model's own, and 0.5 in pictures",
  },
  "small-below": {
    type: "number",
    min: 0,
    max: 1,
    default: 0.01,
    help: "masks and boxes: a lesion of less than this share of its image is small",
  },
  pictures: {
    type: "integer",
    min: 0,
    default: 0,
    metavar: "N",
    help: "masks and boxes: draw N best, middle and worst cases, truth beside prediction",
  },
  "include-cases": { type: "boolean", help: "draw them of a private dataset too" },
};
