/** @file What `ecamp tokenizer train` does: opens the reports, trains, prints what the vocabulary knows. */
import { type Corpus, datasetCorpus, tableCorpus } from "../data/corpus.ts";
import { type TrainedTokenizer, trainTokenizer } from "../data/train-tokenizer.ts";
import { UsageError } from "../util/errors.ts";
import { withProgress } from "./progress.ts";
import { refuseSourceFile } from "./refuse-source-file.ts";
import { requireFreeFile } from "./require-free-file.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp tokenizer train`, as its option table gives them. */
export interface TokenizerTrainArgs {
  readonly dataset: string | undefined;
  readonly out: string;
  readonly vocab: number;
  readonly minFrequency: number;
  readonly alphabet: number;
  readonly allSplits: boolean;
  readonly from: string | undefined;
  readonly reportColumn: readonly string[];
  readonly public: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** Trains a vocabulary and prints the counts. */
export async function runTokenizerTrain(
  args: TokenizerTrainArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const { out, force, json } = args;
  await requireTokenizerName(args);
  const corpus = await openCorpus(args);
  await requireFreeFile({ out, force, attempt: NAME.attempt });
  let read = 0;
  const options = { label: "train", unit: "records" };
  const trained = await withProgress(terminal, options, (progress) =>
    trainTokenizer({
      ...{ corpus, out, signal, size: args.vocab, minFrequency: args.minFrequency },
      alphabetSize: args.alphabet,
      includeHeldOut: args.allSplits,
      onRead: (records) => {
        read = records;
        progress.update(read);
      },
      onTrain: (tokens) => progress.update(read, `${tokens} tokens`),
    }),
  );
  terminal.out(json ? `${JSON.stringify(trained)}\n` : describe(trained, args));
  for (const warning of warningsOf(trained)) terminal.err(`warning: ${warning}\n`);
  if (corpus.privacy === "private") {
    terminal.err(
      `note: "${out}" holds words of private reports, names too where they have some; only you can read it\n`,
    );
  }
  return 0;
}

async function openCorpus(args: TokenizerTrainArgs): Promise<Corpus> {
  const { dataset, from, reportColumn } = args;
  if ((dataset === undefined) === (from === undefined)) {
    const found = from === undefined ? "neither is given" : "both are given";
    throw new UsageError(
      `Cannot train a vocabulary: ${found}, expected a dataset folder or --from FILE`,
    );
  }
  if (dataset !== undefined) {
    if (reportColumn.length > 0 || args.public) {
      const option = args.public ? "--public" : "--report-column";
      throw new UsageError(`Cannot use ${option} with a dataset folder: it belongs to --from`);
    }
    return datasetCorpus(dataset);
  }
  if (reportColumn.length === 0) {
    throw new UsageError(
      `Cannot read reports from "${from}": no column is named, give it with --report-column`,
    );
  }
  return tableCorpus({
    from: from ?? "",
    reportColumns: reportColumn,
    privacy: args.public ? "public" : "private",
  });
}

/** What is attempted, and which name would do. */
const NAME = {
  attempt: "write the vocabulary to",
  expected: "another name that ends in .json, such as tokenizer.json",
} as const;

async function requireTokenizerName({ out, from }: TokenizerTrainArgs): Promise<void> {
  await refuseSourceFile({ ...NAME, out, from });
  if (out.endsWith(".json")) return;
  throw new UsageError(`Cannot ${NAME.attempt} "${out}": expected ${NAME.expected}`);
}

function describe(trained: TrainedTokenizer, { vocab, dataset }: TokenizerTrainArgs): string {
  const { records, reports, contexts, heldOut, withoutReport, words } = trained;
  const left = [
    ...(heldOut > 0 ? [`${heldOut} of val or test`] : []),
    ...(withoutReport > 0 ? [`${withoutReport} without a report`] : []),
  ];
  const leftOut = left.length === 0 ? "" : `; left out: ${left.join(", ")}`;
  const perWord = (trained.tokens / Math.max(words, 1)).toFixed(2);
  const perReport = (trained.tokens / (reports + contexts)).toFixed(1);
  const lines = [
    `Wrote "${trained.file}": ${trained.size} tokens of at most ${vocab}`,
    `  records ${records}: reports ${reports}, contexts ${contexts}${leftOut}`,
    `  ${words} words, ${trained.distinctWords} different ones, ${trained.unknownWords} unknown to it; ${trained.alphabet} characters`,
    `  ${perWord} tokens a word, ${perReport} a text on average`,
    `Next: ecamp pretrain --data ${dataset ?? "DIR"} --tokenizer ${trained.file} --out RUN`,
  ];
  return `${lines.join("\n")}\n`;
}

function warningsOf({ unknownWords, words }: TrainedTokenizer): string[] {
  if (unknownWords === 0) return [];
  return [
    `${unknownWords} of ${words} words are [UNK]: they hold rare characters, or are longer than 100; a larger --alphabet may help`,
  ];
}
