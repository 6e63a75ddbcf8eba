/** @file What `ecamp data split` does: reads the lists of numbers, splits, prints what went where. */
import type { Split } from "../data/record.ts";
import { splitDataset } from "../data/split/split-dataset.ts";
import { UsageError } from "../util/errors.ts";
import { withProgress } from "./progress.ts";
import { describeSplit } from "./show-split.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp data split`, as its option table gives them. */
export interface SplitArgs {
  readonly folder: string;
  readonly fractions: string;
  readonly seed: number;
  readonly ratio: string;
  readonly keep: "none" | "test" | "val,test";
  readonly force: boolean;
  readonly json: boolean;
}

const KEPT: Readonly<Record<SplitArgs["keep"], readonly Split[]>> = {
  none: [],
  test: ["test"],
  "val,test": ["val", "test"],
};

/** Splits a dataset and prints the counts. */
export async function runSplit(
  { folder, fractions, seed, ratio, keep, force, json }: SplitArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const [train, val, test, ...more] = numbersOf("--ratio", ratio, "such as 70,10,20");
  if (train === undefined || val === undefined || test === undefined || more.length > 0) {
    throw new UsageError(
      `Cannot use --ratio "${ratio}": expected three numbers, the shares of train, val and test, such as 70,10,20`,
    );
  }
  const plan = {
    seed,
    ratio: { train, val, test },
    fractions: numbersOf("--fractions", fractions, "such as 1,10,100"),
    keep: KEPT[keep],
  };
  const result = await withProgress(terminal, { label: "split", unit: "records" }, (progress) =>
    splitDataset({
      ...plan,
      ...{ folder, signal, replace: force, created: new Date() },
      onProgress: (records) => progress.update(records),
    }),
  );
  if (json) terminal.out(`${JSON.stringify(result)}\n`);
  else terminal.out(describeSplit(folder, result));
  for (const warning of result.warnings) terminal.err(`warning: ${warning}\n`);
  return 0;
}

/** Not `0x10`, which `Number` reads too. */
const DECIMAL = /^[-+.\de]+$/i;

/** The numbers of a list such as `1,10,100`. */
function numbersOf(option: string, text: string, example: string): readonly number[] {
  const words = text.split(",").map((word) => word.trim());
  const numbers = words.map(Number);
  if (!words.every((word) => DECIMAL.test(word)) || numbers.some(Number.isNaN)) {
    throw new UsageError(
      `Cannot use ${option} "${text}": expected numbers with commas between them, ${example}`,
    );
  }
  return numbers;
}
