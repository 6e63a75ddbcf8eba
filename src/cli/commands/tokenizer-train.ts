/** @file `ecamp tokenizer train`. */
import { type Command, defineCommand } from "../command.ts";

/** Trains a vocabulary. */
export const tokenizerTrain: Command = defineCommand({
  path: ["tokenizer", "train"],
  summary: "train the vocabulary of your reports, a tokenizer.json",
  description: `Trains a WordPiece vocabulary on the reports of a dataset, and on their distilled contexts where context.jsonl has some,
with the settings of the authors' tokenizer. The file is one that Hugging Face's tokenizers read too. Records of val and
test are left out. The same reports give the same file.

Reports without pictures are read from a table: --from and --report-column.

A vocabulary holds words of the reports, names too where reports have them: that of a private set is readable by you
alone, and not to be passed on unread. With --min-frequency 20 no token stands for a word that occurs less often; such
words are written in pieces.`,
  positionals: { dataset: { help: "the dataset folder", optional: true } },
  options: {
    out: {
      type: "string",
      metavar: "FILE",
      required: true,
      help: "the file, such as tokenizer.json",
    },
    vocab: { type: "integer", min: 1, default: 30_000, help: "the most tokens it may have" },
    "min-frequency": {
      type: "integer",
      min: 1,
      default: 1,
      help: "how often a piece must occur to become a token",
    },
    alphabet: { type: "integer", min: 1, default: 1000, help: "the most characters it knows" },
    "all-splits": { type: "boolean", help: "read the records of val and test too" },
    from: { type: "string", metavar: "FILE", help: "a table of reports: .jsonl, .csv, .tsv" },
    "report-column": { type: "list", metavar: "NAME", help: "a part of the report, in --from" },
    public: { type: "boolean", help: "hide nothing: --from holds no one's private data" },
    force: { type: "boolean", help: "replace the file that is there" },
    json: { type: "boolean", help: "print the counts as JSON" },
  },
  examples: [
    { line: "tokenizer train datasets/mine --out tokenizer.json", does: "at most 30,000 tokens" },
    {
      line: "tokenizer train --from reports.jsonl --report-column findings --report-column impression --vocab 8000 --out tokenizer.json",
      does: "of reports without pictures",
    },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runTokenizerTrain } = await import("../run-tokenizer-train.ts");
    return runTokenizerTrain(args, context);
  },
});
