/** @file What `ecamp data synth` does: makes a dataset of phantoms, shows progress, says what is in it. */
import { availableParallelism } from "node:os";
import {
  type FilmFormat,
  type SynthesisSummary,
  synthesizeDataset,
  TOKENIZER_FILE,
} from "../data/phantom/synthesize-dataset.ts";
import { withProgress } from "./progress.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp data synth`, as its option table gives them. */
export interface SynthArgs {
  readonly out: string;
  readonly count: number;
  readonly seed: number;
  readonly size: number;
  readonly format: FilmFormat;
  readonly anatomyMasks: boolean;
  readonly vocabulary: number;
  readonly workers: number | undefined;
  readonly json: boolean;
}

/** A thread takes longer to start than this many films take to render. */
const FILMS_WORTH_A_THREAD = 8;

/** The most threads that are used unless more are asked for: each has some 100 MB. */
const MOST_THREADS = 16;

/** One thread a core, if there is enough to do. */
function usualWorkers(count: number): number {
  const threads = Math.min(
    availableParallelism(),
    MOST_THREADS,
    Math.floor(count / FILMS_WORTH_A_THREAD),
  );
  return threads < 2 ? 0 : threads;
}

/** Synthesizes a dataset and prints the counts. */
export async function runSynth(
  { out, count, seed, size, format, anatomyMasks, vocabulary, workers, json }: SynthArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const summary = await withProgress(
    terminal,
    { label: "synth", total: count, unit: "films" },
    (progress) =>
      synthesizeDataset({
        out,
        count,
        seed,
        size,
        format,
        anatomyMasks: anatomyMasks ? "all" : "none",
        vocabularySize: vocabulary,
        workers: workers ?? usualWorkers(count),
        signal,
        onProgress: (films) => progress.update(films),
      }),
  );
  terminal.out(json ? `${JSON.stringify(summary)}\n` : describe(out, summary));
  return 0;
}

function describe(out: string, { films, splits, positives, vocabulary }: SynthesisSummary): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return [
    `Made ${films} pairs of films and reports in "${out}"`,
    `  splits: ${list(splits)}`,
    `  findings: ${list(positives)}`,
    `  ${TOKENIZER_FILE}: ${vocabulary} words`,
    "",
  ].join("\n");
}
