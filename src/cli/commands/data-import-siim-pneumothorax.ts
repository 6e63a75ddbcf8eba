/** @file `ecamp data import siim-pneumothorax`. */
import { type Command, defineCommand } from "../command.ts";
import { LIST_INPUTS, LIST_PATIENTS, SET_OPTIONS } from "../list-arguments.ts";

/** Makes a dataset folder of SIIM-ACR lists. */
export const dataImportSiimPneumothorax: Command = defineCommand({
  path: ["data", "import", "siim-pneumothorax"],
  summary: "make a dataset folder of SIIM-ACR lists, with masks",
  description: `Reads lists "ImageId,EncodedPixels" with a row for each run-length code, -1 where there is no pneumothorax, and writes a
dataset folder: the rows of a picture united as one mask, masks/Pneumothorax/SPLIT/NAME.png, white on black. A picture
without has the label 0 and no mask.

Runs go down the columns of 1024 x 1024 pixels, each start counted from the end of the run before. A picture is looked for
as train/images/1024/dicom/ID.png, ID.png and ID.jpg below --images; DICOM files are to be converted first. For pictures
of another size, which must be square too, masks are resized to the nearest pixel, and counted.

One list a split; records keep these splits. Pictures stay where they are. The set is private unless --public is given.`,
  positionals: {},
  options: {
    ...LIST_INPUTS,
    negatives: {
      type: "choice",
      choices: ["all", "balanced"],
      default: "all",
      help: "of training: all, or as many as there are positives, drawn",
    },
    seed: { type: "integer", min: 0, default: 0, help: "the seed of that draw" },
    starts: {
      type: "choice",
      choices: ["relative", "absolute"],
      default: "relative",
      help: "what a start counts from: the run before, or the picture's first pixel, 1",
    },
    repair: { type: "boolean", help: "cut runs beyond the picture, and count them" },
    ...LIST_PATIENTS,
    ...SET_OPTIONS,
  },
  examples: [
    {
      line: "data import siim-pneumothorax --train train.csv --val val.csv --test test.csv --images DIR --out datasets/siim",
      does: "three lists and the pictures of all of them",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { siimPneumothorax } = await import("../../data/sources/siim-pneumothorax.ts");
    const { mendingOf, runImportAnnotations } = await import("../run-import-annotations.ts");
    const source = siimPneumothorax({
      negatives: args.negatives === "balanced" ? "balanced" : "all",
      starts: args.starts === "absolute" ? "absolute" : "relative",
      seed: args.seed,
      faults: mendingOf(args),
    });
    return runImportAnnotations(source, args, context);
  },
});
