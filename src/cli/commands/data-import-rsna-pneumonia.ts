/** @file `ecamp data import rsna-pneumonia`. */
import { type Command, defineCommand } from "../command.ts";
import { LIST_INPUTS, LIST_PATIENTS, SET_OPTIONS } from "../list-arguments.ts";

/** Makes a dataset folder of RSNA lists. */
export const dataImportRsnaPneumonia: Command = defineCommand({
  path: ["data", "import", "rsna-pneumonia"],
  summary: "make a dataset folder of RSNA pneumonia lists, with boxes",
  description: `Reads lists "image_path,bbox", where bbox is a list of [x1, y1, x2, y2] in pixels of 1024 x 1024, [0, 0, 0, 0] for none,
and writes a dataset folder for classification, detection, and segmentation with boxes for masks.

The challenge's own table is read too: patientId,x,y,width,height,Target, a row for each box, pictures called like
patients.

Boxes become pixels of each picture's own file: of another size, which must be square too, they are scaled, and counted.
Swapped corners are turned round and boxes cut at the picture's edge, both counted. A listed .dcm is looked for as .png or
.jpg.

One list a split; records keep these splits. Pictures stay where they are. The set is private unless --public is given.`,
  positionals: {},
  options: {
    ...LIST_INPUTS,
    repair: {
      type: "boolean",
      help: "leave out boxes without area in the picture, and count them",
    },
    ...LIST_PATIENTS,
    ...SET_OPTIONS,
  },
  examples: [
    {
      line: "data import rsna-pneumonia --train train.csv --val val.csv --test test.csv --images DIR --out datasets/rsna",
      does: "three lists and the pictures of all of them",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { rsnaPneumonia } = await import("../../data/sources/rsna-pneumonia.ts");
    const { mendingOf, runImportAnnotations } = await import("../run-import-annotations.ts");
    return runImportAnnotations(rsnaPneumonia({ faults: mendingOf(args) }), args, context);
  },
});
