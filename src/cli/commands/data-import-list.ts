/** @file `ecamp data import list`. */
import { type Command, defineCommand } from "../command.ts";
import { LIST_INPUTS, LIST_PATIENTS, SET_OPTIONS } from "../list-arguments.ts";

/** Makes a dataset folder of classification lists. */
export const dataImportList: Command = defineCommand({
  path: ["data", "import", "list"],
  summary: "make a dataset folder of classification lists",
  description: `Reads text lists with a line for each picture, "path label label …", one list a split, and writes a dataset folder whose
records keep these splits. Pictures stay where they are.

A list has a column for each class (1 present, 0 absent, -1 uncertain), or one column with the number of the class, from
0. White space stands between path and labels, or commas: then a path may hold spaces. No header. Lists with masks or boxes
have importers of their own: siim-pneumothorax, rsna-pneumonia, riga, object-cxr.

A list does not say whose a picture is. With --patients or --patient-pattern it is known, and patients in two splits can
be found; without, they cannot. A picture in two lists is found in any case.

The set is private unless --public is given: record and patient ids become keyed hashes, and the new files are readable
by you alone.`,
  positionals: {},
  options: {
    ...LIST_INPUTS,
    classes: { type: "string", metavar: "LIST", help: "the classes in the lists' order" },
    preset: {
      type: "choice",
      choices: ["chestxray14", "chexpert", "rsna", "odir5k", "mured", "aptos2019", "covidx"],
      help: "the classes of a well-known set",
    },
    ...LIST_PATIENTS,
    ...SET_OPTIONS,
  },
  examples: [
    {
      line: "data import list --train train_list.txt --val val_list.txt --test test_list.txt --images DIR --preset chestxray14 --patient-pattern '(\\d{8})_' --out datasets/nih",
      does: "three lists of ChestX-ray14",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runImportList } = await import("../run-import-list.ts");
    return runImportList(args, context);
  },
});
