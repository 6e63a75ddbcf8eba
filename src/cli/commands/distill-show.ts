/** @file `ecamp distill show`. */
import { type Command, defineCommand } from "../command.ts";

/** Shows reports beside their contexts. */
export const distillShow: Command = defineCommand({
  path: ["distill", "show"],
  summary: "reports beside their distilled contexts, for a person to judge",
  description: `Prints each report with the places that findings go by in colour (red: present, green: absent, yellow: uncertain), beside
it the sentences of its context, below both the findings. In a pipe, or where NO_COLOR is set, without colours. The texts
of a private dataset are shown with --include-cases only.`,
  positionals: { folder: { help: "the dataset folder" } },
  options: {
    first: { type: "integer", min: 1, default: 5, help: "so many records from the first" },
    id: { type: "string", help: "this record alone" },
    "include-cases": { type: "boolean", help: "show texts of a private dataset" },
  },
  examples: [
    { line: "distill show datasets/phantoms --first 5", does: "five reports" },
    { line: "distill show datasets/mine --id 12 --include-cases", does: "one of a private set" },
  ],
  run: async (args, context) => {
    const { runDistillShow } = await import("../run-distill-show.ts");
    return runDistillShow(args, context);
  },
});
