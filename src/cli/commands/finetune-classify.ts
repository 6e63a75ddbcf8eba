/** @file `ecamp finetune classify`. */
import { FIDELITY_NAMES } from "../../recipes/fidelity.ts";
import { type Command, defineCommand } from "../command.ts";

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
    out: { type: "string", metavar: "DIR", required: true, help: "the run's folder" },
    data: { type: "string", metavar: "DIR", help: "the dataset folder" },
    weights: { type: "string", metavar: "PATH", help: "the encoder: a run or a weight file" },
    labels: { type: "string", metavar: "PERCENT", help: "part of the labels, such as 10%" },
    probe: { type: "boolean", help: "train only a linear head" },
    "image-size": { type: "integer", min: 1, help: "its side, if not that of the weights" },
    recipe: { type: "string", metavar: "NAME", help: "finetune, probe, chestxray14-10 …" },
    fidelity: { type: "choice", choices: FIDELITY_NAMES, help: "whose column of switches to take" },
    uncertain: {
      type: "choice",
      choices: ["ignore", "zeros", "ones"],
      help: "what an uncertain label counts as",
    },
    "allow-leak": { type: "boolean", help: "go on though patients stand in two splits" },
    resume: { type: "boolean", help: "go on with the run in --out" },
    "allow-changed-data": { type: "boolean", help: "resume though the dataset has changed" },
    "stop-after": { type: "integer", min: 1, metavar: "STEP", help: "save and stop after STEP" },
    config: { type: "string", metavar: "FILE", help: "a JSON file of values" },
    set: { type: "list", metavar: "KEY=VALUE", help: "one value, such as train.lr=1e-4" },
    seed: { type: "integer", min: 0, help: "what every random number derives from" },
    device: { type: "string", help: "the execution provider, see ecamp doctor" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    workers: { type: "integer", min: 0, help: "threads that prepare images" },
    "on-bad-record": { type: "choice", choices: ["error", "skip"], help: "an unreadable one" },
    "dry-run": { type: "boolean", help: "only show all values" },
    json: { type: "boolean", help: "print the outcome as JSON" },
  },
  examples: [
    {
      line: "finetune classify --data datasets/nih --weights runs/a --labels 10% --out runs/nih10",
      does: "fine-tune a pre-trained encoder",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runFinetune } = await import("../run-finetune.ts");
    return runFinetune(args, context);
  },
});
