/** @file Opens a weight file of any format that is known, by its content and not by its name. */
import { openPyTorch } from "./pytorch/pytorch-file.ts";
import { openHandle } from "./read-range.ts";
import { openSafetensors } from "./safetensors.ts";
import { type IndexFile, openShards } from "./shards.ts";
import type { WeightsFile } from "./weights-file.ts";
import { type FileFormat, formatOf } from "./weights-format.ts";

async function sniff(file: string): Promise<IndexFile & { readonly format: FileFormat }> {
  const opened = await openHandle(file);
  try {
    const { fileBytes, mode } = opened;
    return { format: await formatOf(file, opened), ...{ file, fileBytes, mode } };
  } finally {
    await opened.handle.close();
  }
}

/**
 * Opens a safetensors file, an index of such files, or a PyTorch checkpoint of either form. Nothing that a file holds is executed,
 * and no tensor is read yet.
 *
 * @example
 * await using weights = await openWeights("mae_pretrain_vit_base.pth");
 * const table = await weights.read("pos_embed");
 *
 * @throws {WeightsError} when the file is missing, empty, truncated, damaged, refused for what it asks for, or of another format: a
 * pointer of Git LFS and a web page are recognised as such
 */
export async function openWeights(file: string): Promise<WeightsFile> {
  const { format, ...found } = await sniff(file);
  switch (format) {
    case "safetensors":
      return openSafetensors(file);
    case "pytorch":
      return openPyTorch(file);
    case "json":
      return openShards(found);
    default:
      return format satisfies never;
  }
}
