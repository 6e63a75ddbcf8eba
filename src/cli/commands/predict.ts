/** @file `ecamp predict`. */
import { type Command, defineCommand } from "../command.ts";

/** Says what a trained classifier sees in pictures. */
export const predict: Command = defineCommand({
  path: ["predict"],
  summary: "what a trained classifier sees in images",
  description: `Scores image files, or every .png, .jpg and .jpeg in a folder and below it, by the best model of a run of
"ecamp finetune classify". Prints a line for each file with the probability of every class, the likeliest first; with
--json an object a line, which also says whether the model's training splits leaked. The numbers are a research model's: they are no diagnosis. Nothing leaves this machine.

A file that cannot be read has its reason in place of numbers, and the exit status is 1 then.`,
  positionals: {
    run: { help: "the run's folder, or a model.safetensors" },
    images: { help: "image files and folders", many: true },
  },
  options: {
    device: { type: "string", default: "cpu", help: "the execution provider" },
    threads: { type: "integer", min: 1, help: "its threads; one for every core if absent" },
    json: { type: "boolean", help: "print an object a line" },
  },
  examples: [{ line: "predict runs/nih10 film.png folder/", does: "probabilities by class" }],
  run: async (args, context) => {
    const { runPredict } = await import("../run-predict.ts");
    return runPredict(args, context);
  },
});
