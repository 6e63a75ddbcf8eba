/** @file `ecamp evaluate`. */
import { type Command, defineCommand } from "../command.ts";
import { EVALUATE_OPTIONS } from "../evaluate-options.ts";

/** Figures of a trained model. */
export const evaluate: Command = defineCommand({
  path: ["evaluate"],
  summary: "figures of a trained model, with intervals",
  description: `Scores a split by the best model of a run of "ecamp finetune" and prints figures with 95 % intervals (a bootstrap of
patients) beside the floor that knowing nothing would reach. Classifiers: AUROC, average precision, calibration, and
decisions at a threshold that the run's own split val has chosen. Segmenters: Dice, IoU and the 95 % Hausdorff distance,
of all images and of those with something to find. Detectors: mean average precision (IoU 0.4 to 0.75; in full, and
filtered as the paper prints it) and sensitivity at 1/8 to 8 false alarms an image. A patient in two splits stops it, and so
do patients whom the run has seen, in its own dataset or as an equal record of another; --allow-leak goes on and says so in the
result. Patients of another dataset who only share names with the run's are a warning.

Writes predictions and all figures into RUN/evaluation/SPLIT, where "ecamp compare" finds them.`,
  positionals: { run: { help: "the run's folder" } },
  options: {
    split: { type: "choice", choices: ["test", "val", "train"], default: "test", help: "to score" },
    data: { type: "string", metavar: "DIR", help: "another dataset than the run's" },
    out: { type: "string", metavar: "DIR", help: "for the files; RUN/evaluation/SPLIT if absent" },
    ...EVALUATE_OPTIONS,
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
    { line: "evaluate runs/siim10 --pictures 3", does: "also draw best, middle and worst cases" },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runEvaluate } = await import("../run-evaluate.ts");
    return runEvaluate(args, context);
  },
});
