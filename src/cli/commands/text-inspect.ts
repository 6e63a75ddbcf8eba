/** @file `ecamp text inspect`. */
import { FIDELITY_NAMES } from "../../recipes/fidelity.ts";
import { type Command, defineCommand } from "../command.ts";

/** Shows what pre-training makes of one report. */
export const textInspect: Command = defineCommand({
  path: ["text", "inspect"],
  summary: "show what pre-training makes of one report",
  description: `Prints a record's report, mixed with its context, as an epoch of "ecamp pretrain" with the same seed and switches
sees it (were the picture not flipped): tokens, entities, the descriptors before them, stock phrases, what each token's loss
weighs, and what was masked. Then the stock phrases with the number of the dataset's reports that hold each. Coloured on a
terminal, unless NO_COLOR is set; with marks elsewhere.

It prints the text of a report; of a private dataset only with --include-cases. Nothing is written and nothing leaves this
machine.`,
  positionals: { folder: { help: "the dataset folder" } },
  options: {
    id: { type: "string", metavar: "ID", required: true, help: "the record" },
    tokenizer: { type: "string", metavar: "FILE", help: "the vocabulary; the dataset's if absent" },
    recipe: { type: "string", metavar: "NAME", help: "where values start from; base if absent" },
    fidelity: { type: "choice", choices: FIDELITY_NAMES, help: "whose column of switches to take" },
    set: { type: "list", metavar: "KEY=VALUE", help: "one value, such as data.lexicon=fundus" },
    seed: { type: "integer", min: 0, help: "what every random number derives from" },
    epoch: { type: "integer", min: 0, default: 0, help: "whose draws to take" },
    reports: { type: "integer", min: 0, default: 10_000, help: "the most to count phrases in" },
    "include-cases": { type: "boolean", help: "show a report of a private dataset" },
    json: { type: "boolean", help: "print an object" },
  },
  examples: [
    {
      line: "text inspect datasets/phantoms --id phantom-0-000000",
      does: "with the default switches",
    },
    {
      line: "text inspect datasets/mine --id 12 --tokenizer tokenizer.json --set data.lexicon=fundus",
      does: "with other entities",
    },
  ],
  run: async (args, context) => {
    const { runTextInspect } = await import("../run-text-inspect.ts");
    return runTextInspect(args, context);
  },
});
