/** @file `ecamp data import object-cxr`. */
import { type Command, defineCommand } from "../command.ts";
import { LIST_INPUTS, LIST_PATIENTS, SET_OPTIONS } from "../list-arguments.ts";

/** Makes a dataset folder of object-CXR lists. */
export const dataImportObjectCxr: Command = defineCommand({
  path: ["data", "import", "object-cxr"],
  summary: "make a dataset folder of object-CXR lists, with boxes",
  description: `Reads lists "image_name,annotation" of foreign objects on chest films and writes a dataset folder for detection and
classification. Objects stand between semicolons: "0 x1 y1 x2 y2" is a rectangle, "1 x1 y1 x2 y2" an ellipse by its box,
"2 x1 y1 x2 y2 …" a polygon, in pixels of the picture; no annotation means no object.

Every shape becomes the box around it, and is kept under meta as it was. Swapped corners are turned round and boxes cut at
the picture's edge, both counted.

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
      line: "data import object-cxr --train train.csv --val dev.csv --images DIR --out datasets/object-cxr",
      does: "the two lists of the set",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { objectCxr } = await import("../../data/sources/object-cxr.ts");
    const { mendingOf, runImportAnnotations } = await import("../run-import-annotations.ts");
    return runImportAnnotations(objectCxr({ faults: mendingOf(args) }), args, context);
  },
});
