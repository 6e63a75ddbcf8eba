/** @file `ecamp weights convert`. */
import { type Command, defineCommand } from "../command.ts";

/** Writes weights as safetensors. */
export const weightsConvert: Command = defineCommand({
  path: ["weights", "convert"],
  summary: "write a PyTorch or sharded weight file as safetensors",
  description: `Reads a PyTorch checkpoint, an index of shards or a safetensors file without executing anything in it, and writes
its tensors into one safetensors file: the same names, the same element types, the same bits. An optimiser's state
and what else lies beside the tensors is left out, and said. One tensor is in memory at a time.

The file appears whole or not at all. One that is there already is replaced only with --force.`,
  positionals: {
    file: { help: "what is read: a weight file, or a run's folder" },
    out: { help: "what is written; its name ends in .safetensors" },
  },
  options: { force: { type: "boolean", help: "replace the file that is there" } },
  examples: [
    { line: "weights convert ecamp.pth ecamp.safetensors", does: "a checkpoint as safetensors" },
  ],
  stopsGracefully: true,
  run: async (args, context) => {
    const { runWeightsConvert } = await import("../run-weights-convert.ts");
    return runWeightsConvert(args, context);
  },
});
