/** @file `ecamp finetune detect`. */
import { type Command, defineCommand } from "../command.ts";
import { FINETUNE_COURSE, FINETUNE_INPUTS } from "../finetune-options.ts";

/** Trains a detector on radiographs with boxes. */
export const finetuneDetect: Command = defineCommand({
  path: ["finetune", "detect"],
  summary: "train a detector on images with boxes",
  description: `Learns to find boxes: YOLOv3's neck on the patches of a pre-trained encoder, which is frozen unless --train-encoder is
given. A record that lists no boxes must say so, by an empty list or by labels that deny the classes; where neither is
there, nothing is known, and the record is left out. --anchors fit takes the sizes that the training boxes group into,
in place of YOLOv3's, which come from photographs.

The model that is best on the split "val" is kept, by mean average precision. Values come from the defaults, the recipe,
--config, --set and these flags; the later win, and "ecamp finetune detect --out x --dry-run" shows them all.`,
  positionals: {},
  options: {
    ...FINETUNE_INPUTS,
    classes: { type: "string", metavar: "NAMES", help: "which to learn, such as nodule" },
    "max-boxes": { type: "integer", min: 1, help: "the most boxes of an image; 10 if absent" },
    anchors: { type: "choice", choices: ["yolo", "fit"], help: "sizes that boxes are found by" },
    "train-encoder": { type: "boolean", help: "train the encoder too" },
    recipe: { type: "string", metavar: "NAME", help: "detect, rsna-1, rsna-10, rsna-100" },
    ...FINETUNE_COURSE,
  },
  examples: [
    {
      line: "finetune detect --data datasets/rsna --weights runs/a --out runs/rsna",
      does: "train a detector on a pre-trained encoder",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runFinetuneDetect } = await import("../run-finetune-detect.ts");
    return runFinetuneDetect(args, context);
  },
});
