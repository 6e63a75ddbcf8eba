/** @file `ecamp finetune segment`. */
import { type Command, defineCommand } from "../command.ts";
import { FINETUNE_COURSE, FINETUNE_INPUTS } from "../finetune-options.ts";

/** Trains a segmenter on radiographs with masks. */
export const finetuneSegment: Command = defineCommand({
  path: ["finetune", "segment"],
  summary: "train a segmenter on images with masks",
  description: `Learns to mark pixels: a decoder on the patches of a pre-trained encoder, which is frozen unless --train-encoder is given.
Every class of the dataset's masks is learnt; --classes chooses. A record without a mask whose label denies the class has
an empty one; where neither is there, nothing is known, and the record is left out of that class. Pictures and masks are
scaled and turned together. --masks-from boxes fills the boxes of a record instead (RSNA pneumonia).

The model that is best on the split "val" is kept, by mean Dice (train.selectBy=dicePositives: of images with something to find; =loss: by the loss, as the paper). Values
come from the defaults, the recipe, --config, --set and these flags; the later win, and "ecamp finetune segment --out x
--dry-run" shows them all.`,
  positionals: {},
  options: {
    ...FINETUNE_INPUTS,
    classes: { type: "string", metavar: "NAMES", help: "which to learn, such as disc,cup" },
    "masks-from": { type: "choice", choices: ["masks", "boxes"], help: "what marks the pixels" },
    "train-encoder": { type: "boolean", help: "train the encoder too" },
    recipe: { type: "string", metavar: "NAME", help: "segment, siim-10, rsna-1, riga-100 …" },
    ...FINETUNE_COURSE,
  },
  examples: [
    {
      line: "finetune segment --data datasets/siim --weights runs/a --labels 10% --out runs/siim10",
      does: "train a decoder on a pre-trained encoder",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runFinetuneSegment } = await import("../run-finetune-segment.ts");
    return runFinetuneSegment(args, context);
  },
});
