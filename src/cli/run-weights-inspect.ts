/** @file What `ecamp weights inspect` does: looks at a file and prints what was found. */
import { findModelFile } from "../tasks/initial-file.ts";
import { inspectWeights, isFinalNorm, type WeightsInspection } from "../tasks/inspect-weights.ts";
import { openWeights } from "../weights/open-weights.ts";
import type { CommandContext } from "./terminal.ts";
import { textTable } from "./text-table.ts";

/** The arguments of `ecamp weights inspect`, as its option table gives them. */
export interface WeightsInspectArgs {
  readonly file: string;
  readonly json: boolean;
}

const NAMED = 5;

/** Inspects a file and prints a table, or an object. */
export async function runWeightsInspect(
  { file, json }: WeightsInspectArgs,
  { terminal }: CommandContext,
): Promise<number> {
  await using weights = await openWeights(await findModelFile(file, "inspect"));
  const inspection = inspectWeights(weights);
  terminal.out(json ? `${JSON.stringify(inspection)}\n` : describe(inspection));
  return 0;
}

/** A table of words, every column to the left. */
function columns(rows: readonly (readonly string[])[]): string {
  return `${textTable(rows, { align: "left", indent: 0 }).join("\n")}\n`;
}

function describe(inspection: WeightsInspection): string {
  const tensors = columns([
    ["tensor", "type", "shape", "becomes"],
    ...inspection.tensors.map(({ name, type, shape, becomes, part }) => [
      ...[name, type, `[${shape.join(",")}]`],
      becomes === null ? "-" : `${becomes}${part === null ? "" : ` (${part} of 3)`}`,
    ]),
  ]);
  return `${tensors}\n${columns(summary(inspection))}`;
}

function listed(words: readonly string[]): string {
  const more = words.length - NAMED;
  return `${words.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function summary(inspection: WeightsInspection): string[][] {
  const { file, format, tensors, tensorBytes, looksLike, prefix, beside, metadata } = inspection;
  const rows = [
    [
      "file",
      `${file} (${format}): ${tensors.length} tensors, ${(tensorBytes / 1e6).toFixed(1)} MB`,
    ],
    ["looks like", `${looksLike}${prefix === null || prefix === "" ? "" : `, under "${prefix}"`}`],
    ...encoderRows(inspection),
  ];
  if (beside.length > 0) rows.push(["beside", listed(beside.map((b) => `${b.name} (${b.what})`))]);
  if (metadata.length > 0) rows.push(["header", listed(metadata)]);
  rows.push(["start from", inspection.refusal ?? startOf(inspection)]);
  return rows;
}

function startOf({ encoder }: WeightsInspection): string {
  const finetune = "ecamp finetune classify, segment or detect --weights";
  return encoder?.missing.some(isFinalNorm)
    ? `yes: ${finetune}; ecamp pretrain --init needs the final norm too`
    : `yes: ecamp pretrain --init; ${finetune}`;
}

function encoderRows({ encoder, parts, tensors }: WeightsInspection): string[][] {
  if (encoder === null) return [];
  const { dim, depth, patch, channels, mlpRatio, grid, missing } = encoder;
  const table =
    grid === undefined
      ? "no square position table"
      : `positions of ${grid} × ${grid} patches (${grid * patch} pixels)`;
  const unused = tensors.filter(({ becomes }) => becomes === null).map(({ name }) => name);
  return [
    [
      "encoder",
      `width ${dim}, ${depth} blocks, ${channels} × ${patch} × ${patch} patches, MLP ratio ${mlpRatio}, ${table}`,
    ],
    ["", missing.length === 0 ? "whole" : `lacks ${listed(missing)}`],
    [
      "parts",
      Object.entries(parts)
        .map(([part, count]) => `${part} ${count}`)
        .join(", "),
    ],
    ...(unused.length === 0 ? [] : [["unused", `${unused.length}: ${listed(unused)}`]]),
  ];
}
