/** @file `ecamp distill run`. */
import { type Command, defineCommand } from "../command.ts";
import { LANGUAGE_MODEL_OPTIONS, PROVIDERS } from "../distill-options.ts";

/** Distils reports into contexts. */
export const distillRun: Command = defineCommand({
  path: ["distill", "run"],
  summary: "distil reports into short sentences about their entities",
  description: `Reads what every report says of each medical entity: is it there, absent or uncertain, on which side, where, how grave.
Writes context.jsonl beside the records: the findings, each with where the report says so, and the sentences that
"ecamp pretrain" mixes into the report. A finding without evidence in the report is not kept.

The provider "rules" goes by a lexicon and rules of English; it needs no network and no model, and nothing leaves this
machine. Findings and impression are read; indication, history and comparison say nothing of this picture.

"openai" asks a server that speaks OpenAI's protocol, such as one that you run yourself; an address that is not this machine
is refused without --allow-remote. "gguf" runs a model file in this process. See docs/how-to/distill-with-a-model.md.

An interrupted run goes on where it was by the same command; a second run does only what is new: changed reports, new
records, another version of the rules. Contexts of another provider are replaced with --force only. For reports without
images name a table with --from and its columns.`,
  positionals: { dataset: { help: "the dataset folder", optional: true } },
  options: {
    provider: {
      type: "choice",
      choices: PROVIDERS,
      default: "rules",
      help: "who distils",
    },
    lexicon: { type: "string", default: "chest", help: "chest, fundus, or a JSON file" },
    ...LANGUAGE_MODEL_OPTIONS,
    out: { type: "string", metavar: "FILE", help: "to write; DATASET/context.jsonl if absent" },
    from: { type: "string", metavar: "TABLE", help: "a .jsonl, .csv or .tsv, not a dataset" },
    "id-column": { type: "string", default: "id", help: "its column of ids" },
    "report-column": {
      type: "list",
      metavar: "NAME",
      help: "a part of the report, in --from; report if absent",
    },
    force: { type: "boolean", help: "replace contexts that another provider made" },
    json: { type: "boolean", help: "print the counts as JSON" },
  },
  examples: [
    { line: "distill run datasets/mine", does: "writes datasets/mine/context.jsonl" },
    {
      line: "distill run --from reports.jsonl --id-column uid --report-column text --out context.jsonl",
      does: "reports without images",
    },
    {
      line: "distill run datasets/mine --provider openai --base-url http://127.0.0.1:8080/v1 --model NAME",
      does: "by a model on this machine",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runDistill } = await import("../run-distill.ts");
    return runDistill(args, context);
  },
});
