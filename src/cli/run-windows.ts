/** @file What `ecamp windows` does: finds model and vocabulary, makes the windows, says what became of the records. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { DATASET_FILES, fileMode } from "../data/dataset-files.ts";
import { readReportModel } from "../explain/report-model.ts";
import {
  makeWindows,
  type WindowsEvent,
  type WindowsOptions,
  type WindowsSummary,
} from "../explain/windows.ts";
import { WINDOW_GRID, WINDOW_SIDE } from "../image/attention-window.ts";
import { findModelFile } from "../tasks/initial-file.ts";
import { lockRun } from "../tasks/run-lock.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { ConfigError } from "../util/errors.ts";
import { isFile } from "../util/is-file.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { deviceOf } from "./device-option.ts";
import { type Progress, startProgress } from "./progress.ts";
import { refuseSourceFile } from "./refuse-source-file.ts";
import type { CommandContext, Terminal } from "./terminal.ts";

/** The arguments of `ecamp windows`, as its option table gives them. */
export interface WindowsArgs extends Pick<WindowsOptions, "batch" | "force" | "onBadRecord"> {
  readonly dataset: string;
  readonly weights: string;
  readonly tokenizer: string | undefined;
  readonly out: string | undefined;
  readonly device: string;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** Makes windows and prints what became of the records. */
export async function runWindows(
  args: WindowsArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const { batch, force, onBadRecord } = args;
  const device = deviceOf(args);
  const dataset = await openDataset(args.dataset);
  const file = await findModelFile(args.weights, "take windows from");
  const tokenizer = await loadTokenizer(args.tokenizer ?? (await findVocabulary(args)));
  const model = await readReportModel(file, tokenizer);
  if (model.assumed !== "") terminal.err(`"${file}": ${model.assumed}\n`);
  const out = args.out ?? join(args.dataset, DATASET_FILES.window);
  await refuseSourceFile({
    ...{ out, mayBe: DATASET_FILES.window, attempt: "write windows to" },
    expected: "a file of its own, such as window.jsonl",
  });
  await using _lock = await lockRun(dirname(out), {
    name: `.${basename(out)}.lock`,
    mode: fileMode(dataset.manifest.privacy),
    now: () => new Date(),
    note: (text) => terminal.err(`${text}\n`),
  });
  const { onEvent, finish } = showWindows(terminal);
  let summary: WindowsSummary;
  try {
    const chosen = { batch, force, onBadRecord, signal, onEvent };
    summary = await makeWindows({ dataset, model, tokenizer, device, out, ...chosen });
  } finally {
    finish();
  }
  terminal.out(args.json ? `${JSON.stringify(summary)}\n` : describe(summary, dataset));
  return 0;
}

/** What a run's `config.json` says of its vocabulary. */
const vocabularySchema = z.object({ "run.tokenizer": z.object({ value: z.string() }) });

/**
 * The vocabulary that a run's `config.json` names, if it is still there, or else the dataset's.
 * @throws {ConfigError} when there is neither
 */
async function findVocabulary({
  weights,
  dataset,
}: Pick<WindowsArgs, "weights" | "dataset">): Promise<string> {
  const text = await readFile(join(weights, "config.json"), "utf8").catch(() => "");
  const named = vocabularySchema.safeParse(tryParseJson(text)?.value);
  const candidates = [
    ...(named.success ? [named.data["run.tokenizer"].value] : []),
    join(dataset, "tokenizer.json"),
  ];
  for (const candidate of candidates) {
    if (await isFile(candidate)) return candidate;
  }
  throw new ConfigError(
    `Cannot read reports for "${weights}" without its vocabulary: ${candidates.map((path) => `there is no "${path}"`).join(" and ")}; give it with --tokenizer`,
  );
}

function showWindows(terminal: Terminal): {
  readonly onEvent: (event: WindowsEvent) => void;
  readonly finish: () => void;
} {
  let progress: Progress | undefined;
  const onEvent = (event: WindowsEvent): void => {
    if (event.kind === "done") progress?.update(event.done);
    else if (event.kind === "note") {
      if (progress === undefined) terminal.err(`${event.text}\n`);
      else progress.note(event.text);
    } else {
      const { total, kept } = event;
      if (kept > 0) terminal.err(`${kept} windows stand already\n`);
      if (total > 0)
        progress = startProgress(terminal, { label: "windows", total, unit: "records" });
    }
  };
  return { onEvent, finish: () => progress?.finish() };
}

/** The part of attention that lies in a window where it is even. */
const EVEN_SHARE = (WINDOW_SIDE / WINDOW_GRID) ** 2;

function describe(summary: WindowsSummary, { folder }: Dataset): string {
  const { out, records, made, kept, meanShare } = summary;
  const left = [
    [summary.withoutImage, "without an image"],
    [summary.withoutText, "without a context or report"],
    [summary.withoutWords, "whose text has no known word"],
    [summary.unreadable, "whose picture cannot be read"],
  ] as const;
  const reasons = left.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const lines = [
    `Made ${made} windows, ${kept} stood already, of ${records} records: "${out}"`,
    ...(meanShare === null
      ? []
      : [
          `  a window holds ${percent(meanShare)} of its text's attention on average; where attention is even, ${percent(EVEN_SHARE)}`,
        ]),
    ...(reasons.length === 0 ? [] : [`  left out: ${reasons.join(", ")}`]),
    `Next: ecamp pretrain --data ${folder} …`,
  ];
  return `${lines.join("\n")}\n`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
