/** @file What `ecamp weights convert` does: opens a file of any format and writes its tensors as safetensors. */
import { findModelFile } from "../tasks/initial-file.ts";
import { UsageError } from "../util/errors.ts";
import { copyToSafetensors } from "../weights/copy-weights.ts";
import { openWeights } from "../weights/open-weights.ts";
import { withProgress } from "./progress.ts";
import { requireFreeFile } from "./require-free-file.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp weights convert`, as its option table gives them. */
export interface WeightsConvertArgs {
  readonly file: string;
  readonly out: string;
  readonly force: boolean;
}

const MEGABYTE = 1e6;

/** Converts a file and says what was written and what was left out. */
export async function runWeightsConvert(
  { file, out, force }: WeightsConvertArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  if (!out.endsWith(".safetensors")) {
    throw new UsageError(`Cannot convert to "${out}": expected a name that ends in .safetensors`);
  }
  await using weights = await openWeights(await findModelFile(file, "convert"));
  await requireFreeFile({ out, force, attempt: "convert to" });
  const total = weights.names.reduce((sum, name) => sum + weights.info(name).byteLength, 0);
  const megabytes = (bytes: number): number => Math.ceil(bytes / MEGABYTE);
  const { tensors } = await withProgress(
    terminal,
    { label: "convert", total: megabytes(total), unit: "MB" },
    (progress) =>
      copyToSafetensors(weights, out, {
        signal,
        onBytes: (bytes) => progress.update(megabytes(bytes)),
      }),
  );
  terminal.out(`${out}: ${tensors} tensors, ${megabytes(total)} MB, from ${weights.format}\n`);
  for (const { name, what } of weights.beside) terminal.err(`left out: ${name} (${what})\n`);
  return 0;
}
