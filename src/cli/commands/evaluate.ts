/** @file `ecamp evaluate`. */
import { type Command, defineCommand } from "../command.ts";

/** Figures of a trained classifier. */
export const evaluate: Command = defineCommand({
  path: ["evaluate"],
  summary: "figures of a trained classifier, with intervals",
  description: `Scores a split by the best model of a run of "ecamp finetune classify" and prints for each class the area under the ROC
curve and average precision with 95 % intervals (a bootstrap of patients) and calibration; where records have any number
of classes also sensitivity, specificity, precision, F1 and balanced accuracy at a threshold that the split val of the
run's own dataset has chosen; where they have one, accuracy and the confusion of the decisions. Beside figures stands
the floor that knowing nothing would reach. Classes that cannot be scored are named. A patient in two splits, or one
that the run has seen in training, stops it; --allow-leak goes on and says so in the result.

Writes the predictions and all figures (sensitivity and specificity too, which --json prints) into RUN/evaluation/SPLIT,
where "ecamp compare" finds them.`,
  positionals: { run: { help: "the run's folder" } },
  options: {
    split: { type: "choice", choices: ["test", "val", "train"], default: "test", help: "to score" },
    data: { type: "string", metavar: "DIR", help: "another dataset than the run's" },
    out: { type: "string", metavar: "DIR", help: "for the files; RUN/evaluation/SPLIT if absent" },
    threshold: {
      type: "string",
      default: "youden",
      metavar: "RULE",
      help: "youden, f1, or sensitivity=0.9",
    },
    uncertain: {
      type: "choice",
      choices: ["ignore", "zeros", "ones"],
      default: "ignore",
      help: "what an uncertain label counts as where it judges, whatever it did in training",
    },
    "min-positives": { type: "integer", min: 0, default: 0, help: "records a mean's class needs" },
    resamples: { type: "integer", min: 1, default: 2000, help: "of the bootstrap" },
    seed: { type: "integer", min: 0, default: 0, help: "what the resamples derive from" },
    "allow-leak": { type: "boolean", help: "go on though the model has seen who judges it" },
    device: { type: "string", help: "the execution provider, see ecamp doctor" },
    threads: { type: "integer", min: 1, help: "its threads; those of the run if absent" },
    workers: { type: "integer", min: 0, help: "threads that prepare images" },
    "on-bad-record": { type: "choice", choices: ["error", "skip"], help: "an unreadable one" },
    json: { type: "boolean", help: "print the figures as JSON" },
  },
  examples: [
    { line: "evaluate runs/nih10 --split test", does: "a table of figures" },
    {
      line: "evaluate runs/nih10 --threshold sensitivity=0.9",
      does: "thresholds that find nine in ten on the validation split",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runEvaluate } = await import("../run-evaluate.ts");
    return runEvaluate(args, context);
  },
});
