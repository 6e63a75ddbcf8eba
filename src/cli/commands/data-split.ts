/** @file `ecamp data split`. */
import { type Command, defineCommand } from "../command.ts";

/** Splits a dataset by patient. */
export const dataSplit: Command = defineCommand({
  path: ["data", "split"],
  summary: "split a dataset by patient, with nested label fractions",
  description: `Deals the patients of a dataset out to train, val and test so that every class keeps its share in each, and marks which
training records 1 %, 10 %, … of the labels hold: each fraction is part of the next. The result is split.jsonl beside
the records, which stay as they are; every command then reads it in the place of their own splits. The same seed gives
the same split, whatever the order of the records.

With --keep, records that are in these splits already stay there, and the rest is split. What else there is of their
patients is left out of every split.`,
  positionals: { folder: { help: "the dataset folder" } },
  options: {
    fractions: {
      type: "string",
      metavar: "LIST",
      default: "1,10,100",
      help: "percentages of the labels that can be trained on",
    },
    seed: { type: "integer", min: 0, default: 0, help: "what every random number derives from" },
    ratio: {
      type: "string",
      metavar: "LIST",
      default: "70,10,20",
      help: "shares of train, val and test",
    },
    keep: {
      type: "choice",
      choices: ["none", "test", "val,test"],
      default: "none",
      help: "splits that records keep, such as an official test list",
    },
    force: { type: "boolean", help: "write over another split.jsonl" },
    json: { type: "boolean", help: "print the counts as JSON" },
  },
  examples: [
    { line: "data split datasets/nih --seed 1", does: "70, 10 and 20 % of the patients" },
    {
      line: "data split datasets/nih --keep val,test --fractions 1,10,100",
      does: "fractions of the training list that it has",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runSplit } = await import("../run-split.ts");
    return runSplit(args, context);
  },
});
