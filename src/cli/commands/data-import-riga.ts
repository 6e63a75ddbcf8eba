/** @file `ecamp data import riga`. */
import { type Command, defineCommand } from "../command.ts";
import { LIST_INPUTS, LIST_PATIENTS, SET_OPTIONS } from "../list-arguments.ts";

/** Makes a dataset folder of RIGA+ lists. */
export const dataImportRiga: Command = defineCommand({
  path: ["data", "import", "riga"],
  summary: "make a dataset folder of RIGA+ lists, with disc and cup",
  description: `Reads lists "img_path,mask_path" of fundus pictures and their masks, and writes a dataset folder with two masks for each
picture, masks/disc/SPLIT/NAME.png and masks/cup/SPLIT/NAME.png, white on black: the cup is what is 255 in the mask of
the list, the disc everything that is not 0.

A mask must have its picture's size. A listed .tif is looked for as .png or .jpg, because TIFF is not read: convert
masks to PNG, which keeps their levels; JPEG does not.

One list a split; records keep these splits. Pictures stay where they are. The set is private unless --public is given.`,
  positionals: {},
  options: {
    ...LIST_INPUTS,
    repair: {
      type: "boolean",
      help: "take odd levels for the nearest of 0, 128, 255, and count them",
    },
    ...LIST_PATIENTS,
    ...SET_OPTIONS,
  },
  examples: [
    {
      line: "data import riga --train train.csv --val val.csv --images DIR --out datasets/riga",
      does: "two lists and their pictures",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { riga } = await import("../../data/sources/riga.ts");
    const { mendingOf, runImportAnnotations } = await import("../run-import-annotations.ts");
    return runImportAnnotations(riga({ faults: mendingOf(args) }), args, context);
  },
});
