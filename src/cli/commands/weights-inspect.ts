/** @file `ecamp weights inspect`. */
import { type Command, defineCommand } from "../command.ts";

/** Says what a weight file holds. */
export const weightsInspect: Command = defineCommand({
  path: ["weights", "inspect"],
  summary: "what a weight file holds, and what would load from it",
  description: `Lists the tensors of a PyTorch checkpoint, a safetensors file or an index of shards: names, element types, shapes,
and the parameter of the model that each would become. Then what the file looks like (ECAMP, MRM, MAE, a vision
transformer of timm or of Hugging Face), the sizes of its image encoder, what lies beside the tensors, and whether
"ecamp pretrain --init" and "ecamp finetune" can start from it.

Nothing that the file holds is executed, and no tensor is read: values that are not finite are found when they are
loaded. The status is 0 for every file that can be opened.`,
  positionals: { file: { help: "the weight file, or a run's folder" } },
  options: { json: { type: "boolean", help: "print an object" } },
  examples: [
    { line: "weights inspect mae_pretrain_vit_base.pth", does: "tensors and what they become" },
    { line: "weights inspect runs/a --json", does: "a run's best model, for a program" },
  ],
  run: async (args, context) => {
    const { runWeightsInspect } = await import("../run-weights-inspect.ts");
    return runWeightsInspect(args, context);
  },
});
