/** @file What `ecamp data synth` does: makes a dataset of phantoms, shows progress, says what is in it. */
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
  readonly json: boolean;
}

/** Synthesizes a dataset and prints the counts. */
export async function runSynth(
  { out, count, seed, size, format, anatomyMasks, vocabulary, json }: SynthArgs,
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
