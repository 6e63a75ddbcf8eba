/** @file `ecamp compare`. */
import { type Command, defineCommand } from "../command.ts";

/** The paired difference of two classifiers. */
export const compare: Command = defineCommand({
  path: ["compare"],
  summary: "the paired difference of two classifiers, with p",
  description: `Compares the figures that "ecamp evaluate" wrote for two runs on the same split of the same dataset: A minus B, with the
95 % interval and p of a bootstrap in which both see the same patients, and for each class's AUROC the p of DeLong's
test. Records, patients and labels must be the same in both; otherwise it says what differs.`,
  positionals: {
    a: { help: "a run's folder, or one that figures were written into" },
    b: { help: "the other" },
  },
  options: {
    split: {
      type: "choice",
      choices: ["test", "val", "train"],
      default: "test",
      help: "what was scored",
    },
    "min-positives": { type: "integer", min: 0, default: 0, help: "records a mean's class needs" },
    resamples: { type: "integer", min: 1, default: 2000, help: "of the bootstrap" },
    seed: { type: "integer", min: 0, default: 0, help: "what the resamples derive from" },
    json: { type: "boolean", help: "print the comparison as JSON" },
  },
  examples: [
    {
      line: "compare runs/nih10 runs/nih10-random",
      does: "was pre-training worth it, and how sure is that",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runCompare } = await import("../run-compare.ts");
    return runCompare(args, context);
  },
});
