/** @file `ecamp data check`. */
import { type Command, defineCommand } from "../command.ts";

/** Finds what would spoil a training. */
export const dataCheck: Command = defineCommand({
  path: ["data", "check"],
  summary: "count what a dataset has and find what is wrong with it",
  description: `Reads a dataset folder from beginning to end and prints counts and problems: lines that are not valid, ids given
twice, pictures that are not there, patients and pictures in two splits, and more. Where there is a split.jsonl, its
splits count. No text of a report is printed. The status is 0 when there is no error; warnings ask for a look.

Masks are decoded and boxes compared with their pictures' sizes: masks of another size, with grey edges or several levels,
or empty; boxes beyond the edge, outside, or more than detection takes; labels that deny them; splits that show nothing.
Other pictures are not decoded.`,
  positionals: { folder: { help: "the dataset folder" } },
  options: {
    files: { type: "boolean", default: true, help: "do not look at files, only at lines" },
    "read-images": {
      type: "boolean",
      help: "read all pictures too, and find the same bytes in two splits",
    },
    json: { type: "boolean", help: "print JSON" },
  },
  examples: [
    { line: "data check datasets/mine", does: "may it be used?" },
    { line: "data check datasets/mine --read-images", does: "copied pictures too" },
  ],
  run: async (args, context) => {
    const { showDatasetCheck } = await import("../show-dataset-check.ts");
    return (await showDatasetCheck(args, context)) ? 0 : 1;
  },
});
