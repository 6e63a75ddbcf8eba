/** @file Trains the vocabulary of a corpus and writes it as a `tokenizer.json`. */
import { setImmediate } from "node:timers/promises";
import type { TokenizerJson } from "../text/describe-vocabulary.ts";
import { createTokenizer, tokenizerFileText } from "../text/tokenizer.ts";
import { type WordPieceOptions, WordPieceTraining } from "../text/train-word-piece.ts";
import { WordCounter } from "../text/word-counter.ts";
import { writeFileAtomically } from "../util/atomic-file.ts";
import { ManifestError } from "../util/errors.ts";
import type { Corpus } from "./corpus.ts";
import { fileMode } from "./dataset-files.ts";

/** What is trained on, how, and where the vocabulary goes. */
export interface TrainTokenizerOptions extends WordPieceOptions {
  readonly corpus: Corpus;
  /** The file to write; one that is there is replaced. */
  readonly out: string;
  /** Read the records of val and test too? No by default: a model is judged on texts that it knows nothing of. */
  readonly includeHeldOut?: boolean;
  /** Told now and then how many records have been read. */
  readonly onRead?: (records: number) => void;
  /** Told now and then how many tokens there are. */
  readonly onTrain?: (tokens: number) => void;
  /** Stops the work; nothing is then written. */
  readonly signal?: AbortSignal;
}

/** What the records held. */
export interface CorpusCounts {
  readonly records: number;
  /** Reports that were read, the same ones counted again. */
  readonly reports: number;
  /** Distilled contexts that were read. */
  readonly contexts: number;
  /** Records without a report, or with a blank one. */
  readonly withoutReport: number;
  /** Records of val and test that were left out. */
  readonly heldOut: number;
}

/** What came of it. */
export interface TrainedTokenizer extends CorpusCounts {
  readonly file: string;
  /** Tokens of the vocabulary. */
  readonly size: number;
  /** Characters that it knows. */
  readonly alphabet: number;
  /** Words of the texts, and how many different ones there are. */
  readonly words: number;
  readonly distinctWords: number;
  /** How many of them are `[UNK]`: of a rare character, or longer than 100. */
  readonly unknownWords: number;
  /** Tokens of the texts, by the vocabulary. */
  readonly tokens: number;
}

const PROGRESS_RECORDS = 1000;
/** So many merges are made at a time: some milliseconds, in which nobody can stop the work. */
const MERGES = 200;

/**
 * Trains a WordPiece vocabulary on the reports of a corpus and their distilled contexts. The same texts give the same file. That
 * of a private corpus can be read by its owner alone: a vocabulary holds the words of the reports, rare names too.
 * @throws {ManifestError} when there is no report
 * @throws {ConfigError} when `size` is too small for the characters of the texts
 * @throws {EcampError} when the file cannot be written
 */
export async function trainTokenizer(options: TrainTokenizerOptions): Promise<TrainedTokenizer> {
  const { corpus, out } = options;
  const counter = new WordCounter();
  const found = await countTexts(counter, options);
  const { json, alphabet, unknown } = await train(counter, options);
  await writeFileAtomically(out, tokenizerFileText(json), { mode: fileMode(corpus.privacy) });
  const { size, encode } = createTokenizer(json);
  let tokens = counter.overlong;
  for (const [word, count] of counter.counts) tokens += count * encode(word).ids.length;
  return {
    ...found,
    file: out,
    size,
    alphabet,
    words: counter.total + counter.overlong,
    distinctWords: counter.counts.size,
    unknownWords: unknown + counter.overlong,
    tokens,
  };
}

async function countTexts(
  counter: WordCounter,
  { corpus, includeHeldOut = false, onRead, signal }: TrainTokenizerOptions,
): Promise<CorpusCounts> {
  const found = { records: 0, reports: 0, contexts: 0, withoutReport: 0, heldOut: 0 };
  for await (const { report, context, heldOut } of corpus.texts(signal)) {
    found.records += 1;
    if (found.records % PROGRESS_RECORDS === 0) onRead?.(found.records);
    if (heldOut && !includeHeldOut) {
      found.heldOut += 1;
      continue;
    }
    if (report === undefined) {
      found.withoutReport += 1;
      continue; // a context without its report is of no use to the method
    }
    counter.add(report);
    found.reports += 1;
    if (context === undefined) continue;
    counter.add(context);
    found.contexts += 1;
  }
  onRead?.(found.records);
  requireReports(corpus.path, found);
  return found;
}

function requireReports(path: string, { records, reports, heldOut }: CorpusCounts): void {
  if (reports > 0) return;
  const left = heldOut === 0 ? "" : `, and ${heldOut} are of val or test, which are left out`;
  throw new ManifestError(
    `Cannot train a vocabulary on "${path}": none of its ${records} records has a report${left}`,
  );
}

async function train(
  counter: WordCounter,
  { onTrain, signal, ...options }: TrainTokenizerOptions,
): Promise<{ json: TokenizerJson; alphabet: number; unknown: number }> {
  const training = new WordPieceTraining(counter.counts, options);
  while (training.advance(MERGES)) {
    onTrain?.(training.size);
    await setImmediate();
    signal?.throwIfAborted();
  }
  onTrain?.(training.size);
  const { alphabet, unknown } = training;
  return { json: training.describe(), alphabet: alphabet.length, unknown };
}
