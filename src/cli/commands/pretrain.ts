/** @file `ecamp pretrain`. */
import { FIDELITY_NAMES } from "../../recipes/fidelity.ts";
import { type Command, defineCommand } from "../command.ts";

/** Learns from pairs of radiographs and reports. */
export const pretrain: Command = defineCommand({
  path: ["pretrain"],
  summary: "learn from radiographs and their reports",
  description: `Trains the image encoder and the report decoder on a dataset folder by masked images, masked reports and
super-resolution at once. Writes into --out: config.json (every value and where it came from), log.jsonl (a line for each
update), events.out.tfevents.* (curves and pictures for TensorBoard; of a private dataset no pictures) and
checkpoints/step-NNNNNN/, each with model.safetensors, the optimiser's state and what resuming needs.

Values are taken from the defaults, the recipe, --config, --set and these flags; the later win. "ecamp recipes NAME"
shows them all. Ctrl-C finishes the step, saves and stops; "ecamp pretrain --out DIR --resume" goes on where it stopped,
and computes what the uninterrupted run would have computed.`,
  positionals: {},
  options: {
    out: { type: "string", metavar: "DIR", required: true, help: "the run's folder" },
    data: { type: "string", metavar: "DIR", help: "the dataset folder" },
    tokenizer: { type: "string", metavar: "FILE", help: "the vocabulary, a tokenizer.json" },
    recipe: { type: "string", metavar: "NAME", help: "where values start from; base if absent" },
    fidelity: { type: "choice", choices: FIDELITY_NAMES, help: "whose column of switches to take" },
    init: { type: "string", metavar: "PATH", help: "weights to start from: a file or a run" },
    resume: { type: "boolean", help: "go on with the run in --out" },
    "allow-changed-data": { type: "boolean", help: "resume though the dataset has changed" },
    replay: { type: "string", metavar: "STEP", help: "do a step again that has failed" },
    "stop-after": { type: "integer", min: 1, metavar: "STEP", help: "save and stop after STEP" },
    config: { type: "string", metavar: "FILE", help: "a JSON file of values" },
    set: { type: "list", metavar: "KEY=VALUE", help: "one value, such as train.lr=1e-4" },
    seed: { type: "integer", min: 0, help: "what every random number derives from" },
    device: { type: "string", help: "the execution provider, see ecamp doctor" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    workers: { type: "integer", min: 0, help: "threads that prepare pairs" },
    "checkpoint-minutes": { type: "number", min: 0, help: "minutes between checkpoints" },
    "on-bad-record": { type: "choice", choices: ["error", "skip"], help: "an unreadable one" },
    "pictures-every": { type: "integer", min: 0, metavar: "STEPS", help: "between pictures; 200" },
    "include-cases": { type: "boolean", help: "show films of a private dataset" },
    "dry-run": { type: "boolean", help: "only show all values and what it would take" },
    json: { type: "boolean", help: "print the outcome as JSON" },
  },
  examples: [
    {
      line: "pretrain --recipe tiny --data datasets/phantoms --tokenizer datasets/phantoms/tokenizer.json --out runs/a",
      does: "a small model on synthetic radiographs",
    },
    { line: "pretrain --out runs/a --resume", does: "go on where it stopped" },
    {
      line: "pretrain --out runs/a --replay failures/step-000123",
      does: "what was not finite first",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runPretrain } = await import("../run-pretrain.ts");
    return runPretrain(args, context);
  },
});
