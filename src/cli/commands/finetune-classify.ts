/** @file `ecamp finetune classify`. */
import { type Command, defineCommand } from "../command.ts";
import { FINETUNE_COURSE, FINETUNE_INPUTS } from "../finetune-options.ts";

/** Trains a classifier on labelled radiographs. */
export const finetuneClassify: Command = defineCommand({
  path: ["finetune", "classify"],
  summary: "train a classifier on labelled images",
  description: `Learns the classes of a dataset from its split "train", starting from a pre-trained encoder, and keeps the model that is
best on its split "val": by mean AUROC where records have any number of classes, by accuracy where they have one. Without
--weights the encoder is drawn, which is what pre-training must beat. --probe trains a linear head on features of the
frozen encoder, which are computed once.

--labels 10% learns from the tenth of the training records that "ecamp data split" has chosen. A patient who stands in two
splits stops the run. Values come from the defaults, the recipe, --config, --set and these flags; the later win, and
"ecamp finetune classify --out x --dry-run" shows them all. The run's folder holds config.json, log.jsonl, the last
checkpoint, best/ and, where records were skipped, skipped.jsonl.`,
  positionals: {},
  options: {
    ...FINETUNE_INPUTS,
    probe: { type: "boolean", help: "train only a linear head" },
    recipe: { type: "string", metavar: "NAME", help: "finetune, probe, chestxray14-10 …" },
    uncertain: {
      type: "choice",
      choices: ["ignore", "zeros", "ones"],
      help: "what an uncertain label counts as",
    },
    ...FINETUNE_COURSE,
  },
  examples: [
    {
      line: "finetune classify --data datasets/nih --weights runs/a --labels 10% --out runs/nih10",
      does: "fine-tune a pre-trained encoder",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runFinetuneClassify } = await import("../run-finetune-classify.ts");
    return runFinetuneClassify(args, context);
  },
});
