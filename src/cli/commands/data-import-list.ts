/** @file `ecamp data import list`. */
import { type Command, defineCommand } from "../command.ts";

/** Makes a dataset folder of classification lists. */
export const dataImportList: Command = defineCommand({
  path: ["data", "import", "list"],
  summary: "make a dataset folder of classification lists",
  description: `Reads text lists with a line for each picture, "path label label …", one list a split, and writes a dataset folder whose
records keep these splits. Pictures stay where they are.

A list has a column for each class (1 present, 0 absent, -1 uncertain), or one column with the number of the class, from
0. White space stands between path and labels, or commas: then a path may hold spaces. No header. The lists of
segmentation (SIIM-ACR, RSNA, RIGA+) and of detection (RSNA, object-CXR) are not imported yet.

A list does not say whose a picture is. With --patients or --patient-pattern it is known, and patients in two splits can
be found; without, they cannot. A picture in two lists is found in any case.

The set is private unless --public is given: record and patient ids become keyed hashes, and the new files are readable
by you alone.`,
  positionals: {},
  options: {
    train: { type: "string", metavar: "FILE", help: "the list to train on" },
    val: { type: "string", metavar: "FILE", help: "the list to choose a model on" },
    test: { type: "string", metavar: "FILE", help: "the list to report on" },
    images: { type: "string", metavar: "DIR", required: true, help: "the pictures' folder" },
    out: { type: "string", metavar: "DIR", required: true, help: "the dataset folder to make" },
    classes: { type: "string", metavar: "LIST", help: "the classes in the lists' order" },
    preset: {
      type: "choice",
      choices: ["chestxray14", "chexpert", "rsna", "odir5k", "mured", "aptos2019", "covidx"],
      help: "the classes of a well-known set",
    },
    patients: { type: "string", metavar: "FILE", help: "a table of two columns: path,patient" },
    "patient-pattern": {
      type: "string",
      metavar: "REGEX",
      help: "its first group over the path is the patient, such as ^(\\d+)_",
    },
    "skip-missing": { type: "boolean", help: "skip lines whose picture is not there" },
    name: { type: "string", help: "the set's name; the folder's if absent" },
    licence: { type: "string", default: "unstated", help: "the licence of the pictures" },
    public: { type: "boolean", help: "hide nothing: the set holds no one's private data" },
    "keep-ids": { type: "boolean", help: "keep ids as they are, in a private set too" },
    "id-key": { type: "string", metavar: "FILE", help: "the key of hashes; the user's if absent" },
    json: { type: "boolean", help: "print the counts as JSON" },
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
