/** @file `ecamp windows`. */
import { type Command, defineCommand } from "../command.ts";

/** Finds where reports look in their pictures. */
export const windows: Command = defineCommand({
  path: ["windows"],
  summary: "the part of each picture that its report attends to",
  description: `Lets a pre-trained model read each record's distilled context (the report, where there is none) and look at its picture, and
writes where it looks into DATASET/window.jsonl: the 12 × 12 of 14 × 14 super-patches that hold the most attention, and the
map itself. "ecamp pretrain" sharpens these windows in place of the middle. The model is a run of "ecamp pretrain", one
of its checkpoints, or the authors' weight file; nothing leaves this machine.

May be stopped at any time and called again: it goes on, and makes anew what was made of another text. The file is replaced
when all is made; windows by another model are replaced with --force only. Records without a picture or a text are counted
and left out.`,
  positionals: { dataset: { help: "the dataset folder" } },
  options: {
    weights: {
      type: "string",
      metavar: "PATH",
      required: true,
      help: "the model: a run, a checkpoint or a weight file",
    },
    tokenizer: {
      type: "string",
      metavar: "FILE",
      help: "its vocabulary; that of the run or of the dataset if absent",
    },
    out: { type: "string", metavar: "FILE", help: "DATASET/window.jsonl if absent" },
    batch: { type: "integer", min: 1, default: 16, help: "pairs at once" },
    force: { type: "boolean", help: "make every window anew, another model's too" },
    "on-bad-record": {
      type: "choice",
      choices: ["error", "skip"],
      default: "error",
      help: "a picture that cannot be read",
    },
    device: { type: "string", default: "cpu", help: "the execution provider, see ecamp doctor" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    json: { type: "boolean", help: "print the counts as JSON" },
  },
  examples: [
    { line: "windows datasets/mine --weights runs/a", does: "windows for the next pre-training" },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runWindows } = await import("../run-windows.ts");
    return runWindows(args, context);
  },
});
