/** @file `ecamp distill score`. */
import { type Command, defineCommand } from "../command.ts";

/** Scores distilled findings against labels. */
export const distillScore: Command = defineCommand({
  path: ["distill", "score"],
  summary: "precision, recall and F1 of distilled findings against labels",
  description: `Compares the findings of a context.jsonl with labels that a reader gave to some of its reports, a line each:

  {"id": "12", "findings": [{"entity": "Edema", "status": "absent"}, {"entity": "Fracture", "status": "present"}]}

An entity is one of the sixteen labels, with one status in a report: present, absent or uncertain; a label that is not
named is not mentioned. Of several mentions in a report present wins over uncertain, and uncertain over absent. A finding
counts where label and status agree. Intervals are those of a bootstrap of reports.`,
  positionals: { contexts: { help: "the dataset folder, or a context.jsonl" } },
  options: {
    against: { type: "string", metavar: "FILE", required: true, help: "the labels" },
    resamples: { type: "integer", min: 1, default: 2000, help: "of the bootstrap" },
    seed: { type: "integer", min: 0, default: 0, help: "what the resamples derive from" },
    json: { type: "boolean", help: "print the figures as JSON" },
  },
  examples: [
    { line: "distill score datasets/mine --against labels.jsonl", does: "a table of figures" },
  ],
  run: async (args, context) => {
    const { runDistillScore } = await import("../run-distill-score.ts");
    return runDistillScore(args, context);
  },
});
